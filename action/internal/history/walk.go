package history

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
)

// Snapshot is one environment of a flag at a moment. Its strategies are in
// evaluation order; it is not changed after it was made.
type Snapshot struct {
	Exists   bool
	Archived bool
	flags.Flag

	// loose: the order of the strategies is right and their numbers are not, because
	// events about the order tell no numbers. vague: one was put in by number since.
	loose, vague bool
}

// Step is one event, and the flag on both sides of it.
type Step struct {
	unleashadmin.Event
	Before, After Snapshot
	// Fault says why After cannot be trusted until the next step: the log and the
	// flag do not fit. "" when they do.
	Fault string
	// Known is false where neither the present nor the flag's creation leads to
	// After.
	Known bool
}

// Walk gives each event of one environment of a flag, and of the flag as a whole,
// the flag before and after it, the oldest first. environment is the server's name
// for it. now is nil when the flag cannot be read as it is, because it is archived
// or gone.
func Walk(log unleashadmin.Log, flag, environment string, now *Snapshot) []Step {
	var steps []Step
	for _, e := range log.Events {
		if e.Environment == environment || e.Environment == "" {
			steps = append(steps, Step{Event: e})
		}
	}
	back := backward(steps, now)
	forth := forward(steps, flag, log.Whole, now)
	deleted := -1 // nobody can undo that
	for i, s := range steps {
		if s.Type == unleashadmin.FlagDeleted {
			deleted = i
		}
	}
	for i := range steps {
		s := &steps[i]
		switch {
		case back != nil && i > deleted && !back[i+1].vague:
			s.Before, s.After, s.Known = back[i], back[i+1], true
			if forth != nil && !forth[i+1].vague {
				if a, b := forth[i+1].served(), back[i+1].served(); a != b {
					s.Fault = fmt.Sprintf("after event %d the flag was changed in a way that the event log does not tell", s.ID)
				}
			}
		case forth != nil && !forth[i+1].vague:
			s.Before, s.After, s.Known = forth[i], forth[i+1], true
		}
	}
	return steps
}

// backward undoes the events from the present; element i is the flag before event i.
func backward(steps []Step, now *Snapshot) []Snapshot {
	if now == nil {
		return nil
	}
	out := make([]Snapshot, len(steps)+1)
	out[len(steps)] = *now
	for i := len(steps) - 1; i >= 0; i-- {
		out[i] = undo(out[i+1], steps, i)
	}
	return out
}

// forward does the events again, from the one that created the flag.
func forward(steps []Step, flag string, whole bool, now *Snapshot) []Snapshot {
	if len(steps) == 0 || !whole || steps[0].Type != unleashadmin.FlagCreated {
		return nil
	}
	out := make([]Snapshot, len(steps)+1)
	for i, s := range steps {
		out[i+1] = redo(out[i], s.Event, steps[i+1:], now)
		out[i+1].Name = flag
	}
	return out
}

func undo(s Snapshot, steps []Step, i int) Snapshot {
	e := steps[i].Event
	switch e.Type {
	case unleashadmin.StrategyAdded, unleashadmin.StrategyUpdated, unleashadmin.StrategyRemoved:
		s.replace(e.After, e.Before)
	case unleashadmin.StrategiesMoved:
		s.reorder(e.OrderBefore, earlierOrder(steps[:i]))
	case unleashadmin.SwitchedOn:
		s.Enabled = false
	case unleashadmin.SwitchedOff:
		s.Enabled = true
	case unleashadmin.FlagCreated:
		s = Snapshot{}
	case unleashadmin.FlagArchived, unleashadmin.FlagRevived:
		// Revived it is OFF everywhere; what it was is in the events before.
		s.Archived = e.Type == unleashadmin.FlagRevived
		s.Enabled = lastSwitch(steps[:i])
	}
	return s
}

func redo(s Snapshot, e unleashadmin.Event, later []Step, now *Snapshot) Snapshot {
	switch e.Type {
	case unleashadmin.StrategyAdded, unleashadmin.StrategyUpdated, unleashadmin.StrategyRemoved:
		s.replace(e.Before, e.After)
	case unleashadmin.StrategiesMoved:
		s.reorder(e.OrderAfter, laterOrder(later, now))
	case unleashadmin.SwitchedOn:
		s.Enabled = true
	case unleashadmin.SwitchedOff:
		s.Enabled = false
	case unleashadmin.FlagCreated:
		s.Exists = true
	case unleashadmin.FlagArchived:
		s.Archived = true
	case unleashadmin.FlagRevived:
		s.Archived, s.Enabled = false, false
	case unleashadmin.FlagDeleted:
		s = Snapshot{}
	}
	return s
}

// replace puts to in the place of from; either may be nil. What is not there is
// added, so that one missing event does not spoil all before it.
func (s *Snapshot) replace(from, to *flags.Strategy) {
	if from == nil && to == nil {
		return
	}
	id := ""
	if from != nil {
		id = from.ID
	} else {
		id = to.ID
	}
	list := slices.Clone(s.Strategies)
	at := slices.IndexFunc(list, func(x flags.Strategy) bool { return x.ID == id })
	switch {
	case to == nil && at >= 0:
		list = slices.Delete(list, at, at+1)
	case to == nil:
	case at >= 0 && from != nil && from.SortOrder == to.SortOrder:
		list[at] = *to
	default:
		if at >= 0 {
			list = slices.Delete(list, at, at+1)
		}
		list = append(list, *to)
		slices.SortStableFunc(list, byOrder)
		s.vague = s.vague || s.loose
	}
	s.Strategies = list
}

// byOrder sorts as the server evaluates.
func byOrder(a, b flags.Strategy) int {
	return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.ID, b.ID))
}

// reorder gives the strategies the order of ids. The event tells no numbers: those
// known from elsewhere are taken, if they are known of all.
func (s *Snapshot) reorder(ids []string, known map[string]int) {
	list := slices.Clone(s.Strategies)
	s.loose, s.vague = false, false
	for i := range list {
		n, ok := known[list[i].ID]
		if !ok || !slices.Contains(ids, list[i].ID) {
			s.loose = true
		}
		list[i].SortOrder = n
	}
	place := func(id string) int {
		if i := slices.Index(ids, id); i >= 0 {
			return i
		}
		return len(ids)
	}
	slices.SortStableFunc(list, func(a, b flags.Strategy) int { return cmp.Compare(place(a.ID), place(b.ID)) })
	s.loose = s.loose || !slices.IsSortedFunc(list, byOrder)
	s.Strategies = list
}

// earlierOrder is the number of each strategy before a move, where the events since
// the move before that tell it.
func earlierOrder(steps []Step) map[string]int {
	known := map[string]int{}
	for _, s := range steps {
		if s.Type == unleashadmin.StrategiesMoved {
			clear(known)
		}
		if s.Event.After != nil {
			known[s.Event.After.ID] = s.Event.After.SortOrder
		}
	}
	return known
}

// laterOrder is the number of each strategy after a move, where the events up to the
// next move tell it, or the present.
func laterOrder(steps []Step, now *Snapshot) map[string]int {
	known := map[string]int{}
	note := func(x *flags.Strategy) {
		if x == nil {
			return
		}
		if _, ok := known[x.ID]; !ok {
			known[x.ID] = x.SortOrder
		}
	}
	for _, s := range steps {
		if s.Type == unleashadmin.StrategiesMoved {
			return known
		}
		note(s.Event.Before)
	}
	if now != nil {
		for i := range now.Strategies {
			note(&now.Strategies[i])
		}
	}
	return known
}

// lastSwitch is the environment's switch after these events: a flag begins OFF.
func lastSwitch(steps []Step) bool {
	for i := len(steps) - 1; i >= 0; i-- {
		switch steps[i].Type {
		case unleashadmin.SwitchedOn:
			return true
		case unleashadmin.SwitchedOff, unleashadmin.FlagRevived:
			return false
		}
	}
	return false
}

// served writes down all that decides who gets what.
func (s Snapshot) served() string {
	if !s.Exists || s.Archived {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintln(&b, s.Enabled)
	for _, x := range s.Strategies {
		if x.Disabled {
			continue
		}
		constraints := make([]any, len(x.Constraints))
		for i, raw := range x.Constraints {
			_ = json.Unmarshal(raw, &constraints[i]) // one order of keys
		}
		text, _ := json.Marshal([]any{x.ID, x.Name, x.Parameters, x.Variants, constraints, fmt.Sprint(x.Segments)})
		b.Write(append(text, '\n'))
	}
	return b.String()
}
