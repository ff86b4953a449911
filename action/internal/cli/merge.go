package cli

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/policy"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/prompts"
)

// promotedFrom is the environment that others are promoted from: the first that
// a merge publishes to.
func promotedFrom(cfg *config.Config) string {
	for _, e := range cfg.Environments {
		if !e.Manual() {
			return e.Name
		}
	}
	return ""
}

// guard stops what may not be published, by the rules of the commit before.
type guard struct {
	*session
	config  *config.Config
	before  basis
	unknown string // why there are no rules; "" if there are
	from    *provenance
	verdict evalkit.Verdict // of all that was evaluated; "" for nothing
	evals   []*evalkit.Report

	mu   sync.Mutex // items are decided on again by several goroutines
	said string     // why GitHub told nothing, as it was warned of
}

func (s *session) newGuard(cfg *config.Config, from plan.Origin) *guard {
	return &guard{session: s, config: cfg, from: s.provenance(s.hub(), from.Commit, cfg.Branch)}
}

// look reads the rules of the commit before.
func (g *guard) look(ctx context.Context, from plan.Origin) {
	g.before, g.unknown = g.basis(ctx, g.from.hub, from.Commit, g.config)
}

// protect stops the items of a plan that may not go out yet, and notes on the
// others whose they are.
func (s *session) protect(ctx context.Context, p *prepared) (*guard, error) {
	g := s.newGuard(p.config, p.origin)
	if slices.ContainsFunc(p.Items, func(i plan.Item) bool { return bring(i) != "" }) {
		g.look(ctx, p.origin)
	}
	for n := range p.Items {
		item := &p.Items[n]
		d, ok := p.tree.Lookup(item.Prompt)
		if !ok {
			continue
		}
		g.item(ctx, item, d)
		if decide := item.Decide; decide != nil {
			item.Decide = func(f *flags.Flag) (plan.Item, error) {
				again, err := decide(f)
				if err == nil {
					g.item(ctx, &again, d)
				}
				return again, err
			}
		}
	}
	return g, ctx.Err()
}

// item judges one item. What takes a version back is not asked anything.
func (g *guard) item(ctx context.Context, item *plan.Item, d *prompts.Definition) {
	if bring(*item) == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.before.config == nil && g.unknown == "":
		item.Stop("the flag changed meanwhile, and nobody asked whether this may be published", "run the command again")
		item.Untold = true
		return
	case g.unknown != "":
		item.Stop("cannot tell what "+item.Environment+" asks for before a version goes out: "+g.unknown, "run again; what counts is "+config.FileName+" of the commit before this one")
		item.Untold = true
		return
	}
	env, _ := g.config.Lookup(item.Environment)
	rules := g.before.rulesFor(env)
	most := fewChanges
	if asks(rules) {
		most = mostChanges
	}
	m, unknown := g.from.of(ctx, d, most)
	switch {
	case unknown == "":
		credit(item, m.credit())
	case g.from.client != nil:
		credit(item, &plan.Credit{}) // rather nobody than the wrong one
		if g.said == "" && !asks(rules) {
			g.said = unknown
			g.warn("the records do not say who approved: " + unknown)
		}
	}
	var owed []policy.Refusal
	for _, rule := range rules {
		if rule.Manual() && !env.Manual() {
			item.Leave(plan.Manual, "manual in the commit before this one: the next publish brings it to "+env.Name)
			return
		}
		c := policy.Case{Environment: rule, Now: g.Now(), Origin: policy.Origin{Unknown: unknown}, Files: g.from.judged(d, m)}
		if m != nil {
			c.Origin.Pull = &m.Pull
		}
		g.from.fill(ctx, &c, g.before.commit)
		owed = append(owed, policy.Judge(c)...)
	}
	refuse(item, owed)
}

// refuse stops an item for all that is owed. One clear no makes it a no.
func refuse(item *plan.Item, owed []policy.Refusal) {
	if len(owed) == 0 {
		return
	}
	var messages, hints []string
	untold := true
	for _, r := range owed {
		messages, hints = append(messages, r.Message), append(hints, r.Hint)
		untold = untold && r.Untold
	}
	item.Stop(strings.Join(unique(messages, len(messages)), "; "), strings.Join(unique(hints, len(hints)), "; "))
	item.Untold = untold
}

// credit puts the pull request that brought a version into its records and onto
// the page of its flag, in place of what the head's message says.
func credit(item *plan.Item, c *plan.Credit) {
	item.Credit = c
	var steps []plan.Step
	title := "pull request"
	for _, step := range item.Steps {
		if step.Link == nil {
			steps = append(steps, step)
			continue
		}
		if step.Link.URL == c.PullRequest {
			title = step.Link.Title
		}
	}
	if c.PullRequest != "" {
		steps = append(steps, plan.Step{Link: &plan.LinkStep{URL: c.PullRequest, Title: title}})
	}
	item.Steps = steps
}
