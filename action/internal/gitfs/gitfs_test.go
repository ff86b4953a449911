package gitfs

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// repository makes two commits and leaves something else in the work tree.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("git is needed")
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run("init", "-q", "-b", "main")
	write("outside.md", "outside")
	write("sub/prompts/a.toml", "one")
	write("sub/prompts/ä b.toml", "umlaut")
	for link, to := range map[string]string{"sub/near": "prompts/a.toml", "sub/away": "../outside.md", "sub/loop": "loop", "sub/folder": "prompts"} {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	run("add", ".")
	run("commit", "-q", "-m", "one")
	run("tag", "v1")
	write("sub/prompts/a.toml", "two")
	run("commit", "-q", "-a", "-m", "two")
	write("sub/prompts/a.toml", "uncommitted")
	return dir
}

func TestRevision(t *testing.T) {
	dir := filepath.Join(repository(t), "sub")
	for rev, want := range map[string]string{"v1": "one", "HEAD": "two", "main": "two", "HEAD~1": "one"} {
		f, err := Open(t.Context(), dir, rev)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, name := range []string{"prompts/a.toml", "near"} {
			if got, err := fs.ReadFile(f, name); err != nil || string(got) != want {
				t.Errorf("%s:%s = %q, %v, want %q", rev, name, got, err, want)
			}
		}
		for _, name := range []string{"away", "loop", "gone", "../outside.md", "prompts"} {
			if got, err := fs.ReadFile(f, name); err == nil {
				t.Errorf("%s:%s = %q, want an error", rev, name, got)
			}
		}
	}
}

func TestFS(t *testing.T) {
	dir := filepath.Join(repository(t), "sub", "prompts")
	f, err := Open(t.Context(), dir, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := fstest.TestFS(f, "a.toml", "ä b.toml"); err != nil {
		t.Error(err)
	}
}

func TestUnknownRevision(t *testing.T) {
	dir := repository(t)
	for _, rev := range []string{"nowhere", "--help", "", "HEAD:sub"} {
		if f, err := Open(t.Context(), dir, rev); err == nil {
			f.Close()
			t.Errorf("Open(%q) finds something", rev)
		}
	}
	if _, err := Open(t.Context(), t.TempDir(), "HEAD"); err == nil {
		t.Error("Open finds a revision outside of a repository")
	}
}

// TestBase: what others brought to the base meanwhile is no change of this side.
func TestBase(t *testing.T) {
	dir := repository(t)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("checkout", "-q", "-f", "-b", "change")
	parted := run("rev-parse", "HEAD")
	run("commit", "-q", "--allow-empty", "-m", "of this side")
	run("checkout", "-q", "main")
	run("commit", "-q", "--allow-empty", "-m", "of others")
	newer := run("rev-parse", "HEAD")
	run("checkout", "-q", "change")
	head := run("rev-parse", "HEAD")
	if got, err := Base(t.Context(), dir, "main", head); err != nil || got != parted {
		t.Errorf("a branch: %s, %v, want %s", got, err, parted)
	}
	run("checkout", "-q", "main")
	run("merge", "-q", "--no-ff", "-m", "merge", "change")
	if got, err := Base(t.Context(), dir, parted, head); err != nil || got != newer {
		t.Errorf("GitHub's merge: %s, %v, want %s", got, err, newer)
	}
	if got, err := Base(t.Context(), dir, parted, ""); err != nil || got != parted {
		t.Errorf("a merge of somebody: %s, %v, want %s", got, err, parted)
	}
	if _, err := Base(t.Context(), dir, "nowhere", ""); err == nil {
		t.Error("a revision that is not there: no error")
	}
	// A workflow may check the head out, and that may be a merge, too: its first
	// parent is the proposer's, who could write anything there.
	run("checkout", "-q", "-b", "proposed", head)
	run("merge", "-q", "--no-ff", "-m", "main into the branch", newer)
	head = run("rev-parse", "HEAD")
	if got, err := Base(t.Context(), dir, newer, head); err != nil || got != newer {
		t.Errorf("a head that is a merge: %s, %v, want %s", got, err, newer)
	}
}
