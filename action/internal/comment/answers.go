package comment

import (
	"fmt"
	"strings"

	"github.com/promptflag/promptflag/evalkit/report"
	"github.com/promptflag/promptflag/prompts/compare"
)

// what a prompt's change is, in few words.
func (p Prompt) what() string {
	switch p.Kind {
	case Added, Changed:
		if p.Changes != nil {
			return prose(p.Changes.Sentence)
		}
		return string(p.Kind)
	case Removed:
		return "its file is removed"
	case Evaluation:
		return "only its evaluation; users get the same text"
	}
	return "only what is said about it (owners, description, rollout); users get the same text"
}

// better answers whether the new version is better: in one line for the table of
// all prompts, with the reason for its own.
func (p Prompt) better(whole bool) string {
	v := p.verdict()
	if p.Report == nil {
		switch {
		case p.Kind == Removed, p.Kind == About:
			return "nothing to measure"
		case p.NotEvaluated == "":
			return "not evaluated"
		}
		return "not evaluated: " + prose(p.NotEvaluated)
	}
	b := report.BriefOf(p.Report)
	if !whole {
		return b.Short
	}
	parts := []string{v.sign() + " **" + upper(v.word()) + ".** " + upper(b.Rate) + "."}
	for _, base := range b.Bases {
		parts = append(parts, upper(base)+".")
	}
	if b.Flips != "" {
		parts = append(parts, upper(b.Flips)+".")
	}
	for i, rule := range b.Rules {
		if i == maxRules {
			parts = append(parts, "And "+thousands(len(b.Rules)-i)+" more rules.")
			break
		}
		sign := "❌ "
		if v != Fail {
			sign = "❔ "
		}
		parts = append(parts, sign+upper(rule)+".")
	}
	if v != Pass && len(b.Rules) == 0 && p.Report.Reason != "" {
		parts = append(parts, upper(prose(p.Report.Reason))+".")
	}
	if p.NotEvaluated != "" {
		parts = append(parts, upper(prose(p.NotEvaluated))+".")
	}
	return lines(parts)
}

// maxRules is how many rules that did not pass a table shows.
const maxRules = 5

// cost of 1,000 calls, before and after.
func (p Prompt) cost() string {
	if p.Report == nil {
		return "not known"
	}
	return report.BriefOf(p.Report).Cost
}

// table answers the questions that everybody has about one prompt.
func (in Input) table(p Prompt, undo bool) string {
	var b strings.Builder
	row := func(question, answer string) { fmt.Fprintf(&b, "| **%s** | %s |\n", question, answer) }
	what := upper(p.what()) + "."
	if in.Edit != nil && p.Kind != Removed {
		if to := link("Edit "+code(p.File), in.Edit(p.File)); strings.HasPrefix(to, "[") {
			what += " " + to
		}
	}
	fmt.Fprintf(&b, "| | %s |\n| :--- | :--- |\n", code(p.Name))
	row("What changes", what)
	row("Who gets it, and when", lines(in.users(p)))
	row("Is it better?", upper(p.better(true)))
	row("What it costs", upper(in.costs(p)))
	if p.Changes != nil || len(p.Breaks) > 0 {
		row("Do services have to adapt?", p.adapt())
	}
	if undo {
		row("How to undo it", lines(in.undo([]Prompt{p})))
	}
	return b.String() + "\n"
}

func (in Input) costs(p Prompt) string {
	switch {
	case p.Report == nil && (p.Kind == Removed || p.Kind == About):
		return "nothing changes"
	case p.Report == nil:
		return "not known: it was not evaluated"
	}
	cost := p.cost()
	if strings.Contains(cost, "→") {
		return "1,000 calls, today → with this change: " + cost
	}
	if strings.Contains(cost, "not known") {
		return "1,000 calls: not known, because a price or the use of tokens is not"
	}
	return "1,000 calls: " + cost
}

// maxBreaks is how many breaks a table shows.
const maxBreaks = 5

func (p Prompt) adapt() string {
	switch {
	case len(p.Breaks) == 0 && p.Kind == Added:
		return "No: it is new."
	case len(p.Breaks) == 0 && !p.Known:
		return "No, compared with the version before this change; with what production serves it was not compared."
	case len(p.Breaks) == 0:
		return "No: callers of today's versions are served as before."
	}
	var parts []string
	for i, b := range p.Breaks {
		if i == maxBreaks {
			parts = append(parts, fmt.Sprintf("and %s more", thousands(len(p.Breaks)-i)))
			break
		}
		sign, word := "❌", "breaks"
		if b.Verdict == compare.Unknown {
			sign, word = "❔", "may break"
		}
		text := sign + " " + upper(prose(b.Message)) + " (" + word + " callers of " + prose(b.Of) + ")"
		if b.Accepted != "" {
			text = "⚠️ " + strings.TrimPrefix(text, sign+" ") + ". Accepted: " + prose(b.Accepted)
		}
		parts = append(parts, text+".")
	}
	return lines(parts)
}
