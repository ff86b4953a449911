package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

const (
	v1 = "p@sha256:1111111111110000000000000000000000000000000000000000000000000000"
	v2 = "p@sha256:2222222222220000000000000000000000000000000000000000000000000000"
)

func example() *plan.Plan {
	canary := plan.Item{
		Prompt: "p", Environment: "production", Kind: plan.Canary, Why: "new version: candidate at 0 %",
		Before: plan.State{Exists: true, Enabled: true, Stable: v1},
		After:  plan.State{Exists: true, Enabled: true, Stable: v1, Candidate: v2},
		Steps:  make([]plan.Step, 1),
	}
	kill := canary
	kill.Kind, kill.Why, kill.Before = plan.Rollback, "the candidate is disabled and held", canary.After
	kill.After.CandidateDisabled = true
	stop := plan.Item{
		Prompt: "q", Environment: "production", Kind: plan.Stopped, Why: "not ours",
		Problem: &plan.Problem{Message: "not ours", Hint: "do this"}, Warnings: []string{"look at <img src=x> | `x` @ada"},
	}
	same := plan.Item{Prompt: "r", Environment: "production", Kind: plan.Unchanged, Why: "git and flag agree"}
	return &plan.Plan{Items: []plan.Item{canary, kill, stop, same}, Orphans: []plan.Orphan{{Flag: "s", Environment: "production", Note: "its file is gone"}}}
}

func TestPlan(t *testing.T) {
	var b bytes.Buffer
	if err := Plan(&b, example(), false); err != nil {
		t.Fatal(err)
	}
	const want = `PROMPT  ENVIRONMENT  STABLE        CANDIDATE                           PERCENT  WHAT
p       production   111111111111  – → 222222222222                    – → 0 %  candidate
    new version: candidate at 0 %
    nobody moves yet
p       production   111111111111  222222222222 → 222222222222 (held)  0 %      rollback
    the candidate is disabled and held
    nobody moves
q       production   –             –                                   –        stopped
    not ours
    to do: do this
    warning: look at <img src=x> | ` + "`x`" + ` @ada
orphan: s in production: its file is gone
    to do: promptflag retire PROMPT, when no service asks for it any more; or bring its file back
2 changes, 1 flag waits for a person, 1 prompt unchanged
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("Plan (-want +got):\n%s", diff)
	}
}

// TestPlanUnchanged: a prompt is in every environment.
func TestPlanUnchanged(t *testing.T) {
	var p plan.Plan
	for _, environment := range []string{"development", "production"} {
		for _, prompt := range []string{"p", "q", "r"} {
			p.Items = append(p.Items, plan.Item{Prompt: prompt, Environment: environment, Kind: plan.Unchanged})
		}
	}
	for want, items := range map[string][]plan.Item{
		"0 changes, 6 unchanged in 2 environments\n": p.Items,
		"0 changes, 3 prompts unchanged\n":           p.Items[:3],
		"0 changes, 1 prompt unchanged\n":            p.Items[:1],
		"0 changes\n":                                nil,
	} {
		var b bytes.Buffer
		if err := Plan(&b, &plan.Plan{Items: items}, false); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("Plan = %q, want %q", b.String(), want)
		}
	}
}

// TestPlanMarkdown: whatever people wrote stays one cell of text.
func TestPlanMarkdown(t *testing.T) {
	var b bytes.Buffer
	p := example()
	p.Items[0].Why = "a\n| b | [x](https://evil.invalid) www.evil.invalid $\\text{x}$ **b** \r\n# h"
	if err := PlanMarkdown(&b, "T", "note <b>\n# h", p); err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(b.String(), "\n") {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 8 {
			t.Errorf("line %d has not 7 cells: %s", n, line)
		}
		if rest := strings.TrimPrefix(line, "### T"); strings.ContainsAny(strings.ReplaceAll(rest, "<br>", ""), "<>`*[]@$\\\r") || strings.HasPrefix(rest, "#") || strings.Contains(rest, "www.") || strings.Contains(rest, "://") {
			t.Errorf("line %d is more than text: %s", n, line)
		}
	}
}

func TestFindingsMarkdown(t *testing.T) {
	var b bytes.Buffer
	FindingsMarkdown(&b, prompts.Findings{{File: "a.toml", Line: 1, Col: 2, Message: "bad\n# <x>", Hint: "do"}})
	if got, want := b.String(), "### 1 finding\n\n- a.toml&#58;1&#58;2&#58; bad &#35; &lt;x&gt; (do)\n"; got != want {
		t.Errorf("FindingsMarkdown = %q, want %q", got, want)
	}
}
