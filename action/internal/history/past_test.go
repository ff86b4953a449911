package history

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// TestPublished: the entry with which a version came, rather than with which it
// became stable; nil of one that no record brought by then.
func TestPublished(t *testing.T) {
	row := func(action plan.Action, version string, minutes float64) Entry {
		return Entry{Source: Promptflag, Action: string(action), Ref: ref(version), Time: after(minutes)}
	}
	entries := []Entry{
		row(plan.ActionAdopt, "a", 0), row(plan.ActionCandidate, "b", 10), row(plan.ActionFold, "b", 20),
		row(plan.ActionFold, "c", 30), row(plan.ActionReject, "d", 40), row(plan.ActionRestore, "a", 50), row(plan.ActionRestore, "b", 55),
	}
	for _, tt := range []struct {
		version string
		at      float64
		want    plan.Action
	}{
		{"a", 40, plan.ActionAdopt}, {"a", 50, plan.ActionRestore}, {"b", 60, plan.ActionCandidate},
		{"b", 5, ""}, {"c", 60, plan.ActionFold}, {"d", 60, ""},
	} {
		got := plan.Action("")
		if e := Published(entries, ref(tt.version), after(tt.at)); e != nil {
			got = plan.Action(e.Action)
		}
		if got != tt.want {
			t.Errorf("Published(%s, after %v minutes) = %q, want %q", tt.version, tt.at, got, tt.want)
		}
	}
}

// told is the state that At finds in records, or why it finds none.
func told(t *testing.T, ops []store.Operation, minutes float64) string {
	t.Helper()
	var entries []Entry
	for e, err := range Join(place, sequence(ops), nil) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	past, err := Records{Place: place}.At(entries, after(minutes), time.Second)
	if unknown := (*Gap)(nil); errors.As(err, &unknown) {
		return unknown.Message
	} else if err != nil {
		t.Fatal(err)
	}
	return plan.Served(*place.state(past.Snapshot))
}

// TestRecordsAt: operations that ran at the same time leave what both of them
// changed; any other difference between two records is a gap.
func TestRecordsAt(t *testing.T) {
	s := store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 10, Enabled: true}
	held := changed(s, func(s *store.State) { s.CandidateDisabled = true })
	off := changed(s, func(s *store.State) { s.Enabled = false })
	both := changed(held, func(s *store.State) { s.Enabled = false })
	ops := []store.Operation{
		record("reject", "b", after(0), true, s, held),
		record("off", "a", after(0.01), true, s, off), // one second is less
		record("on", "a", after(5), true, both, held),
		record("off", "a", after(9), true, s, off),
	}
	for _, tt := range []struct {
		ops     int
		minutes float64
		want    string // the state, or the gap
	}{
		{3, 1, "stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held, OFF"},
		{3, 6, "stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held"},
		{4, 6, "between 2026-11-17T12:05:00Z and 2026-11-17T12:09:00Z the flag changed, and no record tells when and by whom"},
		{2, 1, "stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held, OFF"},
		{2, -1, "the first release record is of 2026-11-17T12:00:00Z, after that time"},
	} {
		got := told(t, ops[:tt.ops], tt.minutes)
		if got != tt.want {
			t.Errorf("of %d operations, after %v minutes: %s, want %s", tt.ops, tt.minutes, got, tt.want)
		}
	}
	// The flag as it is is one more record.
	var entries []Entry
	for e := range Join(place, sequence(ops[:2]), nil) {
		entries = append(entries, e)
	}
	for state, gap := range map[store.State]string{both: "", off: "since 2026-11-17T12:00:00Z the flag changed"} {
		now := Records{Place: place}.snapshot(state)
		_, err := Records{Place: place, Now: &now}.At(entries, after(1), time.Second)
		if gap == "" && err != nil || gap != "" && (err == nil || !strings.Contains(err.Error(), gap)) {
			t.Errorf("the flag is %s: %v, want %q", plan.Served(state), err, gap)
		}
	}
}

// TestRecordsAtOverlap: what a person changed while an operation ran is a gap, and
// known again from the next record; what runs together with an operation that is not
// known to its end leaves nobody knows what.
func TestRecordsAtOverlap(t *testing.T) {
	s := store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 10, Enabled: true}
	held := changed(s, func(s *store.State) { s.CandidateDisabled = true })
	off := changed(s, func(s *store.State) { s.Enabled = false })
	dialled := changed(s, func(s *store.State) { s.Percent = 20 })
	both := changed(dialled, func(s *store.State) { s.CandidateDisabled = true })
	none := changed(both, func(s *store.State) { s.Enabled = false })
	until := func(minutes float64, o store.Operation) store.Operation { o.Finished = after(minutes); return o }
	broken := func(o store.Operation) store.Operation {
		o.Record, o.Err = store.Record{}, store.ErrCorrupt
		return o
	}
	second := record("replace", "c", after(0), true, s, held) // another record of that operation
	other := broken(record("dial", "b", after(0), false, s, s))
	other.Key.ID = "other"
	byHand := []store.Operation{
		until(10, record("dial", "b", after(0), true, s, dialled)),
		record("off", "a", after(5), true, both, none),
		record("on", "a", after(7), true, none, both),
	}
	rolledBack := until(1, record("reject", "b", after(0), true, s, held))
	lateOff := record("off", "a", after(0.4), true, s, off)
	lateOn := record("on", "a", after(2), true, off, s)
	const nobody = " by ada ran at the same time as an operation of which nobody knows what it changed"

	for _, tt := range []struct {
		name    string
		ops     []store.Operation
		minutes float64
		want    string // the state, or the gap
	}{
		{"before a person's change is seen", byHand, 3, "between 2026-11-17T12:00:00Z and 2026-11-17T12:05:00Z the flag changed, and no record tells when and by whom"},
		{"after it is seen", byHand, 6, "stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held, OFF"},
		{"at the end", byHand, 20, "stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held"},
		{"with an unfinished one", []store.Operation{rolledBack, record("dial", "b", after(0.2), false, s, dialled), lateOff}, 1.5,
			"off of 2026-11-17T12:00:24Z" + nobody},
		{"with an unreadable one", []store.Operation{rolledBack, broken(record("dial", "b", after(0.2), true, s, dialled)), lateOff}, 1.5,
			"off of 2026-11-17T12:00:24Z" + nobody},
		{"with only an unreadable one", []store.Operation{until(1, broken(record("dial", "b", after(0.2), true, s, dialled))), lateOff}, 1.5,
			"off of 2026-11-17T12:00:24Z" + nobody},
		{"after all of them", []store.Operation{rolledBack, record("dial", "b", after(0.2), false, s, dialled), lateOff, lateOn}, 3,
			"stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb at 10 %"},
		{"in one nanosecond", []store.Operation{record("reject", "b", after(0), true, s, held), other, second}, 1,
			"replace of 2026-11-17T12:00:00Z" + nobody},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := told(t, tt.ops, tt.minutes); got != tt.want {
				t.Errorf("after %v minutes: %s, want %s", tt.minutes, got, tt.want)
			}
		})
	}
}
