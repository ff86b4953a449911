package cli

import (
	"testing"

	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/evalkit"
)

// TestFigures: what is not known is empty, and never 0.
func TestFigures(t *testing.T) {
	run := func(rate float64, cases, worse, unpriced int, compared bool) *evalkit.Report {
		r := &evalkit.Report{Spent: 0.25, Unpriced: unpriced, Arms: []evalkit.Arm{{Role: evalkit.New, Cases: cases}, {Role: evalkit.Baseline, Gates: true}}}
		if cases > 0 {
			r.Arms[0].PassRate = &evalkit.Estimate{Value: rate}
		}
		if compared {
			r.Arms[1].Versus = &evalkit.Versus{Regressed: worse}
		}
		return r
	}
	for _, test := range []struct {
		reports []*evalkit.Report
		want    [3]string
	}{
		{nil, [3]string{}},
		{[]*evalkit.Report{run(1, 10, 0, 0, true), run(0.5, 30, 2, 0, true)}, [3]string{"0.6250", "2", "0.5"}},
		{[]*evalkit.Report{run(0, 0, 0, 0, false)}, [3]string{"", "", "0.25"}},
		{[]*evalkit.Report{run(1, 10, 1, 0, true), run(1, 10, 0, 3, false)}, [3]string{"1.0000", "", ""}},
	} {
		rate, worse, cost := figures(test.reports)
		if got := [3]string{rate, worse, cost}; got != test.want {
			t.Errorf("figures = %q, want %q", got, test.want)
		}
	}
}

// TestEditing: a branch is text of people, and an address cannot leave GitHub.
func TestEditing(t *testing.T) {
	p := &pull{session: &session{Process: Process{Dir: "/w", Getenv: func(k string) string {
		return map[string]string{"GITHUB_WORKSPACE": "/w"}[k]
	}}, directory: "repo (1)"}}
	if p.editing() != nil {
		t.Error("without an event there is an address")
	}
	p.event = github.Event{Repository: "acme/prompts", HeadRef: "fix/a b?#>)\n@x"}
	got := p.editing()("prompts/ä.toml")
	if want := "https://github.com/acme/prompts/edit/fix/a%20b%3F%23%3E%29%0A@x/repo%20%281%29/prompts/%C3%A4.toml"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := p.key(), "pull/repo__1_"; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
	p.event.Fork = true
	if p.editing() != nil {
		t.Error("a fork's branch is not in this repository")
	}
}
