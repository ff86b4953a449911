package gitfs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestContains(t *testing.T) {
	dir := t.TempDir()
	run := func(dir string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@acme.invalid", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run(dir, "init", "-q", "-b", "main")
	run(dir, "commit", "-q", "--allow-empty", "-m", "1")
	first := run(dir, "rev-parse", "HEAD")
	run(dir, "commit", "-q", "--allow-empty", "-m", "2")
	head := run(dir, "rev-parse", "HEAD")
	run(dir, "checkout", "-q", "-b", "side", first)
	run(dir, "commit", "-q", "--allow-empty", "-m", "not merged")
	side := run(dir, "rev-parse", "HEAD")
	run(dir, "checkout", "-q", "main")
	for commit, want := range map[string]bool{first: true, first[:12]: true, head: true, side: false, strings.Repeat("0", 40): false} {
		if got, err := Contains(t.Context(), dir, commit); got != want || err != nil {
			t.Errorf("Contains(%.12s) = %t, %v; want %t", commit, got, err, want)
		}
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	run(dir, "clone", "-q", "--depth", "1", "file://"+filepath.ToSlash(dir), shallow)
	if got, err := Contains(t.Context(), shallow, head); !got || err != nil {
		t.Errorf("a shallow clone and its head: %t, %v", got, err)
	}
	if _, err := Contains(t.Context(), shallow, first); !errors.Is(err, ErrShallow) {
		t.Errorf("a shallow clone and an older commit: %v, want ErrShallow", err)
	}
	if _, err := Contains(t.Context(), t.TempDir(), head); err == nil {
		t.Error("no repository: no error")
	}
}
