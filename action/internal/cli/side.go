package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/gitfs"
	"github.com/promptflag/promptflag/prompts"
)

// opener reads the sides of a comparison.
type opener struct {
	*session
	ctx         context.Context
	cfg         *config.Config
	environment string
	closers     []func() error
}

func (o *opener) close() {
	for _, c := range o.closers {
		_ = c()
	}
}

// open finds out what a side is called by: the words first, then what is on the
// disk, then git.
func (o *opener) open(what string) (side, error) {
	name, version, isVersion := strings.Cut(what, "@")
	info, statErr := os.Stat(o.path(what))
	switch {
	case what == liveWord:
		return o.live()
	case what == ".":
		return o.tree(o.dir(), o.cfg.Prompts, "here")
	case statErr == nil && info.IsDir():
		root, err := os.OpenRoot(o.path(what))
		if err != nil {
			return side{}, usageError{err}
		}
		o.closers = append(o.closers, root.Close)
		return o.load(root.FS(), folderOf(root, o.cfg), what, nil)
	case statErr == nil:
		return o.file(what)
	case isVersion && prompts.ValidName(name) == nil:
		return o.version(name, version)
	}
	revision, err := gitfs.Open(o.ctx, o.dir(), what)
	if err != nil {
		return side{}, usageError{fmt.Errorf("%s is %w: %w", what, errNoSide, err)}
	}
	o.closers = append(o.closers, revision.Close)
	if _, err := revision.Stat(o.cfg.Prompts); errors.Is(err, fs.ErrNotExist) {
		return side{versions: map[string][]sideVersion{}}, nil // no prompts yet
	}
	return o.load(revision, o.cfg.Prompts, what, nil)
}

func (o *opener) tree(dir, folder, where string) (side, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return side{}, usageError{err}
	}
	o.closers = append(o.closers, root.Close)
	return o.load(root.FS(), folder, where, nil)
}

func (o *opener) load(fsys fs.FS, folder, where string, names []string) (side, error) {
	tree, err := prompts.Load(fsys, folder, &prompts.LoadOptions{Names: names})
	s := side{versions: map[string][]sideVersion{}, folder: folder, single: len(names) == 1}
	if findings := (prompts.Findings)(nil); errors.As(err, &findings) {
		s.faults = findings
	} else if err != nil {
		return side{}, err
	}
	for _, d := range tree.Definitions() {
		s.versions[d.Prompt.Name()] = []sideVersion{{d.Prompt, where}}
	}
	return s, nil
}

// file is one definition: a prompt of this repository, or a file by itself,
// whose prompt has the file's name.
func (o *opener) file(what string) (side, error) {
	full := o.path(what)
	if rel, err := filepath.Rel(filepath.Join(o.dir(), filepath.FromSlash(o.cfg.Prompts)), full); err == nil && filepath.IsLocal(rel) {
		name := prompts.NameOf(".", filepath.ToSlash(rel), prompts.Extension)
		if name == "" {
			return side{}, usageError{fmt.Errorf("%s is no definition of a prompt", what)}
		}
		root, err := o.openRoot()
		if err != nil {
			return side{}, err
		}
		return o.load(root.FS(), o.cfg.Prompts, what, []string{name})
	}
	root, err := os.OpenRoot(filepath.Dir(full))
	if err != nil {
		return side{}, usageError{err}
	}
	o.closers = append(o.closers, root.Close)
	name := strings.TrimSuffix(path.Base(filepath.ToSlash(full)), ".toml")
	return o.load(root.FS(), ".", what, []string{name})
}

// version is one published version.
func (o *opener) version(name, version string) (side, error) {
	p, err := which{Name: name, At: version, Environment: o.environment}.prompt(o.ctx, o.session)
	if err != nil {
		return side{}, err
	}
	return side{versions: map[string][]sideVersion{name: {{p, version}}}, single: true}, nil
}

// live is every version with traffic, in one environment or in all.
func (o *opener) live() (side, error) {
	var names []string
	if o.environment != "" {
		names = []string{o.environment}
	}
	envs, err := environments(o.cfg, names)
	if err != nil {
		return side{}, err
	}
	served, err := o.liveVersions(o.ctx, envs, nil)
	if err != nil {
		return side{}, err
	}
	s := side{versions: map[string][]sideVersion{}}
	for name, list := range served {
		for _, v := range list {
			if v.Prompt == nil {
				s.faults = append(s.faults, prompts.Finding{File: name, Severity: prompts.Error, Message: v.Ref.String() + " (" + v.Where() + "): " + v.Fault})
				continue
			}
			s.add(name, v.Prompt, v.Where())
		}
	}
	return s, nil
}

// add puts the same version of two places together.
func (s *side) add(name string, p *prompts.Prompt, where string) {
	for i, v := range s.versions[name] {
		if v.prompt.Digest() == p.Digest() {
			s.versions[name][i].where += "; " + where
			return
		}
	}
	s.versions[name] = append(s.versions[name], sideVersion{p, where})
}
