package rollout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// Kill disables the active candidate: its users get stable. The version is
// held from then on.
func (p Place) Kill(f *flags.Flag) (plan.Item, error) {
	d := p.command(f)
	if !d.known() {
		return d.Item, nil
	}
	if c := d.roles.Candidate; c != nil && c.Disabled {
		return d.Item, d.heldAlready()
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
	d.removeLeftovers()
	d.stillServed(d.candidateRef())
	d.Moves = plan.Moves(d.Before, d.After)
	d.Item.Decide = p.Kill
	return d.Item, nil
}

// heldAlready: there is nothing to take back any more.
func (d *draft) heldAlready() error {
	h, err := d.at.History()
	if err != nil {
		return err
	}
	version := d.candidateRef().Version()
	why := version + " is held already"
	if h.fate(version) == rejected {
		since, err := h.decided(version)
		if err != nil {
			return err
		}
		why += since
	}
	if len(h.stables(d.stableRef().Version())) > 0 {
		hint, err := d.earlier()
		if err != nil {
			return err
		}
		why += "; " + hint
	}
	d.already(why)
	d.stillServed(d.candidateRef())
	return nil
}

// stillServed warns of people's strategies, such as copies of ours, that go on
// serving a version that was taken back.
func (d *draft) stillServed(ref prompts.Ref) {
	for _, s := range append(slices.Clone(d.roles.People), d.roles.Foreign...) {
		if !s.Disabled && s.Ref() == ref.String() {
			d.warn("the strategy %q, which is not ours, goes on serving %s: disable it on the flag's page", titleOf(s), ref.Version())
		}
	}
}

// RollbackTo makes an earlier version stable at once. What it replaces is kept
// as a disabled candidate, so that publish does not raise it again.
func (p Place) RollbackTo(f *flags.Flag, to *prompts.Prompt) (item plan.Item, err error) {
	d := p.command(f)
	again := func(f *flags.Flag) (plan.Item, error) { return p.RollbackTo(f, to) }
	s, c := d.roles.Stable, d.roles.Candidate
	switch {
	case f == nil:
		d.known()
		return d.Item, nil
	case to.Ref() == d.stableRef() && !s.Disabled && d.active():
		item, err = p.Kill(f)
		item.Decide = again
		return item, err
	case to.Ref() == d.stableRef() && !s.Disabled:
		d.already("everybody gets this version already")
		return d.Item, nil
	case to.Ref() == d.candidateRef() && d.active() && s != nil:
		d.stop(to.Version()+" is the candidate", fmt.Sprintf("promptflag promote %s -e %s gives it to everybody", d.Prompt, d.Environment))
		return d.Item, nil
	}
	d.Kind, d.Why = plan.Rollback, "everybody gets this version at once; what it replaces is held"
	d.setStable(to.Ref(), "rolled back")
	d.event(plan.ActionRestore, to.Ref())
	replaced := refOf(s)
	if replaced == to.Ref() { // only its strategy was disabled
		replaced = prompts.Ref{}
	}
	if replaced.Name != "" {
		d.event(plan.ActionReject, replaced)
	}
	switch {
	case c != nil && d.candidateRef() == to.Ref() && replaced.Name == "":
		d.removeCandidate()
	case d.active() && d.candidateRef() != to.Ref():
		d.disableCandidate()
	case replaced.Name != "":
		if !d.hold(replaced, subjectOf(s)) {
			return d.Item, nil
		}
		if c != nil {
			d.step(plan.Step{Delete: c.ID})
			if ref := refOf(c); ref != to.Ref() && ref != replaced {
				d.event(plan.ActionReject, ref)
			}
		}
	}
	d.removeLeftovers()
	if !d.flag.Enabled {
		d.warn("the environment is OFF: promptflag on %s -e %s", d.Prompt, d.Environment)
	}
	d.Blob = to.Artifact()
	d.Moves = plan.Moves(d.Before, d.After)
	d.Item.Decide = again
	return d.Item, nil
}

// hold keeps a version that gives way as a disabled candidate. That is the
// first step: should the run die after stable was set, the hold is there.
func (d *draft) hold(replaced prompts.Ref, subject string) bool {
	held := d.strategy(flags.Candidate, replaced, subject, d.at.Percent)
	held.Disabled = true
	if !d.makeRoom(&held) {
		return false
	}
	d.Steps = slices.Insert(d.Steps, 0, plan.Step{Add: &held})
	d.After.Candidate, d.After.Percent, d.After.CandidateDisabled = replaced.String(), held.Rollout(), true
	d.After.Constrained = false
	return true
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
	versions := h.stables(d.stableRef().Version())
	if len(versions) == 0 {
		return "no other version was stable here; change the prompt in git, then promptflag " + d.at.publish(), nil
	}
	return fmt.Sprintf("to go back further: promptflag rollback %s -e %s --to VERSION; stable before: %s",
		d.Prompt, d.Environment, strings.Join(versions[:min(len(versions), 5)], ", ")), nil
}
