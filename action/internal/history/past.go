package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Past is the flag at a moment, and what it was shortly before.
type Past struct {
	Snapshot
	// Since is when it came to be so; zero: the log does not go back that far.
	Since time.Time
	// Earlier is what services may still have had, which fetch the flag at
	// intervals; the newest first.
	Earlier []Snapshot
}

// A Gap is why the past cannot be told.
type Gap struct{ Message string }

func (g *Gap) Error() string { return g.Message }

func gap(format string, args ...any) error { return &Gap{fmt.Sprintf(format, args...)} }

// opaque are events after which nobody can say what the flag was before, and why.
var opaque = map[string]string{
	"feature-dependency":             "its parent flags changed",
	"feature-dependencies":           "its parent flags changed",
	"feature-variants-updated":       "its variants outside of strategies changed",
	"feature-environment-variants":   "its variants outside of strategies changed",
	"feature-import":                 "it was imported",
	"release-plan":                   "a release plan changed it",
	"safeguard":                      "a safeguard changed it",
	string(unleashadmin.FlagDeleted): "it was deleted",
}

func opaqueness(t unleashadmin.EventType) string {
	for prefix, why := range opaque {
		if strings.HasPrefix(string(t), prefix) {
			return why
		}
	}
	return ""
}

// At finds the flag at a moment. lag is how long a change may take to reach
// services. now is the flag as it is, nil if it cannot be read. The error is a *Gap
// when the log does not tell.
func At(steps []Step, log unleashadmin.Log, now *Snapshot, at time.Time, lag time.Duration) (Past, error) {
	if len(log.Events) == 0 {
		return Past{}, gap("the flag server's event log has nothing about this flag: its events were deleted, or are on another server")
	}
	last := -1 // the last step that had happened
	for i, s := range steps {
		if !s.Time.After(at) {
			last = i
		}
	}
	for _, s := range steps[last+1:] {
		if why := opaqueness(s.Type); why != "" && now != nil {
			return Past{}, gap("since then %s (event %d, %s, %s by %s)", why, s.ID, s.Type, s.Time.Format(time.RFC3339), s.By)
		}
	}
	if first := log.Events[0]; first.Time.After(at) && (first.Type != unleashadmin.FlagCreated || !log.Whole) {
		return Past{}, gap("the event log of this flag begins at %s, after that time", first.Time.Format(time.RFC3339))
	}
	if last < 0 {
		switch {
		case len(steps) > 0 && steps[0].Known:
			return Past{Snapshot: steps[0].Before}, nil
		case len(steps) == 0 && now != nil:
			return Past{Snapshot: *now}, nil
		}
		return Past{}, gap("the event log does not say what the flag was then")
	}
	s := steps[last]
	switch {
	case s.Fault != "":
		return Past{}, gap("%s", s.Fault)
	case !s.Known:
		return Past{}, gap("the flag is archived or gone now, and the event log does not begin with its creation")
	}
	p := Past{Snapshot: s.After, Since: s.Time}
	for i := last; i >= 0 && steps[i].Time.Add(lag).After(at); i-- {
		if steps[i].Known && steps[i].Before.served() != steps[i].After.served() {
			p.Earlier = append(p.Earlier, steps[i].Before)
		}
	}
	// Since when it is so: saving without a change changes nothing.
	for i := last; i >= 0 && steps[i].Known; i-- {
		p.Since = steps[i].Time
		if steps[i].Before.served() != steps[i].After.served() {
			break
		}
	}
	return p, nil
}

// Records is the past according to the release records of one environment, where
// there is no event log.
type Records struct {
	Place
	Stickiness string // of a candidate below 100 %, where nothing tells
	Now        *Snapshot
}

// At finds the flag at a moment in the entries of its place, the oldest first. The
// error is a *Gap when they do not tell.
func (r Records) At(entries []Entry, at time.Time, lag time.Duration) (Past, error) {
	own := chain(entries)
	last := -1
	for i, e := range own {
		if !e.Time.After(at) {
			last = i
		}
	}
	if len(own) == 0 {
		if r.Now == nil {
			return Past{}, nil // there never was one
		}
		return Past{}, gap("there is no release record of this prompt in %s", r.Environment)
	}
	if last < 0 {
		if b := own[0].Before; b != nil && *b == (store.State{}) {
			return Past{}, nil // it does not exist
		}
		return Past{}, gap("the first release record is of %s, after that time", own[0].Time.Format(time.RFC3339))
	}
	e := own[last]
	switch {
	case e.Fault != "":
		return Past{}, gap("the release record of %s cannot be read: %s", e.Time.Format(time.RFC3339), e.Fault)
	case !e.Finished:
		return Past{}, gap("%s of %s by %s was started and not finished: nobody knows how far it came", e.Action, e.Time.Format(time.RFC3339), orUnknown(e.Actor))
	case e.Before == nil || e.After == nil:
		return Past{}, gap("the release record of %s does not say what the flag was", e.Time.Format(time.RFC3339))
	case e.left == nil:
		return Past{}, gap("%s of %s by %s ran at the same time as an operation of which nobody knows what it changed", e.Action, e.Time.Format(time.RFC3339), orUnknown(e.Actor))
	}
	if err := r.fits(own, last); err != nil {
		return Past{}, err
	}
	p := Past{Snapshot: r.snapshot(*e.left), Since: e.Time}
	for i := last; i >= 0 && own[i].Time.Add(lag).After(at); i-- {
		if b := own[i].Before; b != nil && own[i].After != nil && *b != *own[i].After {
			p.Earlier = append(p.Earlier, r.snapshot(*b))
		}
	}
	return p, nil
}

// link is one operation of a chain, by its first entry.
type link struct {
	Entry
	how  follows
	left *store.State // by all up to here; nil: not known
}

func chain(entries []Entry) []link {
	var all []link
	var t trail
	for _, e := range entries {
		how, _ := t.add(e)
		n := len(all)
		if n == 0 || all[n-1].Operation != e.Operation || !all[n-1].Time.Equal(e.Time) {
			all = append(all, link{Entry: e, how: how})
			n++
		}
		all[n-1].left = t.left
	}
	return all
}

// fits checks that what came after a record began where it ended. A change without a
// record that was undone again before the next record cannot be seen.
func (r Records) fits(own []link, last int) error {
	if last+1 < len(own) {
		if next := own[last+1]; next.how == unexplained {
			return gap("between %s and %s the flag changed, and no record tells when and by whom", own[last].Time.Format(time.RFC3339), next.Time.Format(time.RFC3339))
		}
	} else if r.Now != nil {
		if now := r.Place.state(*r.Now); *now != *own[last].left {
			return gap("since %s the flag changed, and no record tells when and by whom", own[last].Time.Format(time.RFC3339))
		}
	}
	if r.Now == nil {
		return nil
	}
	roles := flags.Recognise(r.Now.Flag, r.Prompt, r.Environment)
	if len(roles.People)+len(roles.Foreign) > 0 || roles.Candidate != nil && roles.Candidate.Constrained() {
		return gap("the flag has strategies or constraints of people, of which records do not tell")
	}
	return nil
}

// snapshot makes a flag of a record's state, as publish would write it.
func (r Records) snapshot(s store.State) Snapshot {
	if s == (store.State{}) {
		return Snapshot{}
	}
	out := Snapshot{Exists: true, Flag: flags.Flag{Name: r.Place.Flag, Enabled: s.Enabled}}
	add := func(role flags.Role, ref string, percent int, disabled bool, stickiness string) {
		parsed, err := prompts.ParseRef(ref)
		if err != nil {
			return
		}
		x := flags.Build(role, r.Place.Flag, flags.ID(r.Place.Flag, r.Environment, "", "record"), ref, parsed.Version(), "", percent, stickiness)
		x.ID, x.Disabled = string(role), disabled
		out.Strategies = append(out.Strategies, x)
	}
	add(flags.Candidate, s.Candidate, s.Percent, s.CandidateDisabled, r.sticky(s.Candidate))
	add(flags.Stable, s.Stable, 100, false, "")
	return out
}

// sticky is what the flag says now of the same candidate, else what is configured.
func (r Records) sticky(candidate string) string {
	if r.Now != nil {
		c := flags.Recognise(r.Now.Flag, r.Prompt, r.Environment).Candidate
		if c != nil && c.Ref() == candidate && c.Parameters["stickiness"] != flags.StickinessDefault {
			return c.Parameters["stickiness"]
		}
	}
	return r.Stickiness
}

func orUnknown(who string) string {
	if who == "" {
		return "somebody"
	}
	return who
}

// Published finds the entry with which a version came into an environment by a
// moment, as plan.Came does; nil if no record tells. What only moved it, as a rollback
// to it does, has the commit of another version: the last such counts only where
// nothing else is known.
func Published(entries []Entry, ref string, at time.Time) *Entry {
	var restored, folded *Entry
	for i := range entries {
		e := &entries[i]
		if e.Ref != ref || e.Time.After(at) || e.Source != Promptflag {
			continue
		}
		action := plan.Action(e.Action)
		if slices.Contains(plan.BringActions(), action) {
			return e
		}
		switch action {
		case plan.ActionRestore, plan.ActionAdopt:
			restored = e
		case plan.ActionFold:
			folded = e
		}
	}
	return cmp.Or(restored, folded)
}

// Cause finds the change that made the flag what it was at a moment: the last entry
// up to then that changed what is served; nil if none is known.
func Cause(entries []Entry, at time.Time) *Entry {
	for i := len(entries) - 1; i >= 0; i-- {
		e := &entries[i]
		if !e.Time.After(at) && (e.Before == nil || e.After == nil || *e.Before != *e.After || e.Action == "edit" || e.Action == "move") {
			return e
		}
	}
	return nil
}

// Possible are the versions that were around at a moment, according to the entries
// before and after it.
func Possible(entries []Entry, at time.Time) []Outcome {
	next := slices.IndexFunc(entries, func(e Entry) bool { return e.Time.After(at) })
	if next < 0 {
		next = len(entries)
	}
	var states []*store.State
	var times []time.Time
	note := func(s *store.State, t time.Time) { states, times = append(states, s), append(times, t) }
	if next > 0 {
		note(entries[next-1].Before, entries[next-1].Time)
		note(entries[next-1].After, entries[next-1].Time)
	}
	if next < len(entries) {
		note(entries[next].Before, entries[next].Time)
	}
	out := []Outcome{}
	add := func(ref string, role flags.Role, t time.Time) {
		o := Outcome{Ref: ref, Version: plan.Version(ref), Role: string(role), Reason: "UNKNOWN", Percent: -1, Why: "according to what is known of " + Stamp(t)}
		if o.Version != "" && !slices.ContainsFunc(out, o.Same) {
			out = append(out, o)
		}
	}
	for i, s := range states {
		if s != nil {
			add(s.Stable, flags.Stable, times[i])
			add(s.Candidate, flags.Candidate, times[i])
		}
	}
	return out
}
