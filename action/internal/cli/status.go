package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/status"
	"github.com/promptflag/promptflag/prompts"
)

type statusCmd struct {
	Names       []string `arg:"" optional:"" name:"name" help:"Prompts; default all in the tree, and those whose flag outlived their file."`
	Environment []string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Only these environments."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

func (c statusCmd) Run(ctx context.Context, s *session) error {
	cfg, envs, err := s.environments(c.Environment)
	if err != nil {
		return err
	}
	names, err := c.names(s, cfg)
	if err != nil {
		return err
	}
	targets, err := s.targets(ctx, envs)
	if err != nil {
		return err
	}
	if len(c.Names) == 0 {
		gone, err := orphans(ctx, envs, targets, names)
		if err != nil {
			return err
		}
		names = append(names, gone...)
	}
	entries, err := status.Read(ctx, status.Input{Prompts: names, Environments: envs, Targets: targets})
	if err != nil {
		return err
	}
	unknown, err := c.filesGone(s, cfg, targets, entries)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e status.Entry) bool { return slices.Contains(unknown, e.Prompt) })
	switch {
	case c.JSON:
		err = s.json(entries)
	case len(entries) == 0 && len(unknown) > 0:
	case len(entries) == 0:
		_, err = fmt.Fprintf(s.Stdout, "there are no prompts in %s, and no flags of prompts in %s\n", cfg.Prompts, list(environmentNames(envs)))
	default:
		err = status.Print(s.Stdout, entries, s.Now())
	}
	if err == nil && len(unknown) > 0 {
		hint := "promptflag list lists the prompts"
		if len(unknown) == 1 {
			hint = cmp.Or(s.meantPrompt(unknown[0]), hint)
		}
		return refusal{hinted(fmt.Errorf("there is no prompt %s in %s, and no flag of it", list(unknown), cfg.Prompts), hint)}
	}
	return err
}

// orphans are the prompts that flags serve and the tree does not have.
func orphans(ctx context.Context, envs []config.Environment, targets map[string]plan.Target, have []string) ([]string, error) {
	gone := map[string]bool{}
	for _, env := range envs {
		all, err := targets[env.Name].Flags.Export(ctx)
		if err != nil {
			return nil, fmt.Errorf("environment %s: %w", env.Name, err)
		}
		for name, f := range all {
			prompt, ok := strings.CutPrefix(name, env.FlagPrefix)
			if !ok || slices.Contains(have, prompt) {
				continue
			}
			if r := flags.Recognise(f, prompt, env.Name); r.Stable != nil || r.Candidate != nil {
				gone[prompt] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(gone)), nil
}

// filesGone says so of prompts whose file is gone, and returns those that no
// environment has a flag of either.
func (c statusCmd) filesGone(s *session, cfg *config.Config, targets map[string]plan.Target, entries []status.Entry) (unknown []string, err error) {
	root, err := s.openRoot()
	if err != nil {
		return nil, err
	}
	live := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		if _, exists := cfg.File(root.FS(), e.Prompt); exists {
			live[e.Prompt] = true
			continue
		}
		live[e.Prompt] = live[e.Prompt] || e.Exists || e.Archived
		if e.Exists {
			e.Notes = append(e.Notes, "orphan: its file is gone: "+plan.RetireCommand(e.Prompt, targets[e.Environment].Flags)+", when no service asks for it any more")
		}
	}
	for _, e := range entries {
		if !live[e.Prompt] && !slices.Contains(unknown, e.Prompt) {
			unknown = append(unknown, e.Prompt)
		}
	}
	return unknown, nil
}

func environmentNames(envs []config.Environment) []string {
	var names []string
	for _, e := range envs {
		names = append(names, e.Name)
	}
	return names
}

// names given may be of prompts that the tree does not have any more.
func (c statusCmd) names(s *session, cfg *config.Config) ([]string, error) {
	for _, n := range c.Names {
		if err := prompts.ValidName(n); err != nil {
			return nil, usageError{err}
		}
	}
	if len(c.Names) > 0 {
		return slices.Compact(slices.Sorted(slices.Values(c.Names))), nil
	}
	tree, err := s.tree(cfg)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range tree.Definitions() {
		names = append(names, d.Prompt.Name())
	}
	return names, nil
}
