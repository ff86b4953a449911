package history

import (
	"testing"

	"github.com/promptflag/promptflag/action/internal/plan"
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
