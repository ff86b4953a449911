package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/promptflag/promptflag/action/internal/bar"
	"github.com/promptflag/promptflag/action/internal/check"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/gitfs"
	"github.com/promptflag/promptflag/prompts"
)

// before is the state that a change is compared with.
type before struct {
	fs     fs.FS
	commit string         // "" for a folder
	config *config.Config // nil when there is none, or none that can be read
	tree   *prompts.Tree
	folder string // of the prompts
	close  func()
}

// openBase finds the state before the change: in git, or on GitHub, because a
// workflow's checkout has no history and its image no git.
func (p *pull) openBase(ctx context.Context) (*before, error) {
	b := &before{close: func() {}}
	base := p.Base
	if base == "" {
		base = p.event.Base
	}
	if base == "" {
		base = p.config.Branch
	}
	if info, err := os.Stat(p.path(base)); p.Base != "" && err == nil && info.IsDir() {
		root, err := os.OpenRoot(p.path(base))
		if err != nil {
			return nil, usageError{err}
		}
		b.fs, b.close = root.FS(), func() { root.Close() }
		return b, b.read(p)
	}
	err := p.fromGit(ctx, b, base)
	if err != nil && p.event.Base != "" {
		gone := err
		if err = p.fromGitHub(ctx, b, base); err != nil {
			err = fmt.Errorf("%w (and git: %w)", err, gone)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the state before the change: %w", err)
	}
	return b, b.read(p)
}

func (p *pull) fromGit(ctx context.Context, b *before, base string) error {
	merged := ""
	if p.event.Pull > 0 && p.Getenv("GITHUB_REF") == fmt.Sprintf("refs/pull/%d/merge", p.event.Pull) {
		merged = p.event.Head
	}
	commit, err := gitfs.Base(ctx, p.dir(), base, merged)
	if err != nil {
		return usageError{err}
	}
	revision, err := gitfs.Open(ctx, p.dir(), commit)
	if err != nil {
		return usageError{err}
	}
	b.fs, b.commit, b.close = revision, revision.Commit, func() { revision.Close() }
	return nil
}

func (p *pull) fromGitHub(ctx context.Context, b *before, base string) error {
	client, err := p.github()
	if err != nil {
		return err
	}
	dir := p.prefix()
	if dir == "" {
		dir = "."
	}
	b.commit = base
	b.fs, err = client.Tree(ctx, base, dir)
	return err
}

// read loads configuration and prompts of before. Where they have mistakes, that
// is what the change may mend.
func (b *before) read(p *pull) error {
	b.folder = p.config.Prompts
	if cfg, err := config.Load(b.fs, p.dir()); err == nil {
		b.config, b.folder = cfg, cfg.Prompts
	}
	if _, err := fs.Stat(b.fs, b.folder); errors.Is(err, fs.ErrNotExist) {
		return nil // no prompts yet
	}
	tree, err := prompts.Load(b.fs, b.folder, nil)
	if findings := (prompts.Findings)(nil); err != nil && !errors.As(err, &findings) {
		return fmt.Errorf("read the prompts before the change: %w", err)
	}
	b.tree = tree
	return nil
}

func (b *before) definitions() []*prompts.Definition {
	if b.tree == nil {
		return nil
	}
	return b.tree.Definitions()
}

func (b *before) lookup(name string) *prompts.Definition {
	if b.tree == nil {
		return nil
	}
	d, _ := b.tree.Lookup(name)
	return d
}

// versions are what callers rely on, as far as the base tells.
func (b *before) versions() map[string][]check.Version {
	out := map[string][]check.Version{}
	for _, d := range b.definitions() {
		out[d.Prompt.Name()] = []check.Version{{Prompt: d.Prompt, Ref: d.Prompt.Ref().String(), Where: "before this change"}}
	}
	return out
}

// settings are a state of promptflag.toml; ok is false where there is none.
func settings(fsys fs.FS, cfg *config.Config) (bar.Settings, bool) {
	src, err := fs.ReadFile(fsys, config.FileName)
	if err != nil || cfg == nil {
		return bar.Settings{}, false
	}
	doc, err := prompts.ReadDocument(config.FileName, src)
	if err != nil {
		return bar.Settings{}, false
	}
	return bar.Settings{Config: cfg, Values: doc.Values}, true
}

// sameFile reports whether a file has the same bytes on both sides; one that is
// on neither side is the same.
func sameFile(a fs.FS, nameA string, b fs.FS, nameB string) bool {
	one, errA := fs.ReadFile(a, nameA)
	two, errB := fs.ReadFile(b, nameB)
	return (errA == nil) == (errB == nil) && bytes.Equal(one, two)
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
