package cli

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/bar"
	"github.com/promptflag/promptflag/action/internal/comment"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

// compare finds what the change touches, and how it moves the rules.
func (p *pull) compare(ctx context.Context) error {
	root, err := p.openRoot()
	if err != nil {
		return err
	}
	here := root.FS()
	suites, err := p.suites(ctx, here)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, d := range append(p.report.Tree.Definitions(), p.base.definitions()...) {
		names[d.Prompt.Name()] = true
	}
	for _, name := range sorted(names) {
		if one, ok := p.touched(here, name, suites[name]); ok {
			p.told.Prompts = append(p.told.Prompts, one)
		}
	}
	p.partials(here)
	if now, ok := settings(here, p.config); ok {
		if old, ok := settings(p.base.fs, p.base.config); ok {
			p.told.Moves = append(p.told.Moves, bar.File(old, now)...)
		}
	}
	if n := p.recorded(here); n > 0 {
		p.told.Notes = append(p.told.Notes, wording.Counted(n, "recorded answer of a model is", "recorded answers of models are")+" new or changed: evaluations take them for what the models say.")
	}
	return nil
}

// touched says what the change does to a prompt; false where it does nothing.
func (p *pull) touched(here fs.FS, name string, suiteChanged bool) (comment.Prompt, bool) {
	old := p.base.lookup(name)
	now, _ := p.report.Tree.Lookup(name)
	one := comment.Prompt{Name: name}
	switch {
	case now == nil && p.broken(name):
		return one, false // the findings tell
	case now == nil:
		one.Kind, one.File = comment.Removed, old.File
		d := compare.Diff(old.Prompt, nil)
		one.Changes = &d
		return one, true
	case old == nil:
		one.Kind = comment.Added
		var from *prompts.Prompt
		if moved := p.base.lookup(now.MovedFrom); moved != nil {
			from = moved.Prompt
		}
		d := compare.Diff(from, now.Prompt)
		one.Changes = &d
	case old.Prompt.Digest() != now.Prompt.Digest():
		one.Kind = comment.Changed
		d := compare.Diff(old.Prompt, now.Prompt)
		one.Changes = &d
		for _, e := range compare.Breaks(old.Prompt, now.Prompt) {
			one.Breaks = append(one.Breaks, comment.Break{Effect: e, Of: "the version before this change", Accepted: now.Breaking})
		}
	case suiteChanged:
		one.Kind = comment.Evaluation
	case !sameFile(p.base.fs, old.File, here, now.File):
		one.Kind = comment.About
	default:
		return one, false
	}
	one.File, one.Version = now.File, now.Prompt.Version()
	if one.Kind == comment.Changed {
		one.Starts = map[string]int{}
		for _, e := range p.config.Environments {
			one.Starts[e.Name] = e.Percent
			if own := now.Rollout[e.Name].Percent; own != nil {
				one.Starts[e.Name] = *own
			}
		}
	}
	p.told.Moves = append(p.told.Moves, bar.Definitions(old, now)...)
	return one, true
}

// broken reports whether a prompt's file is there and has mistakes.
func (p *pull) broken(name string) bool {
	return slices.ContainsFunc(p.report.Findings, func(f prompts.Finding) bool {
		return prompts.NameOf(p.config.Prompts, f.File, prompts.Extension) == name
	})
}

// suites compares all suites, and returns the names of the prompts whose suite is
// another one now.
func (p *pull) suites(ctx context.Context, here fs.FS) (map[string]bool, error) {
	names := map[string]bool{}
	for _, side := range []struct {
		fs     fs.FS
		folder string
	}{{here, p.config.Prompts}, {p.base.fs, p.base.folder}} {
		found, err := suite.Find(side.fs, side.folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, f := range found {
			names[suite.PromptOf(side.folder, f)] = true
		}
	}
	changed := map[string]bool{}
	for _, name := range sorted(names) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now, errNow := loadSuite(here, p.config.Prompts, name)
		old, errOld := loadSuite(p.base.fs, p.base.folder, name)
		switch {
		case errNow != nil:
			continue // a finding of check
		case now == nil && p.lookup(name) == nil:
			continue // it goes with its prompt
		case errOld != nil:
			changed[name] = true
			file, exists := suite.File(here, p.config.Prompts, name)
			what := "mends"
			if !exists {
				what = "removes"
			}
			p.told.Moves = append(p.told.Moves, bar.Move{Prompt: name, File: file, Loosens: true,
				Sentence: what + " an evaluation that could not be read, so nobody can tell whether it asks for less than before"})
			continue
		case old != nil && now != nil && same(old, now):
			continue
		}
		changed[name] = true
		moves, err := bar.Suites(old, now)
		if err != nil {
			return nil, err
		}
		p.told.Moves = append(p.told.Moves, moves...)
	}
	return changed, nil
}

func (p *pull) lookup(name string) *prompts.Definition {
	d, _ := p.report.Tree.Lookup(name)
	return d
}

// loadSuite is a suite, or nil where there is none.
func loadSuite(fsys fs.FS, folder, name string) (*suite.Suite, error) {
	file, ok := suite.File(fsys, folder, name)
	if !ok {
		return nil, nil
	}
	return suite.Load(fsys, folder, file)
}

// same: what was evaluated by the old suite is not evaluated again for the new one.
func same(old, now *suite.Suite) bool {
	was := evalkit.Describe(old)
	return evalkit.Receipt{Suite: was.Hash, Dataset: was.Dataset, Rules: was.Rules, Judge: was.Judge}.Answers(evalkit.Describe(now))
}

// partials are the shared texts that changed, with the prompts that have a new
// version.
func (p *pull) partials(here fs.FS) {
	changed := map[string]bool{}
	for _, one := range p.told.Prompts {
		if one.Kind == comment.Changed || one.Kind == comment.Added {
			changed[one.Name] = true
		}
	}
	for _, partial := range p.report.Tree.Partials() {
		was := p.base.folder + strings.TrimPrefix(partial.File, p.config.Prompts)
		if sameFile(p.base.fs, was, here, partial.File) {
			continue
		}
		used := slices.DeleteFunc(slices.Clone(partial.UsedBy), func(name string) bool { return !changed[name] })
		if len(used) > 0 {
			p.told.Partials = append(p.told.Partials, comment.Partial{File: partial.File, Prompts: used})
		}
	}
}

// maxRecorded bounds how many recorded answers are looked at.
const maxRecorded = 20_000

// recorded counts the recorded answers that the change adds or replaces.
func (p *pull) recorded(here fs.FS) (n int) {
	looked := 0
	_ = fs.WalkDir(here, p.config.Recorded, func(file string, d fs.DirEntry, err error) error {
		if err != nil || looked == maxRecorded {
			return fs.SkipAll
		}
		if !d.IsDir() {
			if looked++; !sameFile(p.base.fs, file, here, file) {
				n++
			}
		}
		return nil
	})
	return n
}
