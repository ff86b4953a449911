package rollout

import (
	"fmt"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// Adopt makes a flag ours that has strategies and no stable one of this prompt.
// Whoever gets a version goes on getting it: the strategy that gives one to
// everybody becomes stable. Where no strategy gives everybody an answer, head,
// which may be nil, becomes stable for those who got nothing. served reads a
// version that the flag names.
func (p Place) Adopt(f *flags.Flag, head *prompts.Prompt, served func(prompts.Ref) (*prompts.Prompt, error)) (plan.Item, error) {
	d := p.command(f)
	d.Item.Decide = func(f *flags.Flag) (plan.Item, error) { return p.Adopt(f, head, served) }
	switch {
	case f == nil:
		d.stop("there is no flag "+d.Flag+" in "+d.Environment, "promptflag "+p.publish()+" makes one")
		return d.Item, nil
	case d.roles.Stable != nil:
		d.already("it is a prompt flag already: everybody gets " + d.stableRef().Version())
		return d.Item, nil
	case len(d.flag.Strategies) == 0:
		d.stop("the flag "+d.Flag+" has no strategies: there is nothing to take over", "promptflag "+p.publish()+" makes it a prompt flag")
		return d.Item, nil
	}
	last := d.forEverybody()
	if last != nil {
		err := d.adoptServed(*last, served)
		return d.Item, err
	}
	if head == nil {
		d.stop("no strategy of "+d.Flag+" gives everybody a version, and git has no "+d.Prompt, "add the prompt's file, or a strategy for everybody with the version")
		return d.Item, nil
	}
	d.Kind = plan.Adopt
	d.Why = "who gets something goes on getting it; who got nothing gets the version in git"
	d.addStable(head.Ref(), p.Origin.Subject, d.lastOrder()+1)
	d.Blob = head.Artifact()
	d.Item.Moves = nil
	if !d.flag.Enabled {
		d.warn("the environment is OFF and stays OFF: services that read it as a prompt flag get %s all the same", head.Version())
	}
	return d.Item, nil
}

// forEverybody is the first enabled strategy that all callers match; what stands
// behind it counts for nobody.
func (d *draft) forEverybody() *flags.Strategy {
	for i, s := range d.flag.Strategies {
		if !s.Disabled && !s.Constrained() && s.Rollout() >= 100 {
			return &d.flag.Strategies[i]
		}
	}
	return nil
}

// adoptServed puts a strategy of ours in the place of the one that gives everybody
// a version.
func (d *draft) adoptServed(last flags.Strategy, served func(prompts.Ref) (*prompts.Prompt, error)) error {
	ref, err := prompts.ParseRef(last.Ref())
	switch {
	case err != nil:
		d.stop(fmt.Sprintf("the strategy %q of %s gives everybody an answer that is no version of a prompt: who gets what could not be kept", titleOf(last), d.Flag),
			"delete or disable it on the flag's page first, or give the prompt another name")
		return nil
	case ref.Name != d.Prompt:
		d.stop(fmt.Sprintf("the strategy %q of %s serves another prompt, %s", titleOf(last), d.Flag, ref), "a flag is about the prompt of its name: delete or disable the strategy on the flag's page first")
		return nil
	}
	if _, err := served(ref); err != nil {
		d.stop(fmt.Sprintf("the strategy %q of %s serves %s, which cannot be read: %v", titleOf(last), d.Flag, ref.Version(), err), "publish that version, or delete the strategy on the flag's page")
		return nil
	}
	d.Kind = plan.Adopt
	d.Why = fmt.Sprintf("everybody goes on getting %s, which becomes stable", ref.Version())
	if field := last.Parameters["stickiness"]; field != "" && field != flags.StickinessDefault && field != "random" {
		d.warn("callers without %q, whom the strategy %q did not match, get it too", field, titleOf(last))
	}
	d.addStable(ref, subjectOf(&last), last.SortOrder)
	d.step(plan.Step{Delete: last.ID})
	if c := d.roles.Candidate; c != nil && c.ID == last.ID {
		d.After.Candidate, d.After.Percent, d.After.CandidateDisabled, d.After.Constrained = "", 0, false, false
	}
	return nil
}

// addStable adds the stable strategy of a flag that has none, and the tag.
func (d *draft) addStable(ref prompts.Ref, subject string, order int) {
	s := d.strategy(flags.Stable, ref, subject, 100)
	s.SortOrder = order
	d.step(plan.Step{Create: &flags.New{Name: d.Flag, Prompt: d.Prompt}}) // it exists: only the tag is added
	d.step(plan.Step{Add: &s})
	d.event(plan.ActionAdopt, ref)
	d.After.Exists, d.After.Stable, d.After.StableDisabled = true, ref.String(), false
}

func (d *draft) lastOrder() int {
	last := flags.StableOrder - 1
	for _, s := range d.flag.Strategies {
		last = max(last, s.SortOrder)
	}
	return last
}
