package rollout

import (
	"fmt"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// Kill disables the active candidate: its users get stable. The version is
// held from then on.
func (p Place) Kill(f *flags.Flag) (plan.Item, error) {
	d := p.draft(f)
	if !d.known() {
		return d.Item, nil
	}
	if !d.active() {
		hint, err := d.earlier()
		if err != nil {
			return plan.Item{}, err
		}
		d.stop("there is no active candidate to take back: everybody gets "+d.stableRef().Version(), hint)
		return d.Item, nil
	}
	d.Kind = plan.Rollback
	d.Why = "the candidate is disabled and held"
	d.disableCandidate()
	d.Moves = plan.Moves(d.Before, d.After)
	d.Item.Decide = p.Kill
	return d.Item, nil
}

// RollbackTo makes an earlier version stable at once. What it replaces is kept
// as a disabled candidate, so that publish does not raise it again.
func (p Place) RollbackTo(f *flags.Flag, to *prompts.Prompt) (plan.Item, error) {
	d := p.draft(f)
	switch {
	case f == nil:
		d.known()
		return d.Item, nil
	case to.Ref() == d.stableRef() && d.active():
		return p.Kill(f)
	case to.Ref() == d.stableRef():
		d.Why = "everybody gets this version already"
		return d.Item, nil
	case to.Ref() == d.candidateRef() && d.active():
		d.stop(to.Version()+" is the candidate", fmt.Sprintf("promptflag promote %s -e %s gives it to everybody", d.Prompt, d.Environment))
		return d.Item, nil
	}
	d.Kind, d.Why = plan.Rollback, "everybody gets this version at once; what it replaces is held"
	replaced, subject := d.stableRef(), ""
	if d.roles.Stable != nil {
		subject = subjectOf(*d.roles.Stable)
	}
	d.setStable(to.Ref(), "rolled back")
	d.event(plan.ActionRestore, to.Ref())
	if replaced.Name != "" {
		d.event(plan.ActionReject, replaced)
	}
	switch c := d.roles.Candidate; {
	case d.active():
		d.disableCandidate()
	case replaced.Name != "":
		held := d.strategy(flags.Candidate, replaced, subject, p.Percent)
		held.Disabled = true
		if !d.makeRoom(&held) {
			return d.Item, nil
		}
		d.step(plan.Step{Add: &held})
		if c != nil {
			d.step(plan.Step{Delete: c.ID})
			if ref := d.candidateRef(); ref != to.Ref() && ref != replaced {
				d.event(plan.ActionReject, ref)
			}
		}
		d.After.Candidate, d.After.Percent, d.After.CandidateDisabled = replaced.String(), held.Rollout(), true
		d.After.Constrained = false
	}
	d.Blob = to.Artifact()
	d.Moves = plan.Moves(d.Before, d.After)
	d.Item.Decide = func(f *flags.Flag) (plan.Item, error) { return p.RollbackTo(f, to) }
	return d.Item, nil
}

func (d *draft) disableCandidate() {
	disabled := true
	c := d.roles.Candidate
	d.step(plan.Step{Patch: &plan.PatchStep{ID: c.ID, Patch: flags.Patch{Expect: c.Ref(), Disabled: &disabled}}})
	d.event(plan.ActionReject, d.candidateRef())
	d.After.CandidateDisabled = true
}

// earlier says to which versions one could go back.
func (d *draft) earlier() (string, error) {
	h, err := d.at.History()
	if err != nil {
		return "", err
	}
	versions := h.Stables(d.stableRef().Version())
	if len(versions) == 0 {
		return "no other version was stable here; change the prompt in git and publish", nil
	}
	return fmt.Sprintf("to go back further: promptflag rollback %s -e %s --to VERSION; stable before: %s",
		d.Prompt, d.Environment, strings.Join(versions[:min(len(versions), 5)], ", ")), nil
}
