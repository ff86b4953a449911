package history

import (
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

// TestRecordsAt: operations that ran at the same time leave what both of them
// changed; any other difference between two records is a gap.
func TestRecordsAt(t *testing.T) {
	s := store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 10, Enabled: true}
	change := func(s store.State, f func(*store.State)) store.State { f(&s); return s }
	held := change(s, func(s *store.State) { s.CandidateDisabled = true })
	off := change(s, func(s *store.State) { s.Enabled = false })
	both := change(held, func(s *store.State) { s.Enabled = false })
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
		var entries []Entry
		for e, err := range Join(place, sequence(ops[:tt.ops]), nil) {
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, e)
		}
		past, err := Records{Place: place}.At(entries, after(tt.minutes), time.Second)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = plan.Served(*place.state(past.Snapshot))
		}
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
