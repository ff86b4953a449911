package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/promptflag/promptflag/action/internal/check"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/gitfs"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// liveWord asks for what has traffic, where a revision could be named as well.
const liveWord = "live"

// against reads what callers rely on: every live version, a revision, or a
// folder. done gives back what it opened. Nothing is asked for by "".
func (s *session) against(ctx context.Context, cfg *config.Config, what string) (a *check.Against, done func(), err error) {
	done = func() {}
	switch {
	case what == "":
		return nil, done, nil
	case what == liveWord:
		served, err := s.liveVersions(ctx, cfg.Environments, nil)
		if err != nil {
			return nil, done, err
		}
		return againstLive(served), done, nil
	}
	if info, err := os.Stat(s.path(what)); err == nil && info.IsDir() {
		root, err := os.OpenRoot(s.path(what))
		if err != nil {
			return nil, done, usageError{err}
		}
		a, err = check.Tree(what, root.FS(), folderOf(root, cfg))
		return a, func() { root.Close() }, usage(err)
	}
	revision, err := gitfs.Open(ctx, s.dir(), what)
	if err != nil {
		return nil, done, usageError{fmt.Errorf("--against %s is neither %q nor a folder: %w", what, liveWord, err)}
	}
	a, err = check.Tree(what, revision, cfg.Prompts)
	return a, func() { revision.Close() }, usage(err)
}

func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// folderOf is where the prompts of another folder are: as its own promptflag.toml
// says, where ours has them, or the folder itself.
func folderOf(root *os.Root, cfg *config.Config) string {
	if other, err := config.Load(root.FS(), root.Name()); err == nil {
		return other.Prompts
	}
	if _, err := root.Stat(cfg.Prompts); err == nil {
		return cfg.Prompts
	}
	return "."
}

// againstLive is what is served, as check compares with it.
func againstLive(served map[string][]live.Version) *check.Against {
	a := &check.Against{Name: "live versions", Versions: map[string][]check.Version{}}
	for name, list := range served {
		for _, v := range list {
			a.Versions[name] = addVersion(a.Versions[name], check.Version{Prompt: v.Prompt, Ref: v.Ref.String(), Where: v.Where(), Fault: v.Fault})
		}
	}
	return a
}

// liveVersions is what environments serve, by prompt; nil wants all prompts.
func (s *session) liveVersions(ctx context.Context, envs []config.Environment, wanted func(string) bool) (map[string][]live.Version, error) {
	targets, err := s.targets(ctx, envs)
	if err != nil {
		return nil, err
	}
	return readLive(ctx, envs, targets, wanted)
}

func readLive(ctx context.Context, envs []config.Environment, targets map[string]plan.Target, wanted func(string) bool) (map[string][]live.Version, error) {
	out := map[string][]live.Version{}
	for _, e := range envs {
		versions, err := live.Read(ctx, e, targets[e.Name], wanted)
		if err != nil {
			return nil, fmt.Errorf("environment %s: %w", e.Name, err)
		}
		for name, list := range versions {
			out[name] = append(out[name], list...)
		}
	}
	return out, nil
}

// addVersion puts the same version of two places together.
func addVersion(list []check.Version, v check.Version) []check.Version {
	for i := range list {
		if list[i].Ref == v.Ref {
			list[i].Where += "; " + v.Where
			return list
		}
	}
	return append(list, v)
}

// tree loads every prompt for commands that need all of them without a finding
// that stops a change; findings are annotated and returned as the error.
func (s *session) tree(cfg *config.Config) (*prompts.Tree, error) {
	report, err := s.check(cfg, nil, nil)
	if err != nil {
		return nil, err
	}
	if errs := report.Errors(); len(errs) > 0 {
		s.annotate(errs)
		return nil, errs
	}
	return report.Tree, nil
}
