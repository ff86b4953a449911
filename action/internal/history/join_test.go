package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/store"
)

var (
	noon  = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)
	place = Place{Prompt: "p", Environment: "production", Flag: "x.p"}
)

func after(minutes float64) time.Time {
	return noon.Add(time.Duration(minutes * float64(time.Minute)))
}

func ref(c string) string { return "p@sha256:" + strings.Repeat(c, 64) }

// record is a done record, or with finished false an intent.
func record(action, version string, at time.Time, finished bool, before, after store.State) store.Operation {
	phase := store.Intent
	o := store.Operation{Record: store.Record{
		Name: "p", Environment: "production", Action: action, Ref: ref(version), Time: at, Actor: "ada", Commit: "c0ffee00c0ffee00",
		Before: &before, After: &after,
	}}
	if finished {
		phase, o.Finished = store.Done, at.Add(time.Second)
	}
	o.Key = store.RecordKey{Name: "p", Environment: "production", Action: action, Time: at, ID: fmt.Sprintf("%x", at.Unix()), Phase: phase, Version: strings.Repeat(version, 12)}
	return o
}

func strategy(id string, role flags.Role, version string, percent int, commit string) *flags.Strategy {
	s := flags.Build(role, "x.p", flags.ID("x.p", "production", commit, "run"), ref(version), strings.Repeat(version, 12), "", percent, "userId")
	s.ID = id
	return &s
}

type events struct {
	list []unleashadmin.Event
}

func (l *events) add(at time.Time, by string, t unleashadmin.EventType, before, after *flags.Strategy) {
	l.list = append(l.list, unleashadmin.Event{
		ID: int64(len(l.list) + 1), Type: t, Time: at, By: by, Environment: "production", Before: before, After: after,
	})
}

func with(s *flags.Strategy, change func(*flags.Strategy)) *flags.Strategy {
	c := *s
	c.Parameters = union(s.Parameters, nil)
	change(&c)
	return &c
}

func rollout(s *flags.Strategy, percent int) *flags.Strategy {
	return with(s, func(c *flags.Strategy) { c.Parameters["rollout"] = fmt.Sprint(percent) })
}

func sequence(ops []store.Operation) iter.Seq2[store.Operation, error] {
	return func(yield func(store.Operation, error) bool) {
		for _, o := range ops {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func joined(t *testing.T, ops []store.Operation, l events) []string {
	t.Helper()
	steps := Walk(unleashadmin.Log{Events: l.list, Whole: true}, "x.p", "production", nil)
	var out []string
	for e, err := range Join(place, sequence(ops), steps) {
		if err != nil {
			t.Fatal(err)
		}
		line := string(e.Source) + ": " + e.Action
		if e.Source != Promptflag {
			line += ": " + e.Detail + " by " + e.Account
		}
		if !e.Finished {
			line += " unfinished"
		}
		out = append(out, fmt.Sprintf("%s %v", line, e.Events))
	}
	return out
}

// TestJoin tells people's changes from those of promptflag, though all come from
// one account.
func TestJoin(t *testing.T) {
	none := store.State{}
	s1 := store.State{Stable: ref("a"), Enabled: true}
	s2 := store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 5, Enabled: true}
	s3 := s2
	s3.Percent = 30
	stable := strategy("01", flags.Stable, "a", 100, "c0ffee00c0ff")
	cand := strategy("02", flags.Candidate, "b", 5, "c0ffee00c0ff")

	var l events
	l.add(after(0.01), "ci", unleashadmin.FlagCreated, nil, nil)
	l.list[0].Environment = ""
	l.add(after(0.02), "ci", unleashadmin.StrategyAdded, nil, stable)
	l.add(after(0.03), "ci", unleashadmin.SwitchedOn, nil, nil)
	l.add(after(9.9), "ci", unleashadmin.StrategyAdded, nil, cand) // six seconds early: clocks
	l.add(after(20), "ci", unleashadmin.StrategyUpdated, cand, rollout(cand, 30))
	l.add(after(30), "ci", unleashadmin.StrategyUpdated, rollout(cand, 30), cand)
	l.add(after(40.1), "ci", unleashadmin.StrategyUpdated, cand, rollout(cand, 30))
	l.add(after(40.2), "ci", unleashadmin.StrategyUpdated, rollout(cand, 30), rollout(cand, 31))
	copied := with(cand, func(c *flags.Strategy) { c.ID = "03" })
	l.add(after(50), "eve", unleashadmin.StrategyAdded, nil, copied)
	l.add(after(60), "ci", unleashadmin.StrategyAdded, nil, strategy("04", flags.Candidate, "c", 5, "dead00000000"))
	l.add(after(70), "eve", unleashadmin.StrategyUpdated, rollout(cand, 31), with(cand, func(c *flags.Strategy) {
		c.Variants = []flags.Variant{{Name: "v", Weight: 1000, Payload: &flags.Payload{Type: "string", Value: ref("d")}}}
	}))
	l.add(after(80), "eve", "change-request-applied", nil, nil)
	l.add(after(81), "eve", "feature-favorited", nil, nil)

	ops := []store.Operation{
		record("create", "a", after(0), true, none, s1),
		record("candidate", "b", after(10), true, s1, s2),
		record("dial", "b", after(40), true, s2, s3),
		record("off", "a", after(90), false, s3, s3),
	}
	want := []string{
		"promptflag: create [1 2 3]",
		"promptflag: candidate [4]",
		"by hand: dial: candidate from 5 to 30 % by ci [5]",
		"by hand: dial: candidate from 30 to 5 % by ci [6]",
		"promptflag: dial [7]",
		"by hand: dial: candidate from 30 to 31 % by ci [8]",
		`by hand: add: added strategy "candidate bbbbbbbbbbbb" at 5 % by eve [9]`,
		"unrecorded: add: added candidate at 5 % by ci [10]",
		`by hand: edit: strategy "candidate bbbbbbbbbbbb" now serves dddddddddddd instead of bbbbbbbbbbbb; ` +
			`strategy "candidate bbbbbbbbbbbb" from 31 to 5 % by eve [11]`,
		"by hand: change-request-applied:  by eve [12]",
		"promptflag: off unfinished []",
	}
	got := joined(t, ops, l)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Join (-want +got):\n%s", diff)
	}
}

// TestJoinOrder: entries come in the order of time even where an operation and
// changes by hand are close.
func TestJoinOrder(t *testing.T) {
	var l events
	cand := strategy("02", flags.Candidate, "b", 5, "c0ffee00c0ff")
	for i := range 60 {
		l.add(after(float64(i)/10), "eve", unleashadmin.StrategyUpdated, rollout(cand, i), rollout(cand, i+1))
	}
	s := store.State{Stable: ref("a"), Enabled: true}
	var ops []store.Operation
	for i := range 30 {
		ops = append(ops, record("off", "a", after(float64(i)/5+0.05), true, s, s))
	}
	var last time.Time
	n := 0
	for e, err := range Join(place, sequence(ops), Walk(unleashadmin.Log{Events: l.list}, "x.p", "production", nil)) {
		if err != nil || e.Time.Before(last) {
			t.Fatalf("entry %d at %v after %v, %v", n, e.Time, last, err)
		}
		last = e.Time
		n++
	}
	if n != 90 {
		t.Errorf("%d entries, want 90", n)
	}
}

func TestCSVIsHarmless(t *testing.T) {
	var b bytes.Buffer
	out, err := newCSV(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "fine, \"quoted\"\nnext"} {
		if err := out.Write(Entry{Time: noon, Reason: text, Actor: text, Subject: text, Approvers: []string{text}, Detail: text}); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 9 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		for i, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("column %s: %q", rows[0][i], cell)
			}
		}
	}
}

// changed is a state with a change.
func changed(s store.State, f func(*store.State)) store.State { f(&s); return s }

// breaks is what Breaks says of operations, a line for each.
func breaks(t *testing.T, ops []store.Operation) (lines []string) {
	t.Helper()
	for e, err := range Breaks(Join(place, sequence(ops), nil)) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, e.Action+": "+e.Detail)
	}
	return lines
}

// TestBreaks: without an event log nobody is accused; operations that ran at the same
// time explain what the flag was.
func TestBreaks(t *testing.T) {
	s := store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 10, Enabled: true}
	held := changed(s, func(s *store.State) { s.CandidateDisabled = true })
	off := changed(s, func(s *store.State) { s.Enabled = false })
	both := changed(held, func(s *store.State) { s.Enabled = false })
	dialled := changed(held, func(s *store.State) { s.Percent = 70 })
	ops := []store.Operation{
		record("reject", "b", after(0), true, s, held),
		record("off", "a", after(0.01), true, s, off), // one second is less
		record("on", "a", after(5), true, both, held),
		record("off", "a", after(9), true, dialled, changed(dialled, func(s *store.State) { s.Enabled = false })),
	}
	want := []string{
		"reject: ", "off: at the same time as: rollback by ada", "on: ",
		"off: by then the flag was: stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held; no record tells who changed it",
	}
	if diff := cmp.Diff(want, breaks(t, ops)); diff != "" {
		t.Errorf("Breaks (-want +got):\n%s", diff)
	}
}

// TestBreaksOverlap: an operation explains what it changed, not what a person changed
// while it ran.
func TestBreaksOverlap(t *testing.T) {
	s := store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 10, Enabled: true}
	dialled := changed(s, func(s *store.State) { s.Percent = 20 })
	held := changed(s, func(s *store.State) { s.CandidateDisabled = true })
	off := changed(held, func(s *store.State) { s.Enabled = false })
	dial := record("dial", "b", after(0), true, s, dialled)
	dial.Finished = after(10)
	ops := []store.Operation{
		dial,
		record("off", "a", after(5), true, held, off), // not dialled yet, and held by a person
		record("on", "a", after(6), true, off, held),  // still not dialled
		record("off", "a", after(20), true, changed(off, func(s *store.State) { s.Enabled, s.Percent = true, 20 }), off),
	}
	want := []string{
		"dial: ",
		"off: by then the flag was: stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held; no record tells who changed it",
		"on: at the same time as: dial by ada", "off: ",
	}
	if diff := cmp.Diff(want, breaks(t, ops)); diff != "" {
		t.Errorf("Breaks (-want +got):\n%s", diff)
	}
}

// FuzzCSV: whatever people write, the row has its columns and no cell is a formula.
func FuzzCSV(f *testing.F) {
	f.Add("=cmd|' /C calc'!A0", "\"\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		var buf bytes.Buffer
		out, _ := newCSV(&buf)
		_ = out.Write(Entry{Time: noon, Actor: a, Reason: b, Subject: a + b})
		_ = out.Close()
		rows, err := csv.NewReader(&buf).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != len(columns) {
			t.Fatalf("%v, %v", rows, err)
		}
		for _, cell := range rows[1] {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
				t.Errorf("cell %q", cell)
			}
		}
	})
}

func TestJSONLKeepsOneLine(t *testing.T) {
	var b bytes.Buffer
	out := newJSONL(&b)
	if err := out.Write(Entry{Time: noon, Reason: "a\nb\u2028c"}); err != nil {
		t.Fatal(err)
	}
	var e Entry
	if strings.Count(b.String(), "\n") != 1 || json.Unmarshal(b.Bytes(), &e) != nil || e.Reason != "a\nb\u2028c" {
		t.Errorf("line %q", b.String())
	}
}
