package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/retire"
	"github.com/promptflag/promptflag/prompts"
)

type retireCmd struct {
	Name   string `arg:"" help:"The prompt, whose file is gone."`
	Quiet  int    `default:"24" placeholder:"HOURS" help:"For how many hours no service must have asked, 1 to 47."`
	Force  bool   `help:"Archive it although services ask for it, or nobody can tell; needs --reason."`
	Reason string `env:"INPUT_REASON" help:"Why, for the release records."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

func (c retireCmd) Run(ctx context.Context, s *session) error {
	switch {
	case c.Quiet < 1 || c.Quiet > 47:
		return usageError{fmt.Errorf("--quiet %d: hours from 1 to 47, which is what a server counts", c.Quiet)}
	case c.Force && strings.TrimSpace(c.Reason) == "":
		return usageError{errors.New("--force needs --reason: say why services may lose the flag")}
	}
	if err := prompts.ValidName(c.Name); err != nil {
		return usageError{err}
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	if err := s.fileGone(cfg, c.Name); err != nil {
		return err
	}
	targets, err := s.targets(ctx, cfg.Environments)
	if err != nil {
		return err
	}
	from, _ := s.origin(ctx, c.Reason)
	held, err := s.lease(ctx, cfg.Environments, targets, from, "retire")
	if err != nil {
		return err
	}
	defer held.release(ctx, s)
	r, err := retire.Run(ctx, retire.Input{
		Prompt: c.Name, Environments: cfg.Environments, Targets: targets, Origin: from, Now: s.Now, NewID: s.NewID,
		Quiet: time.Duration(c.Quiet) * time.Hour, Force: c.Force, Hold: held.hold,
	})
	const hint = "; wait until it is quiet, or --force --reason"
	switch {
	case errors.Is(err, retire.ErrUnknown):
		return cannotTell{fmt.Errorf("retire %s: %w%s", c.Name, err, hint)}
	case errors.Is(err, retire.ErrAsked):
		return refusal{fmt.Errorf("retire %s: %w%s", c.Name, err, hint)}
	case errors.Is(err, retire.ErrNotOurs):
		return refusal{fmt.Errorf("retire %s: %w", c.Name, err)}
	case err != nil:
		return fmt.Errorf("retire %s, not finished, run it again: %w", c.Name, err)
	}
	if c.JSON {
		return s.json(r)
	}
	for _, n := range r.Notes {
		fmt.Fprintln(s.Stdout, "note: "+n)
	}
	if len(r.Archived) == 0 {
		fmt.Fprintf(s.Stdout, "%s is retired already\n", c.Name)
		return nil
	}
	fmt.Fprintf(s.Stdout, "retired %s: its flag is archived in %s; services that still ask get their last version for a day\n", c.Name, list(r.Archived))
	revive := "reviving the flag on the server's archive page"
	var documents []string
	for _, environment := range r.Archived {
		if path := targets[environment].Flags.Document(); path != "" {
			documents = append(documents, path)
		}
	}
	if len(documents) > 0 {
		revive = "setting its archived to false in " + strings.Join(documents, " and ")
	}
	fmt.Fprintf(s.Stdout, "its versions stay in the bucket: %s brings it back, OFF\n", revive)
	return nil
}

// fileGone refuses a prompt that the tree has, valid or not: the next publish
// would find its flag archived.
func (s *session) fileGone(cfg *config.Config, name string) error {
	root, err := s.openRoot()
	if err != nil {
		return err
	}
	if file, exists := cfg.File(root.FS(), name); exists {
		return refusal{fmt.Errorf("%s is there: delete it, merge that, and retire the prompt when no service asks for it any more", file)}
	}
	return nil
}
