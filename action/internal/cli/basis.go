package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/gitfs"
	"github.com/promptflag/promptflag/action/internal/github"
)

// basis is the state of the repository before the change that is published.
type basis struct {
	config *config.Config
	commit string // to read more of it from GitHub; "" if that is not possible
}

// basis reads promptflag.toml of the commit before this change: on a push what
// the branch was, else the first parent. unknown says why it cannot be read; a
// repository that had none is judged by what it has now.
func (s *session) basis(ctx context.Context, h hub, head string, now *config.Config) (b basis, unknown string) {
	b.config = now
	base := ""
	if s.runner != nil && s.Getenv("GITHUB_EVENT_NAME") == "push" && s.Getenv("GITHUB_EVENT_PATH") != "" {
		e, err := github.ReadEvent(s.Getenv)
		if err != nil {
			return b, err.Error()
		}
		base = e.Before
	}
	var src []byte
	var err error
	if h.client != nil {
		b.commit, src, err = s.beforeOnGitHub(ctx, h.client, head, base)
	} else {
		src, err = s.beforeInGit(ctx, base)
	}
	if err != nil {
		return b, err.Error()
	}
	if src == nil {
		return b, ""
	}
	old, err := config.Parse(src, s.dir())
	if err != nil {
		// The run of that commit stopped there; without this it would never end.
		s.warn(config.FileName + " of the commit before this one is broken: what it asked for is not known, and this one's is used")
		return b, ""
	}
	b.config = old
	return b, ""
}

// beforeOnGitHub returns nil for a repository without a promptflag.toml then.
func (s *session) beforeOnGitHub(ctx context.Context, c *github.Client, head, base string) (commit string, src []byte, err error) {
	if base == "" {
		if base, err = c.Parent(ctx, head); err != nil || base == "" {
			return "", nil, err
		}
	}
	name := path.Join(s.prefix(), config.FileName)
	src, err = c.File(ctx, base, name)
	if errors.Is(err, github.ErrNotFound) {
		// So says GitHub also of what a token may not see, and of a commit that
		// nobody has any more.
		if _, err := c.File(ctx, head, name); err != nil {
			return "", nil, err
		}
		if _, err := c.Parent(ctx, base); err != nil {
			return "", nil, err
		}
		return base, nil, nil
	}
	return base, src, err
}

// beforeInGit looks into the checkout. Without git, or without a repository,
// there is no commit before: only on GitHub that is suspicious.
func (s *session) beforeInGit(ctx context.Context, base string) ([]byte, error) {
	head, err := fileAt(ctx, s.dir(), "HEAD")
	if err != nil {
		if s.runner != nil {
			return nil, fmt.Errorf("cannot read the commit before this one: %w; give the action its token input", err)
		}
		return nil, nil
	}
	here, err := os.ReadFile(filepath.Join(s.dir(), config.FileName))
	if err == nil && base == "" && !bytes.Equal(here, head) {
		return head, nil // not committed: it is the change
	}
	if base == "" {
		base = "HEAD^"
	}
	src, err := fileAt(ctx, s.dir(), base)
	if err != nil && (base != "HEAD^" || s.shallow()) {
		return nil, fmt.Errorf("the commit before this one is not in the checkout: %w; fetch it (fetch-depth: 2), or give the action its token input", err)
	}
	return src, nil // nil for the first commit of all
}

// shallow reports whether older commits were left out of the checkout.
func (s *session) shallow() bool {
	for dir := s.dir(); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git", "shallow")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

// fileAt is promptflag.toml of a revision; nil if it had none.
func fileAt(ctx context.Context, dir, revision string) ([]byte, error) {
	f, err := gitfs.Open(ctx, dir, revision)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := f.ReadFile(config.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return src, err
}

// rulesFor are the environments of the commit before that are the one an item is
// for: of its name, or with the same flags under another name. One that is new is
// judged by its own rules.
func (b basis) rulesFor(e config.Environment) []config.Environment {
	var out []config.Environment
	for _, o := range b.config.Environments {
		same := o.UnleashURL == e.UnleashURL && o.UnleashEnvironment == e.UnleashEnvironment && o.Project == e.Project && o.FlagPrefix == e.FlagPrefix
		if o.Name == e.Name || same {
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		out = append(out, e)
	}
	return out
}
