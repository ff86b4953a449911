package rollout

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// offByPerson reports whether the environment is OFF because somebody wanted
// it: it is off, and a release was finished here before.
func (d *draft) offByPerson() (bool, error) {
	if d.flag == nil || d.flag.Enabled {
		return false, nil
	}
	h, err := d.at.History()
	return h.Done, err
}

// environmentSwitch switches on what was never on, and leaves alone what a
// person switched off.
func (d *merge) environmentSwitch() error {
	if d.flag != nil && d.flag.Enabled {
		return nil
	}
	off, err := d.offByPerson()
	if err != nil {
		return err
	}
	if off {
		d.warn("the environment is OFF, everybody gets stable: promptflag on %s -e %s", d.Prompt, d.at.Env.Name)
		return nil
	}
	if d.Kind == plan.Unchanged {
		d.Kind, d.Why = plan.Repair, "an earlier run did not get to switch the environment on"
		d.event(plan.ActionCreate, d.ref())
	}
	on := true
	d.step(plan.Step{Switch: &on})
	d.After.Enabled = true
	return nil
}

// restoreRoles gives the role back to strategies that lost it.
func (d *draft) restoreRoles() {
	for _, lost := range d.roles.Lost {
		role, id := string(lost.Role), flags.ID(d.Flag, d.at.Env.Name, d.at.Origin.Commit, d.at.Origin.Run)
		d.step(plan.Step{Patch: &plan.PatchStep{ID: lost.Strategy.ID, Patch: flags.Patch{
			Parameters: map[string]*string{flags.ParamRole: &role, flags.ParamID: &id},
		}}})
		d.warn("restore role: the %s strategy had lost its mark", lost.Role)
		s := lost.Strategy
		if lost.Role == flags.Stable {
			d.roles.Stable = &s
		} else {
			d.roles.Candidate = &s
		}
	}
	d.Before = plan.StateOf(d.flag, d.roles)
	d.After = d.Before
}

// cleanUp removes what an interrupted run left and takes our mark off copies
// that people made.
func (d *draft) cleanUp() {
	d.removeLeftovers()
	for _, s := range d.roles.Foreign {
		d.step(plan.Step{Patch: &plan.PatchStep{ID: s.ID, Patch: flags.Patch{
			Parameters: map[string]*string{flags.ParamRole: nil, flags.ParamID: nil},
		}}})
		if _, err := prompts.ParseRef(s.Ref()); err != nil {
			d.warn("somebody changed what the strategy %q serves, it names no version of %s: it is theirs now, only our mark is taken off; delete it on the flag's page", s.Title, d.Prompt)
			continue
		}
		d.warn("the strategy %q is a copy that somebody made: it is theirs now, only our mark is taken off", s.Title)
	}
	if d.Kind == plan.Unchanged && len(d.Steps) > 0 {
		d.Kind, d.Why = plan.Repair, "the versions agree; only marks and leftovers are put right"
	}
}

func (d *draft) removeLeftovers() {
	for _, s := range d.roles.Leftovers {
		d.step(plan.Step{Delete: s.ID})
		d.finishRecords(s)
		d.warn("removes a leftover of an interrupted run: %q", s.Title)
	}
}

// finishRecords tells what the interrupted run did not get to tell: which
// version took the role of the leftover.
func (d *draft) finishRecords(leftover flags.Strategy) {
	switch flags.Role(leftover.Parameters[flags.ParamRole]) {
	case flags.Candidate:
		c, old := d.candidateRef(), refOf(&leftover)
		if d.After.Candidate == c.String() && d.active() && !d.After.CandidateDisabled {
			d.event(plan.ActionCandidate, c)
		}
		if old != c && !names(d.After, old.String()) {
			d.event(whatBecomesOf(&leftover), old)
		}
	case flags.Stable:
		if s := d.stableRef(); d.After.Stable == s.String() {
			d.event(plan.ActionFold, s)
		}
	}
}

// finish fills in what follows from the decision.
func (d *merge) finish() {
	d.behindStable()
	if d.After.StableDisabled {
		d.warn("the stable strategy is disabled: callers outside the candidate get nothing from the flag; enable it on the flag's page")
	}
	if !d.Writes() {
		return
	}
	// A held version that is raised is brought back: the bucket has it then, or a
	// tombstone forbids it.
	if names(d.After, d.ref().String()) && (d.Kind == plan.Canary || !names(d.Before, d.ref().String())) {
		d.Blob = d.head.Version.Artifact()
	}
	links := func(e plan.Event) bool { return slices.Contains(plan.LinkActions(), e.Action) }
	if d.at.Origin.PullRequest != "" && slices.ContainsFunc(d.Events, links) {
		d.step(plan.Step{Link: &plan.LinkStep{URL: d.at.Origin.PullRequest, Title: d.at.Origin.Subject}})
	}
	d.Moves = plan.Moves(d.Before, d.After)
}

func names(s plan.State, ref string) bool { return s.Stable == ref || s.Candidate == ref }

// behindStable warns of people's strategies that can never match.
func (d *draft) behindStable() {
	if d.flag == nil || d.roles.Stable == nil || d.roles.Stable.Disabled {
		return
	}
	at := slices.IndexFunc(d.flag.Strategies, func(s flags.Strategy) bool { return s.ID == d.roles.Stable.ID })
	for _, s := range d.flag.Strategies[at+1:] {
		if d.isPeoples(s) && !s.Disabled {
			d.warn("the strategy %q stands behind stable and never matches", titleOf(s))
		}
	}
}

func (d *draft) isPeoples(s flags.Strategy) bool {
	same := func(p flags.Strategy) bool { return p.ID == s.ID }
	return slices.ContainsFunc(d.roles.People, same) || slices.ContainsFunc(d.roles.Foreign, same)
}

func titleOf(s flags.Strategy) string {
	if s.Title != "" {
		return s.Title
	}
	return s.Name
}

// subjectOf recovers the commit subject from a title of ours.
func subjectOf(s *flags.Strategy) string {
	if s == nil {
		return ""
	}
	_, subject, _ := strings.Cut(s.Title, " · ")
	return subject
}

// place puts a new candidate directly before stable and behind the strategies
// that people put before it. Strategies with the same order are evaluated by
// age, so a new one may share the order of the last one before stable. Where
// stable itself shares that order it moves up, if nobody stands behind it.
func (d *draft) makeRoom(s *flags.Strategy) bool {
	if d.roles.Stable == nil {
		return true
	}
	stableOrder := d.roles.Stable.SortOrder
	last, crowded := math.MinInt, false
	at := slices.IndexFunc(d.flag.Strategies, func(x flags.Strategy) bool { return x.ID == d.roles.Stable.ID })
	for _, x := range d.flag.Strategies[:at] {
		if d.isPeoples(x) {
			last = max(last, x.SortOrder)
		}
	}
	for _, x := range d.flag.Strategies[at+1:] {
		crowded = crowded || d.isPeoples(x)
	}
	switch {
	case last < flags.CandidateOrder && flags.CandidateOrder < stableOrder:
		s.SortOrder = flags.CandidateOrder
	case last < stableOrder:
		s.SortOrder = max(last, stableOrder-1)
	case crowded:
		d.stop(fmt.Sprintf("there is no room for a candidate between the strategies of people and stable of %s", d.Flag),
			"drag the strategies behind stable to the front, or delete them, on the flag's page")
		return false
	default:
		d.moveStableUp(last + 1)
		s.SortOrder = last
	}
	return true
}

// moveStableUp gives stable, the one that is there or the one this draft adds,
// a higher order.
func (d *draft) moveStableUp(order int) {
	for i := range d.Steps {
		if add := d.Steps[i].Add; add != nil && add.Parameters[flags.ParamRole] == string(flags.Stable) {
			add.SortOrder = order
			return
		}
	}
	d.step(plan.Step{Reorder: map[string]int{d.roles.Stable.ID: order}})
}
