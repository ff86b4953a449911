package comment

import (
	"strings"
	"testing"

	"github.com/promptflag/promptflag/action/internal/plan"
)

// TestUndo: what a way back does not bring back is not promised.
func TestUndo(t *testing.T) {
	ref := func(c string) string { return "support.triage@sha256:" + strings.Repeat(c, 64) }
	item := func(kind plan.Kind, before, after plan.State) plan.Item {
		return plan.Item{Prompt: "support.triage", Environment: "production", Flag: "support.triage", Kind: kind, Before: before, After: after}
	}
	s := plan.State{Exists: true, Enabled: true, Stable: ref("a")}
	c := func(s plan.State, ref string, percent int) plan.State {
		s.Candidate, s.Percent = ref, percent
		return s
	}
	promoted := s
	promoted.Stable = ref("b")
	for name, test := range map[string]struct {
		kind      Kind
		item      plan.Item
		want, not []string
	}{
		"a change": {Changed, item(plan.Canary, s, c(s, ref("c"), 5)),
			[]string{"Users are back at once", "promptflag rollback support.triage -e production", "version of before in seconds"}, []string{"starts again"}},
		"after a promotion": {Changed, item(plan.Canary, c(s, ref("b"), 100), c(promoted, ref("c"), 5)),
			[]string{"Users are back at once", "promptflag rollback"}, []string{"starts again"}},
		"instead of one that is tried out": {Changed, item(plan.Canary, c(s, ref("b"), 30), c(s, ref("c"), 5)),
			[]string{"30 % in production", "starts again with the percentage of the settings", "Everybody has `aaaaaaaaaaaa` in seconds"}, []string{"back at once", "version of before in"}},
		"a new prompt": {Added, item(plan.Create, plan.State{}, s),
			[]string{"no earlier version", "promptflag retire support.triage"}, []string{"rollback", "back at once"}},
		"an earlier version": {Changed, item(plan.Restore, s, c(promoted, "", 0)),
			[]string{"promptflag rollback support.triage --to aaaaaaaaaaaa -e production"}, []string{"back at once", "rollback support.triage -e"}},
	} {
		in := Input{Environments: []string{"development", "production"}}
		got := strings.Join(in.undo([]Prompt{{Name: "support.triage", Kind: test.kind, Items: []plan.Item{test.item}}}), "\n")
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
		for _, not := range test.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %q in\n%s", name, not, got)
			}
		}
	}
}
