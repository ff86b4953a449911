package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMoves(t *testing.T) {
	ref := func(v string) string { return "p@sha256:" + v + strings.Repeat("0", 64-len(v)) }
	state := func(stable, candidate string, percent int) State {
		s := State{Exists: true, Enabled: true, Stable: ref(stable), Percent: percent}
		if candidate != "" {
			s.Candidate = ref(candidate)
		}
		return s
	}
	off := func(s State) State { s.Enabled = false; return s }
	killed := func(s State) State { s.CandidateDisabled = true; return s }
	some := func(s State) State { s.Constrained = true; return s }
	v := func(short string) string { return short + strings.Repeat("0", 12-len(short)) }

	tests := []struct {
		name          string
		before, after State
		want          []string
	}{
		{"new prompt", State{}, state("a", "", 0), []string{"100 % of users get " + v("a")}},
		{"nothing changes", state("a", "b", 5), state("a", "b", 5), nil},
		{"canary starts", state("a", "", 0), state("a", "b", 5), []string{"5 % of users move from " + v("a") + " to " + v("b")}},
		{"canary replaced at 45 by one at 5", state("a", "b", 45), state("a", "c", 5), []string{
			"5 % of users move from " + v("b") + " to " + v("c"), "40 % of users move from " + v("b") + " to " + v("a")}},
		{"promoted one becomes stable", state("a", "b", 100), state("b", "c", 10), []string{
			"10 % of users move from " + v("b") + " to " + v("c")}},
		{"dial up", state("a", "b", 10), state("a", "b", 50), []string{"40 % of users move from " + v("a") + " to " + v("b")}},
		{"dial down", state("a", "b", 50), state("a", "b", 10), []string{"40 % of users move from " + v("b") + " to " + v("a")}},
		{"kill", state("a", "b", 50), killed(state("a", "b", 50)), []string{"50 % of users move from " + v("b") + " to " + v("a")}},
		{"off", state("a", "b", 50), off(state("a", "b", 50)), []string{"50 % of users move from " + v("b") + " to " + v("a")}},
		{"off without candidate", state("a", "", 0), off(state("a", "", 0)), nil},
		{"restore over a canary", state("a", "b", 30), killed(state("d", "a", 5)), []string{
			"30 % of users move from " + v("b") + " to " + v("d"), "70 % of users move from " + v("a") + " to " + v("d")}},
		{"constrained canary", state("a", "", 0), some(state("a", "b", 100)), []string{
			"100 % of users that match the candidate's constraints move from " + v("a") + " to " + v("b")}},
		{"constrained canary was disabled before", killed(some(state("a", "b", 30))), killed(state("d", "a", 5)), []string{
			"100 % of users move from " + v("a") + " to " + v("d")}},
		{"constrained canary while off", off(some(state("a", "b", 30))), off(some(state("d", "b", 30))), []string{
			"100 % of users move from " + v("a") + " to " + v("d")}},
		{"prepared while off", off(state("a", "", 0)), off(state("a", "b", 10)), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range Moves(tt.before, tt.after) {
				got = append(got, m.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Moves (-want +got):\n%s", diff)
			}
		})
	}
}
