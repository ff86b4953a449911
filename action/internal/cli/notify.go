package cli

import (
	"context"
	"maps"
	"slices"

	"github.com/promptflag/promptflag/action/internal/drift"
	"github.com/promptflag/promptflag/action/internal/notify"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/wording"
)

// notify tells the hooks of promptflag.toml what happened. A hook that cannot be
// told is a warning: what happened, happened.
func (s *session) notify(ctx context.Context, events []notify.Event) {
	if len(events) == 0 {
		return
	}
	cfg, err := s.config()
	if err != nil || len(cfg.Notify) == 0 {
		return
	}
	hooks := make([]notify.Hook, len(cfg.Notify))
	for i, w := range cfg.Notify {
		hooks[i] = notify.Hook(w)
	}
	// Whoever cancels a run wants to know no less what it did.
	ctx = context.WithoutCancel(ctx)
	for _, err := range notify.Send(ctx, notify.Options{Getenv: s.Getenv, Now: s.Now}, hooks, events) {
		s.warn(err.Error())
	}
}

// notifyItems tells what became of items: those that were carried out, and those
// that an evaluation stopped.
func (s *session) notifyItems(ctx context.Context, items []plan.Item, from plan.Origin) {
	var events []notify.Event
	for _, i := range items {
		kind := eventOf(i)
		if kind == "" {
			continue
		}
		e := notify.Event{
			Kind: kind, Prompt: i.Prompt, Environment: i.Environment,
			Before: plan.Served(*i.Before.Record()), After: plan.Served(*i.After.Record()),
			Actor: from.Actor, Reason: from.Reason, URL: from.RunURL, Time: s.Now(),
		}
		switch {
		case kind == notify.GateFailed:
			e.After, e.Reason = "", i.Why
		case bring(i) != "":
			e.Version = plan.Version(bring(i))
		default:
			e.Version = plan.Version(i.After.Stable)
		}
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b notify.Event) int {
		return slices.Compare([]string{a.Environment, a.Prompt}, []string{b.Environment, b.Prompt})
	})
	s.notify(ctx, events)
}

// notifyDrift tells that there is drift, once for each environment.
func (s *session) notifyDrift(ctx context.Context, r *drift.Report, from plan.Origin) {
	found := map[string]int{}
	for _, f := range r.Findings {
		found[f.Environment]++
	}
	var events []notify.Event
	for _, environment := range slices.Sorted(maps.Keys(found)) {
		events = append(events, notify.Event{
			Kind: notify.Drift, Environment: environment, Reason: wording.Counted(found[environment], "finding", "findings"),
			Actor: from.Actor, URL: from.RunURL, Time: s.Now(),
		})
	}
	s.notify(ctx, events)
}

// eventOf is the event that an item is, "" for none that hooks are told of.
func eventOf(i plan.Item) string {
	switch i.Kind {
	case plan.Create, plan.Canary:
		return notify.Published
	case plan.Promote:
		return notify.Promoted
	case plan.Dial:
		if i.After.Percent == 100 {
			return notify.Promoted
		}
	case plan.Rollback, plan.Restore, plan.Withdraw:
		return notify.RolledBack
	case plan.Stopped:
		if i.Verdict != "" {
			return notify.GateFailed
		}
	}
	return ""
}
