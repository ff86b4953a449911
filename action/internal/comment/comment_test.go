package comment

import (
	"fmt"
	"testing"

	"github.com/promptflag/promptflag/action/internal/bar"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/internal/golden"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

// limit is that of a comment on GitHub.
const limit = 65_536

// stories are the five comments that people look at.
func stories(t *testing.T) map[string]Input {
	t.Helper()
	all := map[string]Input{}
	r := results{}
	all["small"] = input(r, r.changed(t, "support.triage", longer, 60, gate, sorter{map[string]int{"prefer": 59, "problem.\n": 12}}, 0.15))

	bad := r.changed(t, "support.reply", longer, 40, gate, sorter{map[string]int{"prefer": 5}}, 0.15)
	all["failing"] = input(r, bad)

	moved := input(r, r.changed(t, "support.triage", longer, 60, gate, sorter{}, 0.15))
	moved.Moves = []bar.Move{
		{Prompt: "support.triage", File: "prompts/support/triage.eval.toml", Loosens: true, Sentence: "removes 3 of 63 cases: refund-late, refund-trip, fee-unknown"},
		{Prompt: "support.triage", Loosens: true, Sentence: "lowers what the metric accuracy has to reach from 95 % to 90 %"},
		{File: "promptflag.toml", Loosens: true, Sentence: "lowers how many people have to approve before production from 2 to 1"},
		{Prompt: "support.triage", Sentence: "adds 2 cases"},
	}
	all["moved"] = moved

	forked := r.changed(t, "support.triage", longer, 0, "", sorter{}, 0)
	forked.Report, forked.Items, forked.Live, forked.Known = nil, nil, nil, false
	forked.NotEvaluated = "there are no recorded answers in the repository for it"
	fork := input(r, forked)
	fork.Edit = nil
	fork.Prompts[0].Starts = map[string]int{"development": 100, "production": 5}
	fork.NotRun = []string{
		"The prompts were checked. More was not possible: this pull request comes from a fork, which is given no secrets.",
		"What production serves was not asked for. So it is not known who would get this change, and nothing was compared with production.",
		"No model was asked. Where answers are recorded in the repository, they were used; this pull request could have changed them.",
		"After the merge, what has an evaluation is evaluated with secrets, and publishing it is refused until it has passed.",
	}
	fork.PlanUnknown = "this pull request comes from a fork, which is given no secrets"
	all["fork"] = fork

	var many []Prompt
	m := results{}
	for i := range 30 {
		name := fmt.Sprintf("team%d.prompt%02d", i%4, i)
		n := 40
		if i%7 == 3 {
			n = 0
		}
		s := sorter{map[string]int{"problem.\n": 11}}
		if i == 12 || i == 20 {
			s = sorter{map[string]int{"prefer": 4}}
		}
		price := 0.15
		if i%5 == 1 {
			price = 0
		}
		many = append(many, m.changed(t, name, longer, n, gate, s, price))
	}
	many[7].Report.Verdict, many[7].Report.Reason = evalkit.Inconclusive, "pass rate: 40 cases are too few, 60 more would decide"
	many[9].Breaks = []Break{{Effect: compare.Effect{Verdict: compare.Breaking, Message: "variable language is new and required"}, Of: "production, stable, 100 %"}}
	in := input(m, many...)
	var names []string
	for _, p := range many {
		names = append(names, p.Name)
	}
	in.Partials = []Partial{{File: "prompts/_tone.md", Prompts: names}}
	in.Findings = prompts.Findings{{File: "prompts/team1/prompt09.toml", Line: 4, Rule: "PF102", Severity: prompts.Warning, Message: "team1.prompt09 has no description"}}
	all["many"] = in
	return all
}

func TestMarkdown(t *testing.T) {
	for name, in := range stories(t) {
		text := Markdown(in, limit)
		if len(text) > limit {
			t.Errorf("%s: %d bytes, at most %d", name, len(text), limit)
		}
		golden.Compare(t, "testdata/"+name+".md", text)
	}
}
