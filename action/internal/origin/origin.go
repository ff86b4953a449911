package origin

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/wording"
)

// Finder looks around in one environment.
type Finder struct {
	Getenv func(string) string
	Dir    string // the prompts repository
	Tool   string // name and version of this program
	NewID  func() string
	// Git runs git in Dir and returns its standard output; nil runs the
	// program of that name.
	Git func(ctx context.Context, args ...string) (string, error)
}

// OnGitHub reports whether this is a workflow run.
func (f Finder) OnGitHub() bool { return f.Getenv("GITHUB_ACTIONS") == "true" }

// Find returns what is known. It does not fail: what is unknown stays empty,
// and a run always has an id.
func (f Finder) Find(ctx context.Context, reason string) plan.Origin {
	o := plan.Origin{Tool: f.Tool, Reason: wording.Line(reason)}
	if f.OnGitHub() {
		f.fromGitHub(&o)
	} else {
		f.fromGit(ctx, &o)
	}
	if o.Run == "" {
		o.Run = f.NewID()
	}
	o.Subject, o.Actor = wording.Line(o.Subject), wording.Line(o.Actor)
	return o
}

func (f Finder) fromGitHub(o *plan.Origin) {
	o.Commit = f.Getenv("GITHUB_SHA")
	o.Actor = f.Getenv("GITHUB_ACTOR")
	repo := f.Getenv("GITHUB_SERVER_URL") + "/" + f.Getenv("GITHUB_REPOSITORY")
	if id := f.Getenv("GITHUB_RUN_ID"); id != "" {
		o.Run = id + "." + f.Getenv("GITHUB_RUN_ATTEMPT")
		o.RunURL = repo + "/actions/runs/" + id
	}
	// A payload that cannot be read costs the subject, not the release.
	event, err := github.ReadEvent(f.Getenv)
	if err != nil {
		return
	}
	o.Subject = firstLine(cmp.Or(event.Message, event.Title))
	o.PullRequest = event.URL
	if n := pullRequestNumber(event.Message); o.PullRequest == "" && n != "" {
		o.PullRequest = repo + "/pull/" + n
	}
}

// The two forms in which GitHub writes the number of a merged pull request.
var (
	squashed = regexp.MustCompile(`\(#([0-9]+)\)\s*$`)
	merged   = regexp.MustCompile(`^Merge pull request #([0-9]+) from `)
)

func pullRequestNumber(message string) string {
	subject := firstLine(message)
	for _, form := range []*regexp.Regexp{squashed, merged} {
		if m := form.FindStringSubmatch(subject); m != nil {
			return m[1]
		}
	}
	return ""
}

func (f Finder) fromGit(ctx context.Context, o *plan.Origin) {
	o.Commit, _ = f.git(ctx, "rev-parse", "--verify", "HEAD")
	o.Subject, _ = f.git(ctx, "log", "-1", "--format=%s")
	if status, err := f.git(ctx, "status", "--porcelain", "--", "."); err == nil && status != "" {
		o.Subject = "uncommitted changes"
	}
	o.Actor, _ = f.git(ctx, "config", "user.name")
	if o.Actor == "" {
		o.Actor = f.Getenv("USER")
	}
}

// ErrNotHead: another commit is the head of the branch, whose own run publishes,
// or what is here is not committed.
var ErrNotHead = errors.New("this is not the head of the branch that publishes")

// ErrCannotTell: the head could not be asked for.
var ErrCannotTell = errors.New("cannot tell whether this commit is the head of the branch")

// CheckHead compares the commit that is checked out with the head of branch at
// the remote. A checkout without a remote, or no checkout at all, passes:
// there is nobody else to publish. A checkout that git cannot read, or no git
// to read it with, is ErrCannotTell. files are those that would be published and
// folders where they are, as Uncommitted takes them: they have to be what the commit
// has.
func (f Finder) CheckHead(ctx context.Context, branch string, files, folders []string) error {
	remotes, err := f.git(ctx, "remote")
	switch {
	case err != nil && f.repository() != "":
		return fmt.Errorf("%w: %w; make git work here, or publish --not-head", ErrCannotTell, err)
	case err != nil || remotes == "":
		return nil
	}
	remote := mainRemote(remotes)
	commit, err := f.git(ctx, "rev-parse", "--verify", "HEAD")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCannotTell, err)
	}
	head, err := f.HeadOf(ctx, remote, branch)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCannotTell, err)
	}
	switch head {
	case commit:
		changed, err := f.Uncommitted(ctx, files, folders)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrCannotTell, err)
		case len(changed) > 0:
			return fmt.Errorf("%w: not committed: %s; commit and push first, or publish --not-head", ErrNotHead, wording.Few(changed))
		}
		return nil
	case "":
		return fmt.Errorf("%w: %s has no branch %s; check branch in promptflag.toml", ErrCannotTell, remote, branch)
	}
	return fmt.Errorf("%w: %s's %s is at %.12s, this is %.12s; push or pull first, or publish --not-head", ErrNotHead, remote, branch, head, commit)
}

// repository is the root of the checkout, found without git's help; "" if
// there is none. Like git it does not look above GIT_CEILING_DIRECTORIES.
func (f Finder) repository() string {
	ceilings := filepath.SplitList(f.Getenv("GIT_CEILING_DIRECTORIES"))
	for dir := f.Dir; !slices.Contains(ceilings, dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
	return ""
}

func (f Finder) git(ctx context.Context, args ...string) (string, error) {
	if f.Git != nil {
		return f.Git(ctx, args...)
	}
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = f.Dir
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_LITERAL_PATHSPECS=1", "LC_ALL=C")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if said := redactURL(firstLine(stderr.String())); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(stdout.String()), nil
}

// redactURL takes credentials out of the URLs that git puts in its messages.
func redactURL(s string) string {
	return credentials.ReplaceAllString(s, "$1")
}

var credentials = regexp.MustCompile(`(://)[^/\s]+@`)

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}
