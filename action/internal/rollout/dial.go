package rollout

import (
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
)

// Dial sets the candidate's percentage. At 100 it also matches callers without
// an id. A disabled candidate is not dialled: that would look like a release
// and serve nobody.
func (p Place) Dial(f *flags.Flag, percent int) (plan.Item, error) {
	return p.dial(f, percent, plan.Dial, plan.ActionDial)
}

// Promote dials the candidate to everybody. The version before it stays as
// stable, so that disabling the candidate goes one version back, until the
// next publish makes the candidate stable.
func (p Place) Promote(f *flags.Flag) (plan.Item, error) {
	return p.dial(f, 100, plan.Promote, plan.ActionPromote)
}

func (p Place) dial(f *flags.Flag, percent int, kind plan.Kind, action plan.Action) (plan.Item, error) {
	d := p.command(f)
	if !d.known() {
		return d.Item, nil
	}
	c := d.roles.Candidate
	switch {
	case c == nil:
		d.stop("there is no candidate to dial: everybody gets "+d.stableRef().Version(), "promptflag "+p.publish()+" brings a new version")
		return d.Item, nil
	case c.Disabled:
		d.stop("the candidate "+d.candidateRef().Version()+" is held: it is disabled", "promptflag "+p.retry()+" starts it again")
		return d.Item, nil
	case kind == plan.Promote && c.Constrained():
		d.stop("the candidate "+d.candidateRef().Version()+" serves only callers that match its constraints", "remove them on the flag's page, then promote")
		return d.Item, nil
	}
	d.After.Percent = percent
	d.Moves = plan.Moves(d.Before, d.After)
	d.Kind, d.Why = kind, fmt.Sprintf("candidate from %d %% to %d %%", d.Before.Percent, percent)
	if !d.flag.Enabled {
		d.warn("the environment is OFF: everybody gets stable until promptflag on %s -e %s", d.Prompt, d.Environment)
	}
	patch := flags.Patch{Expect: c.Ref(), Rollout: &percent}
	if s := stickinessAt(percent, c.Parameters["stickiness"], p.Stickiness); s != c.Parameters["stickiness"] {
		patch.Stickiness = &s
	}
	if c.Rollout() == percent && patch.Stickiness == nil {
		d.already(fmt.Sprintf("the candidate is at %d %% already", percent))
		return d.Item, nil
	}
	d.step(plan.Step{Patch: &plan.PatchStep{ID: c.ID, Patch: patch}})
	d.event(action, d.candidateRef())
	d.removeLeftovers()
	d.Item.Decide = func(f *flags.Flag) (plan.Item, error) { return p.dial(f, percent, kind, action) }
	return d.Item, nil
}

// stickinessAt: everybody means everybody, also callers without an id; below
// that, a field that a person chose stays.
func stickinessAt(percent int, now, configured string) string {
	switch {
	case percent >= 100:
		return flags.StickinessDefault
	case now == flags.StickinessDefault || now == "":
		return configured
	}
	return now
}

// Switch turns the environment ON or OFF. OFF gives everybody stable.
func (p Place) Switch(f *flags.Flag, on bool) (plan.Item, error) {
	d := p.command(f)
	if !d.known() {
		return d.Item, nil
	}
	if d.flag.Enabled == on {
		d.already("the environment is " + onOff(on) + " already")
		return d.Item, nil
	}
	if on && !slices.ContainsFunc(d.flag.Strategies, func(s flags.Strategy) bool { return !s.Disabled }) {
		// The server would add a strategy of its own, for everybody and without a prompt.
		d.stop("every strategy of "+d.Flag+" is disabled", "enable stable on the flag's page, or promptflag rollback "+d.Prompt+" -e "+d.Environment+" --to VERSION, then switch it on")
		return d.Item, nil
	}
	d.After.Enabled = on
	d.Moves = plan.Moves(d.Before, d.After)
	d.Kind, d.Why = plan.Off, "everybody gets stable"
	action := plan.ActionOff
	if on {
		d.Kind, d.Why, action = plan.On, "the candidate's percentage counts again", plan.ActionOn
		if !d.active() {
			d.Why = "switched on"
		}
	}
	d.step(plan.Step{Switch: &on})
	d.event(action, d.stableRef())
	d.Item.Decide = func(f *flags.Flag) (plan.Item, error) { return p.Switch(f, on) }
	return d.Item, nil
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}

// command is the draft of a command: a mark that somebody took off is put back
// first, so that a kill finds the candidate it has to kill.
func (p Place) command(f *flags.Flag) *draft {
	d := p.draft(f)
	d.restoreRoles()
	return d
}

// already ends a command that has nothing to do but to put marks back.
func (d *draft) already(why string) {
	d.Kind, d.Why, d.After = plan.Unchanged, why, d.Before
	if len(d.Steps) > 0 {
		d.Kind = plan.Repair
	}
}

// known stops the item if the flag is not one that commands can work on.
func (d *draft) known() bool {
	if d.flag == nil {
		d.stop("there is no flag "+d.Flag+" in "+d.Environment, "promptflag status lists the prompts; if this one is new, promptflag "+d.at.publish()+" brings it")
		return false
	}
	if d.roles.Stable == nil {
		d.stop("the flag "+d.Flag+" has no stable strategy of this prompt",
			fmt.Sprintf("promptflag rollback %s --to VERSION sets one", d.Prompt))
		return false
	}
	return true
}
