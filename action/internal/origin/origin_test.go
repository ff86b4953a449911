package origin

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/plan"
)

func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func TestFindOnGitHub(t *testing.T) {
	payload := filepath.Join(t.TempDir(), "event.json")
	find := func(event string) plan.Origin {
		t.Helper()
		if err := os.WriteFile(payload, []byte(event), 0o644); err != nil {
			t.Fatal(err)
		}
		return Finder{Tool: "t", NewID: func() string { return "ff" }, Getenv: env(map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_SHA": "c0ffee", "GITHUB_ACTOR": "ada", "GITHUB_RUN_ID": "42", "GITHUB_RUN_ATTEMPT": "2",
			"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/prompts", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_EVENT_PATH": payload,
		})}.Find(t.Context(), "two\nlines\t\x1b[31m")
	}
	o := find(`{"head_commit":{"message":"triage: refunds (#17)\n\nbody (#18)"}}`)
	want := plan.Origin{Actor: "ada", Commit: "c0ffee", Subject: "triage: refunds (#17)", PullRequest: "https://github.com/acme/prompts/pull/17",
		Run: "42.2", RunURL: "https://github.com/acme/prompts/actions/runs/42", Reason: "two lines [31m", Tool: "t"}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("Find (-want +got):\n%s", diff)
	}
	for message, number := range map[string]string{
		"Merge pull request #9 from ada/x": "9", "fix (#3) for real": "", "fix\n(#4)": "", "(#x)": "",
	} {
		if got := pullRequestNumber(message); got != number {
			t.Errorf("pullRequestNumber(%q) = %q, want %q", message, got, number)
		}
	}
	if o := find(`{"head_commit":{"message":"::set-output name=x::y\r::error::z"}}`); strings.ContainsAny(o.Subject, "\r\n") {
		t.Errorf("subject %q has control characters", o.Subject)
	}
	if o := find("not json"); o.Commit != "c0ffee" || o.Subject != "" {
		t.Errorf("Find with a broken payload = %+v", o)
	}
}

func TestRedactURL(t *testing.T) {
	for in, want := range map[string]string{
		"fatal: unable to access 'https://ada:s3cret@git.acme.dev/x/': 403": "fatal: unable to access 'https://git.acme.dev/x/': 403",
		"https://x-access-token:ghs_abc@github.com/acme/prompts":            "https://github.com/acme/prompts",
		"https://ada:p@ss@git.acme.dev/x and http://t@h/":                   "https://git.acme.dev/x and http://h/",
		"git@github.com: Permission denied":                                 "git@github.com: Permission denied",
	} {
		if got := redactURL(in); got != want {
			t.Errorf("redactURL(%q) = %q, want %q", in, got, want)
		}
	}
}

// repository makes a git repository with one commit.
func repository(t *testing.T) (dir string, git func(...string)) {
	dir = t.TempDir()
	git = func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@a.invalid", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@a.invalid")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("commit", "-q", "--allow-empty", "-m", "one")
	return dir, git
}

func TestCheckHead(t *testing.T) {
	dir, git := repository(t)
	f := Finder{Dir: dir, Getenv: env(nil)}
	var files, folders []string
	check := func(what string, want error, text string) {
		t.Helper()
		err := f.CheckHead(t.Context(), "main", files, folders)
		if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%s: CheckHead = %v, want %v with %q", what, err, want, text)
		}
	}
	check("no remote", nil, "")
	remote := t.TempDir()
	git("init", "-q", "--bare", remote)
	git("remote", "add", "origin", remote)
	check("the remote has no such branch", ErrCannotTell, "origin has no branch main")
	git("push", "-q", "origin", "main")
	check("head", nil, "")

	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("a/p/one.toml", "1")
	write("a/p/_tone.md", "1")
	write("a/p/s/two.eval.toml", "1")
	write("a/q/three.toml", "1")
	write("a/.gitignore", "new.toml\nrecorded/")
	git("add", "-A")
	git("commit", "-q", "-m", "files")
	git("push", "-q", "origin", "main")
	f.Dir, files = filepath.Join(dir, "a"), []string{"promptflag.toml", "p/one.toml", "p/_tone.md", "p/new.toml", "p/own/four.toml"}
	folders = []string{"p"}
	write("a/p/other.toml", "not read")
	write("a/p/recorded/x", "ignored")
	check("nothing that is read is changed", nil, "")
	write("a/p/_tone.md", "2")
	check("changed", ErrNotHead, "not committed: p/_tone.md; commit")
	git("add", "-A")
	write("a/p/new.toml", "ignored, but read")
	write("a/promptflag.toml", "unknown")
	check("staged, ignored and unknown", ErrNotHead, "not committed: p/_tone.md, p/new.toml, promptflag.toml; commit")
	git("reset", "-q", "--hard")
	remove := func(name string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	remove("a/p/new.toml")
	remove("a/promptflag.toml")
	remove("a/p/s")
	remove("a/q")
	check("deleted", ErrNotHead, "not committed: p/s/two.eval.toml; commit")
	git("reset", "-q", "--hard")
	git("init", "-q", "a/p/own")
	write("a/p/own/four.toml", "1")
	check("a repository of its own", ErrNotHead, "not committed: p/own; commit")
	remove("a/p/own")
	check("as it was", nil, "")
	f.Dir, files, folders = dir, nil, nil
	git("commit", "-q", "--allow-empty", "-m", "two")
	check("not pushed", ErrNotHead, "origin's main is at ")
	git("remote", "set-url", "origin", "https://ada:s3cret@127.0.0.1:1/x")
	check("remote down", ErrCannotTell, "git ls-remote")
	if err := f.CheckHead(t.Context(), "main", nil, nil); strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a secret in %v", err)
	}

	broken := func(context.Context, ...string) (string, error) {
		return "", errors.New("fatal: detected dubious ownership in repository")
	}
	f.Git = broken
	check("git does not work here", ErrCannotTell, "dubious ownership")
	f.Dir = filepath.Join(dir, "sub")
	check("git does not work in a folder of it", ErrCannotTell, "dubious ownership")
	f.Dir = t.TempDir()
	check("no repository", nil, "")
}

func TestRepositoryStopsAtCeiling(t *testing.T) {
	outer := t.TempDir()
	inner := filepath.Join(outer, "a", "b")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(outer, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	for ceiling, want := range map[string]string{"": outer, filepath.Join(outer, "a"): "", filepath.Dir(outer): outer} {
		f := Finder{Dir: inner, Getenv: func(key string) string {
			if key == "GIT_CEILING_DIRECTORIES" {
				return ceiling
			}
			return ""
		}}
		if got := f.repository(); got != want {
			t.Errorf("repository with ceiling %q = %q, want %q", ceiling, got, want)
		}
	}
}
