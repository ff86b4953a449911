package history

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/store"
)

// Windows of time in which an operation explains events.
const (
	skew    = 2 * time.Minute  // between clocks
	longest = 30 * time.Minute // of an operation
)

// Lead is how much earlier than a period records have to be read, so that an
// operation that began before it explains what happened in it.
const Lead = longest + skew

// Join merges the operations of one place with the steps of its flag, both the
// oldest first, and yields entries in the order of time. Operations of other
// environments are passed over. It keeps as many operations as there are in a few
// minutes, and the steps.
func Join(p Place, operations iter.Seq2[store.Operation, error], steps []Step) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		j := joiner{place: p, steps: steps, taken: make([]bool, len(steps)), added: map[string]string{}}
		var group []Entry
		for o, err := range operations {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if o.Key.Environment != p.Environment {
				continue
			}
			e := entry(o)
			if len(group) > 0 && (e.Operation != group[0].Operation || !e.Time.Equal(group[0].Time)) {
				j.take(group)
				group = nil
				if !j.flush(e.Time.Add(-skew), yield) {
					return
				}
			}
			group = append(group, e)
			if o.Finished.After(j.end) {
				j.end = o.Finished
			}
		}
		if len(group) > 0 {
			j.take(group)
		}
		j.flush(time.Time{}, yield)
	}
}

type joiner struct {
	place   Place
	steps   []Step
	taken   []bool
	next    int               // steps before it were yielded or taken
	pending []Entry           // of operations, not yielded yet
	added   map[string]string // strategy id -> operation that added it
	end     time.Time         // when the group being read was finished
}

// flush yields everything up to a time; the zero time is everything.
func (j *joiner) flush(until time.Time, yield func(Entry, error) bool) bool {
	due := func(t time.Time) bool { return until.IsZero() || t.Before(until) }
	for {
		for j.next < len(j.steps) && (j.taken[j.next] || slices.Contains(quiet, j.steps[j.next].Type)) {
			j.next++
		}
		hand := j.next < len(j.steps) && due(j.steps[j.next].Time)
		op := len(j.pending) > 0 && due(j.pending[0].Time)
		switch {
		case hand && (len(j.pending) == 0 || j.steps[j.next].Time.Before(j.pending[0].Time)):
			e := j.place.byHand(j.steps[j.next])
			if j.steps[j.next].isOurs(j.place) {
				e.Source = Unrecorded
			}
			j.next++
			if !yield(e, nil) {
				return false
			}
		case op:
			e := j.pending[0]
			j.pending = j.pending[1:]
			if !yield(e, nil) {
				return false
			}
		default:
			return true
		}
	}
}

// take finds the events of one operation.
func (j *joiner) take(group []Entry) {
	first := &group[0]
	from, to := first.Time.Add(-skew), first.Time.Add(longest)
	if j.end.After(first.Time) && j.end.Add(skew).Before(to) {
		to = j.end.Add(skew)
	} else if !j.end.IsZero() && !j.end.After(first.Time) {
		to = first.Time.Add(skew)
	}
	j.end = time.Time{}
	op := operation{place: j.place, entries: group, added: j.added, done: map[string]bool{}}
	// What came after the beginning has the first claim: only a clock that is
	// wrong puts an effect before its cause.
	for _, early := range []bool{false, true} {
		for i, s := range j.steps {
			if j.taken[i] || s.Time.Before(from) || s.Time.After(to) || s.Time.Before(first.Time) != early {
				continue
			}
			if op.explains(s) {
				j.taken[i] = true
				first.Events = append(first.Events, s.ID)
				first.Account = s.By
			}
		}
	}
	slices.Sort(first.Events)
	j.pending = append(j.pending, group...)
}

// operation is the entries of one operation; they share the state before and after.
type operation struct {
	place   Place
	entries []Entry
	added   map[string]string
	done    map[string]bool // effects that were found
}

// once is true for the first event with an effect.
func (o operation) once(effect string, is bool) bool {
	if !is || o.done[effect] {
		return false
	}
	o.done[effect] = true
	return true
}

func (o operation) has(actions ...plan.Action) bool {
	return slices.ContainsFunc(o.entries, func(e Entry) bool { return slices.Contains(actions, plan.Action(e.Action)) })
}

// structural operations add, delete or move strategies.
func (o operation) structural() bool {
	return !slices.ContainsFunc(o.entries, func(e Entry) bool {
		switch plan.Action(e.Action) {
		case plan.ActionDial, plan.ActionPromote, plan.ActionOn, plan.ActionOff:
			return true
		}
		return false
	})
}

func (o operation) explains(s Step) bool {
	before, after := o.entries[0].Before, o.entries[0].After
	if before == nil || after == nil {
		return false
	}
	switch s.Type {
	case unleashadmin.StrategyAdded:
		x := s.Event.After
		if x == nil || !o.made(*x) || !serves(*x, after) {
			return false
		}
		o.added[x.ID] = o.entries[0].Operation
		return true
	case unleashadmin.StrategyRemoved:
		x := s.Event.Before
		// The leftovers of a run that died go with any operation.
		return x != nil && marked(*x, o.place) && o.added[x.ID] != o.entries[0].Operation &&
			(o.structural() || !serves(*x, before))
	case unleashadmin.StrategyUpdated:
		return s.Event.Before != nil && s.Event.After != nil && o.updated(*s.Event.Before, *s.Event.After, before, after)
	case unleashadmin.StrategiesMoved:
		return o.structural()
	case unleashadmin.SwitchedOn:
		return o.once("on", after.Enabled && !before.Enabled)
	case unleashadmin.SwitchedOff:
		return o.once("off", before.Enabled && !after.Enabled)
	case unleashadmin.FlagCreated:
		return o.once("create", o.has(plan.ActionCreate))
	case unleashadmin.FlagLinked:
		return s.Link != "" && s.Link == o.entries[0].PullRequest
	case unleashadmin.FlagArchived:
		return o.once("archive", o.has("retire", "archive"))
	case unleashadmin.FlagRevived:
		return o.once("revive", o.has("adopt", "revive"))
	}
	return false
}

// updated says whether the operation changed a strategy so.
func (o operation) updated(a, b flags.Strategy, before, after *store.State) bool {
	if onlyMarks(a, b) {
		return o.made(b) || b.Parameters[flags.ParamRole] == ""
	}
	if a.Ref() != b.Ref() || !sameJSON(a.Constraints, b.Constraints) || !slices.Equal(a.Segments, b.Segments) ||
		b.Parameters[flags.ParamRole] != string(flags.Candidate) || b.Ref() == "" || b.Ref() != after.Candidate {
		return false
	}
	if a.Disabled != b.Disabled {
		return o.once("disabled", before.CandidateDisabled != after.CandidateDisabled && b.Disabled == after.CandidateDisabled)
	}
	if a.Parameters["rollout"] != b.Parameters["rollout"] {
		return o.once("dial", b.Rollout() == after.Percent && (before.Percent != after.Percent && a.Rollout() == before.Percent))
	}
	return a.Parameters["stickiness"] != b.Parameters["stickiness"] && o.once("dial", o.has(plan.ActionDial, plan.ActionPromote))
}

// made says whether a run of the operation's commit wrote the mark of a strategy.
func (o operation) made(s flags.Strategy) bool {
	if !marked(s, o.place) {
		return false
	}
	commit := flags.IDCommit(s.Parameters[flags.ParamID])
	own := o.entries[0].Commit
	return commit == own[:min(len(own), 12)]
}

// marked says whether a strategy carries the mark of this flag and environment.
func marked(s flags.Strategy, p Place) bool {
	return s.Parameters[flags.ParamRole] != "" && strings.HasPrefix(s.Parameters[flags.ParamID], p.Flag+"/"+p.Environment+"/")
}

// serves says whether a state has the strategy's version in the strategy's role.
func serves(s flags.Strategy, in *store.State) bool {
	switch flags.Role(s.Parameters[flags.ParamRole]) {
	case flags.Stable:
		return s.Ref() == in.Stable && in.Stable != ""
	case flags.Candidate:
		return s.Ref() == in.Candidate && in.Candidate != ""
	}
	return false
}

// onlyMarks says whether nothing but the parameters of ours differs.
func onlyMarks(a, b flags.Strategy) bool {
	for name := range union(a.Parameters, b.Parameters) {
		if name != flags.ParamRole && name != flags.ParamID && a.Parameters[name] != b.Parameters[name] {
			return false
		}
	}
	return a.Disabled == b.Disabled && sameJSON(a.Variants, b.Variants) && sameJSON(a.Constraints, b.Constraints) &&
		slices.Equal(a.Segments, b.Segments) && (a.Parameters[flags.ParamRole] != b.Parameters[flags.ParamRole] || a.Parameters[flags.ParamID] != b.Parameters[flags.ParamID])
}

// isOurs says of an event without a record that promptflag looks to have caused it:
// nobody else makes new marks, takes them off, or deletes what a run that died
// left. A copy that a person made carries the mark of its original.
func (s Step) isOurs(p Place) bool {
	switch s.Type {
	case unleashadmin.StrategyAdded:
		x := s.Event.After
		return x != nil && marked(*x, p) && s.Known && !slices.ContainsFunc(s.Before.Strategies, func(o flags.Strategy) bool {
			return o.Parameters[flags.ParamID] == x.Parameters[flags.ParamID]
		})
	case unleashadmin.StrategyUpdated:
		return s.Event.Before != nil && s.Event.After != nil && onlyMarks(*s.Event.Before, *s.Event.After)
	case unleashadmin.StrategyRemoved: // of a leftover, while putting things right
		return s.Event.Before != nil && slices.ContainsFunc(flags.Recognise(s.Before.Flag, p.Prompt, p.Environment).Leftovers,
			func(o flags.Strategy) bool { return o.ID == s.Event.Before.ID })
	}
	return false
}

// Breaks notes in the detail of an entry that the flag was not what the operations
// before had left: all that records tell of other changes where there is no event
// log. An operation that ran at the same time explains what it changed. entries are
// of one place, the oldest first.
func Breaks(entries iter.Seq2[Entry, error]) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var t trail
		for e, err := range entries {
			if err == nil {
				switch how, by := t.add(e); how {
				case unexplained:
					e.Detail = "by then the flag was: " + served(*e.Before) + "; no record tells who changed it"
				case meanwhile:
					e.Detail = "at the same time as: " + by.inShort()
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// trail follows the operations of one place, the oldest first. One without an end
// counts as over when a later one begins: a run that died must not hide for ever what
// the flag is.
type trail struct {
	running []Entry      // the last operation, and those that were not done when it began
	left    *store.State // by the operations so far; nil: not known
}

// How an entry follows those before it.
type follows int

const (
	goesOn      follows = iota // the flag was what they had left, as far as is known
	meanwhile                  // it was not, in what those change that were not done yet
	unexplained                // it was not
)

// add takes the next entry; those of one operation are one step. by is the last
// operation that explains what the flag was, if one that was not done yet does.
func (t *trail) add(e Entry) (how follows, by Entry) {
	for i := range t.running {
		if o := &t.running[i]; o.Operation == e.Operation && o.Time.Equal(e.Time) {
			if e.end.After(o.end) {
				o.end = e.end
			}
			return goesOn, Entry{}
		}
	}
	t.running = slices.DeleteFunc(t.running, func(o Entry) bool {
		return !o.end.After(e.Time) && !o.Time.Equal(e.Time)
	})
	var left *store.State
	// What is not known stays so until an operation begins that has the flag to itself.
	if e.Before != nil && (t.left != nil || len(t.running) == 0) {
		now := *e.Before
		if t.left != nil {
			for _, o := range t.running {
				was := now
				if o.change(&now, *t.left); now != was {
					by = o
				}
			}
			switch {
			case now != *t.left:
				how = unexplained
			case now != *e.Before:
				how = meanwhile
			}
		}
		if e.Finished && e.After != nil {
			e.change(&now, *e.After)
			left = &now
		}
	}
	t.left, t.running = left, append(t.running, e)
	return how, by
}

// change sets what the entry's operation changed to what it is in another state.
// Before and After are known.
func (e Entry) change(s *store.State, to store.State) {
	if e.Before.Stable != e.After.Stable {
		s.Stable = to.Stable
	}
	if e.Before.Candidate != e.After.Candidate {
		s.Candidate = to.Candidate
	}
	if e.Before.Percent != e.After.Percent {
		s.Percent = to.Percent
	}
	if e.Before.CandidateDisabled != e.After.CandidateDisabled {
		s.CandidateDisabled = to.CandidateDisabled
	}
	if e.Before.Enabled != e.After.Enabled {
		s.Enabled = to.Enabled
	}
}

// inShort is an entry in a few words: "off by Ada".
func (e Entry) inShort() string {
	if e.Actor == "" {
		return e.word()
	}
	return e.word() + " by " + e.Actor
}
