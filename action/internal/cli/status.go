package cli

import (
	"context"
	"slices"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/status"
	"github.com/promptflag/promptflag/prompts"
)

type statusCmd struct {
	Names       []string `arg:"" optional:"" name:"name" help:"Prompts; default all in the tree."`
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
	entries, err := status.Read(ctx, status.Input{Prompts: names, Environments: envs, Targets: targets})
	if err != nil {
		return err
	}
	if c.JSON {
		return s.json(entries)
	}
	return status.Print(s.Stdout, entries, s.Now())
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
