package cli

import (
	"context"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/report"
	"github.com/promptflag/promptflag/action/internal/rollout"
	"github.com/promptflag/promptflag/prompts"
)

type adoptCmd struct {
	target
	DryRun bool `help:"Print what would change; write nothing."`
}

func (c adoptCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	w, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	def := s.definition(cfg, c.Name)
	var head *prompts.Prompt
	if def != nil {
		head = def.Prompt
	}
	served := func(ref prompts.Ref) (*prompts.Prompt, error) {
		return s.published(ctx, w.bucket(), ref.Name, string(ref.Digest))
	}
	g, err := s.newGate(cfg, w.targets, w.place.Origin)
	if err != nil {
		return err
	}
	defer g.run.Close()
	asked := s.newGuard(cfg, w.place.Origin)
	var adopt decision
	adopt = func(p rollout.Place, f *flags.Flag) (plan.Item, error) {
		item, err := p.Adopt(f, head, served)
		if err == nil && item.Blob != nil && !c.DryRun { // the version in git goes to users for the first time
			if asked.before.config == nil {
				asked.look(ctx, w.place.Origin)
			}
			asked.item(ctx, &item, def)
		}
		if err == nil && item.Blob != nil && !c.DryRun { // still: nothing is owed
			if err = g.evaluate(ctx, head); err == nil {
				g.stop(&item)
			}
		}
		item.Decide = func(f *flags.Flag) (plan.Item, error) { return adopt(p, f) }
		return item, err
	}
	if !c.DryRun {
		return w.gated(ctx, s, adopt)
	}
	f, err := w.read(ctx)
	if err != nil {
		return err
	}
	item, err := adopt(w.place, f)
	if err != nil {
		return err
	}
	p := &plan.Plan{Items: []plan.Item{item}}
	if err := report.Plan(s.Stdout, p, true); err != nil {
		return err
	}
	return stopped(p, "")
}
