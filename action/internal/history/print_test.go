package history

import (
	"testing"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// TestHeadline: records are told in the words of plan and of the commands, and what
// was rejected before is not rolled back once more.
func TestHeadline(t *testing.T) {
	active := &store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 5, Enabled: true}
	held := &store.State{Stable: ref("a"), Candidate: ref("b"), Percent: 5, CandidateDisabled: true, Enabled: true}
	row := func(action plan.Action, version string, before *store.State) Entry {
		return Entry{Source: Promptflag, Action: string(action), Ref: ref(version), Before: before}
	}
	for _, tt := range []struct {
		group []Entry
		want  string
	}{
		{[]Entry{row(plan.ActionCreate, "a", nil)}, "new aaaaaaaaaaaa"},
		{[]Entry{row(plan.ActionReject, "b", active)}, "rollback bbbbbbbbbbbb"},
		{[]Entry{row(plan.ActionRestore, "c", active), row(plan.ActionReject, "a", active)}, "restore cccccccccccc, rollback aaaaaaaaaaaa"},
		{[]Entry{row(plan.ActionReject, "b", held), row(plan.ActionCandidate, "c", held)}, "held bbbbbbbbbbbb, candidate cccccccccccc"},
		{[]Entry{row(plan.ActionRestore, "c", active), row(plan.ActionReplace, "a", active)}, "restore cccccccccccc, held aaaaaaaaaaaa"},
		{[]Entry{{Source: ByHand, Action: "dial", Detail: "candidate from 5 to\n30 %", Account: "eve"}}, "candidate from 5 to 30 % (by hand, eve)"},
	} {
		if got := Headline(tt.group); got != tt.want {
			t.Errorf("Headline = %q, want %q", got, tt.want)
		}
	}
}
