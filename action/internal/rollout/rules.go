package rollout

import (
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// Head is a version that git wants at a place.
type Head struct {
	Place
	Version     *prompts.Prompt
	Description string // of the flag, if it is created
	// Retry ends a hold: the version becomes candidate again.
	Retry bool
}

// merge is a draft with the head that it is about.
type merge struct {
	*draft
	head Head
}

func (m *merge) ref() prompts.Ref { return m.head.Version.Ref() }

// Settled recognises, in the export of a whole environment, a flag that needs
// no second look: the head is live and nothing is broken. Everything that is
// decided from the order of strategies or from records is not settled.
func (h Head) Settled(f *flags.Flag) (plan.Item, bool) {
	d := &merge{h.draft(f), h}
	r := d.roles
	if !f.Enabled || r.Stable == nil || r.Stable.Disabled || len(r.Lost)+len(r.Leftovers)+len(r.Foreign) > 0 {
		return plan.Item{}, false
	}
	switch {
	case d.ref() == d.stableRef() && r.Candidate == nil:
		d.Why = inStep
	case d.ref() == d.candidateRef() && d.ref() != d.stableRef() && d.active():
		d.headIsDialled()
	default:
		return plan.Item{}, false
	}
	return d.Item, true
}

// Stopped is the item of a flag that cannot be read for a reason that a person
// has to remove.
func (h Head) Stopped(message, hint string) plan.Item {
	d := h.draft(nil)
	d.stop(message, hint)
	return d.Item
}

// Decide applies the rules to a flag as it was read: exact strategies in
// evaluation order, nil if there is no such flag.
func (h Head) Decide(f *flags.Flag) (plan.Item, error) {
	d := &merge{h.draft(f), h}
	if err := d.rules(); err != nil {
		return plan.Item{}, err
	}
	if d.Kind == plan.Stopped {
		return d.Item, nil
	}
	if err := d.environmentSwitch(); err != nil {
		return plan.Item{}, err
	}
	d.cleanUp()
	d.finish()
	return d.Item, nil
}

func (d *merge) rules() error {
	if d.flag == nil || len(d.flag.Strategies) == 0 {
		d.create()
		return nil
	}
	d.restoreRoles()
	switch {
	case d.roles.Stable == nil && d.roles.Candidate == nil:
		d.stop("the flag "+d.Flag+" exists and is not ours: none of its strategies is the stable one of this prompt",
			fmt.Sprintf("promptflag adopt %s -e %s takes it over; or give the prompt another name, set a flag_prefix in promptflag.toml, or delete the flag's strategies on its page", d.Prompt, d.at.Env.Name))
		return nil
	case d.roles.Stable == nil && d.promoted():
		return d.stableIsGone()
	case d.roles.Stable == nil:
		d.stop("the flag "+d.Flag+" has no stable strategy any more: callers outside the candidate get nothing",
			fmt.Sprintf("promptflag rollback %s --to VERSION sets one", d.Prompt))
		return nil
	case d.ref() == d.stableRef():
		return d.headIsStable()
	case d.ref() == d.candidateRef():
		return d.headIsCandidate()
	}
	return d.headIsNew()
}

// create: the first version of a prompt is stable at once.
func (d *merge) create() {
	d.Kind, d.Why = plan.Create, "new prompt: everybody gets it"
	if d.flag == nil {
		d.step(plan.Step{Create: &flags.New{Name: d.Flag, Prompt: d.Prompt, Description: d.head.Description}})
	}
	d.setStable(d.ref(), d.at.Origin.Subject)
	d.event(plan.ActionCreate, d.ref())
}

const inStep = "git and flag agree"

// headIsStable: a candidate that git does not have any more goes away, except
// the held one that a restore left behind.
func (d *merge) headIsStable() error {
	d.Why = inStep
	if d.roles.Candidate == nil {
		return nil
	}
	gone := d.candidateRef()
	if d.roles.Candidate.Disabled && gone != d.stableRef() {
		h, err := d.at.History()
		if err != nil {
			return err
		}
		if h.replaced(gone.Version()) {
			d.Why = "git and flag agree; " + gone.Version() + ", which it replaced, is held"
			return nil
		}
	}
	if d.roles.Stable.Disabled {
		d.stableIsDisabled()
		return nil
	}
	d.Kind, d.Why = plan.Withdraw, "git is back at the stable version: the candidate goes"
	d.removeCandidate()
	if gone == d.stableRef() {
		// An interrupted fold: both strategies serve it.
		d.event(plan.ActionFold, gone)
		return nil
	}
	d.event(plan.ActionWithdraw, gone)
	return nil
}

// stableIsGone: somebody deleted stable after the candidate was dialled to
// everybody. The candidate is stable in all but name.
func (d *merge) stableIsGone() error {
	if d.ref() != d.candidateRef() {
		return d.headIsNew()
	}
	d.Kind, d.Why = plan.Repair, "the stable strategy was deleted: the candidate, which everybody gets, becomes stable"
	d.setStable(d.ref(), subjectOf(d.roles.Candidate))
	d.removeCandidate()
	d.event(plan.ActionFold, d.ref())
	return nil
}

func (d *merge) headIsCandidate() error {
	if d.active() {
		d.headIsDialled()
		return nil
	}
	if d.head.Retry {
		return d.raise("retry: the hold ends")
	}
	return d.headIsDisabled()
}

// headIsDialled: nothing is touched.
func (d *merge) headIsDialled() {
	dialled := d.roles.Candidate.Rollout()
	d.Why = fmt.Sprintf("candidate at %d %%: the dial belongs to people", dialled)
	if dialled != d.at.Percent {
		d.Why += fmt.Sprintf(", so the configured %d %% is ignored", d.at.Percent)
	}
}

// headIsNew: neither stable nor candidate; its records decide.
func (d *merge) headIsNew() error {
	h, err := d.at.History()
	if err != nil {
		return err
	}
	what := h.fate(d.ref().Version())
	switch {
	case d.head.Retry && (what == rejected || what == raised):
		return d.raise("retry: the hold ends")
	case what == rejected:
		return d.held("rejected")
	case what == raised && d.roles.Candidate != nil:
		return d.held("a person put " + d.otherThanHead() + " in the place of the candidate that was there")
	case what == raised:
		return d.held("a person deleted the candidate that was there")
	case what == stable:
		d.restore()
	default:
		return d.raise("")
	}
	return nil
}

// otherThanHead names the version that the candidate serves, by its whole digest
// where the digits of a version do not tell it from the head.
func (d *merge) otherThanHead() string {
	c := d.candidateRef()
	if c.Version() == d.ref().Version() {
		return c.String()
	}
	return c.Version()
}

// headIsDisabled: somebody disabled the candidate, by our command or by hand.
func (d *merge) headIsDisabled() error {
	h, err := d.at.History()
	if err != nil {
		return err
	}
	if h.fate(d.ref().Version()) == rejected {
		return d.held("rejected")
	}
	return d.held("a person disabled the candidate that was there")
}

// held leaves everything as it is and says who held the version, or, if a
// person did it by hand, since when it had been there.
func (d *merge) held(why string) error {
	h, err := d.at.History()
	if err != nil {
		return err
	}
	since, err := h.decided(d.ref().Version())
	if err != nil {
		return err
	}
	d.Kind = plan.Held
	d.Why = fmt.Sprintf("held: %s%s. It ends when the file changes, or with %s", why, since, d.at.retry())
	return nil
}

// restore: a version that was stable here is what git revert after a promotion
// asks for. It becomes stable at once; what it replaces is held.
func (d *merge) restore() {
	d.Kind, d.Why = plan.Restore, "this version was stable here before: everybody gets it back at once"
	replaced, subject := d.stableRef(), subjectOf(d.roles.Stable)
	old := d.roles.Candidate
	if d.promoted() {
		replaced, subject = d.candidateRef(), subjectOf(old)
	}
	d.setStable(d.ref(), d.at.Origin.Subject)
	d.event(plan.ActionRestore, d.ref())
	if !d.hold(replaced, subject) {
		return
	}
	d.event(plan.ActionReplace, replaced)
	if old != nil {
		d.step(plan.Step{Delete: old.ID})
		if ref := refOf(old); ref != replaced {
			d.event(whatBecomesOf(old), ref)
		}
	}
}

// raise: the head becomes the candidate; a promoted one becomes stable first.
func (d *merge) raise(why string) error {
	c := d.roles.Candidate
	fold := d.promoted() && c != nil && d.candidateRef() != d.ref()
	if fold {
		off, err := d.offByPerson()
		if err != nil {
			return err
		}
		if off {
			// OFF is "everybody gets stable": a fold would change what they get.
			fold = false
			d.warn("%s was at 100 %% when the environment was switched off; it does not become stable", d.candidateRef().Version())
		}
	}
	if !fold && d.active() && d.at.Env.Wait && d.candidateRef() != d.ref() {
		d.Kind = plan.Waiting
		d.Why = fmt.Sprintf("waits: %s is being dialled up (%d %%) and on_open_candidate is \"wait\"", d.candidateRef().Version(), c.Rollout())
		return nil
	}
	if !fold && d.roles.Stable.Disabled {
		d.stableIsDisabled()
		return nil
	}
	d.Kind = plan.Canary
	percent := d.at.Percent
	d.Why = fmt.Sprintf("new version: candidate at %d %%", percent)
	if fold {
		d.Why = fmt.Sprintf("%s was at 100 %% and becomes stable; new version: candidate at %d %%", d.candidateRef().Version(), percent)
		if d.stableRef() != d.candidateRef() {
			d.setStable(d.candidateRef(), subjectOf(c))
		}
		d.event(plan.ActionFold, d.candidateRef())
	}
	s := d.strategy(flags.Candidate, d.ref(), d.at.Origin.Subject, percent)
	if c != nil && !fold && c.Constrained() {
		s = d.strategy(flags.Candidate, d.ref(), d.at.Origin.Subject, c.Rollout())
		s.Constraints, s.Segments = slices.Clone(c.Constraints), slices.Clone(c.Segments)
		d.Why = fmt.Sprintf("new version: candidate for the same callers as %s, at %d %% of them", d.candidateRef().Version(), c.Rollout())
	}
	if !fold {
		d.warnOfStickiness(s)
	}
	if !d.makeRoom(&s) {
		return nil
	}
	d.step(plan.Step{Add: &s})
	d.event(plan.ActionCandidate, d.ref())
	if c != nil {
		d.step(plan.Step{Delete: c.ID})
		if !fold && d.candidateRef() != d.ref() && d.candidateRef() != d.stableRef() {
			d.event(whatBecomesOf(c), d.candidateRef())
		}
	}
	if why != "" {
		d.Why = why + "; " + d.Why
	}
	d.After.Candidate, d.After.Percent, d.After.CandidateDisabled = d.ref().String(), s.Rollout(), false
	d.After.Constrained = s.Constrained()
	return nil
}

// warnOfStickiness: another field draws other users, so that more of them move
// than the percentages tell.
func (d *draft) warnOfStickiness(s flags.Strategy) {
	c := d.roles.Candidate
	if c == nil || c.Disabled || c.Rollout() == 0 || c.Rollout() == 100 {
		return
	}
	if was, is := c.Parameters["stickiness"], s.Parameters["stickiness"]; was != is {
		d.warn("the stickiness changes from %q to %q: other users are drawn, so more of them move than the percentages say", was, is)
	}
}

// whatBecomesOf a replaced candidate: one that a person had disabled stays
// unwanted, one that was active may come back.
func whatBecomesOf(c *flags.Strategy) plan.Action {
	if c.Disabled {
		return plan.ActionReject
	}
	return plan.ActionWithdraw
}

func (d *draft) stableIsDisabled() {
	d.stop("the stable strategy of "+d.Flag+" is disabled: callers outside the candidate get nothing from the flag",
		"enable it on the flag's page, or set another one with promptflag rollback "+d.Prompt+" --to VERSION")
}

func (d *draft) removeCandidate() {
	d.step(plan.Step{Delete: d.roles.Candidate.ID})
	d.After.Candidate, d.After.Percent, d.After.CandidateDisabled, d.After.Constrained = "", 0, false, false
}

// setStable adds the new stable strategy at the place of the old one, which
// goes afterwards: there is always one that matches.
func (d *draft) setStable(ref prompts.Ref, subject string) {
	s := d.strategy(flags.Stable, ref, subject, 100)
	if old := d.roles.Stable; old != nil {
		s.SortOrder = old.SortOrder
		d.step(plan.Step{Add: &s})
		d.step(plan.Step{Delete: old.ID})
	} else {
		d.step(plan.Step{Add: &s})
	}
	d.After.Exists, d.After.Stable, d.After.StableDisabled = true, ref.String(), false
}
