package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/wording"
)

// Plan prints the table that plan and publish share: a line of columns per
// prompt and environment, and below it why and who moves. Items that change
// nothing are counted unless all is set.
func Plan(w io.Writer, p *plan.Plan, all bool) error {
	var b strings.Builder
	tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "PROMPT\tENVIRONMENT\tSTABLE\tCANDIDATE\tPERCENT\tWHAT")
	var unchanged []plan.Item
	var notes [][]string
	for _, i := range p.Items {
		if quiet(i) && !all {
			unchanged = append(unchanged, i)
			continue
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\t%s\n", i.Prompt, i.Environment, stableCell(i), candidateCell(i), percentCell(i), i.Kind)
		notes = append(notes, itemNotes(i))
	}
	tab.Flush()
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(notes) > 0 {
		fmt.Fprintln(w, strings.TrimRight(lines[0], " "))
		for n, line := range lines[1:] {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			for _, note := range notes[n] {
				fmt.Fprintln(w, "    "+note)
			}
		}
	}
	for _, o := range p.Orphans {
		fmt.Fprintf(w, "orphan: %s in %s: %s\n", o.Flag, o.Environment, o.Note)
	}
	if len(p.Orphans) > 0 {
		force := ""
		if slices.ContainsFunc(p.Orphans, func(o plan.Orphan) bool { return o.Uncounted }) {
			force = " --force --reason …"
		}
		fmt.Fprintf(w, "    to do: promptflag retire PROMPT%s, when no service asks for it any more; or bring its file back\n", force)
	}
	_, err := fmt.Fprintln(w, tally(p, unchanged))
	return err
}

// quiet items need no line of their own.
func quiet(i plan.Item) bool { return i.Kind == plan.Unchanged && len(i.Warnings) == 0 }

func itemNotes(i plan.Item) []string {
	notes := []string{i.Why}
	notes = append(notes, moveNotes(i)...)
	if i.Writes() && len(i.Moves) == 0 && i.Kind != plan.Repair {
		nobody := "nobody moves"
		if i.Kind == plan.Canary {
			nobody += " yet"
		}
		notes = append(notes, nobody)
	}
	if i.ToEvaluate {
		notes = append(notes, "has a suite: publish evaluates it first")
	}
	if i.Problem != nil {
		notes = append(notes, "to do: "+i.Problem.Hint)
	}
	for _, w := range i.Warnings {
		notes = append(notes, "warning: "+w)
	}
	return notes
}

// moveNotes says who moves; of a new prompt, its reason says so already.
func moveNotes(i plan.Item) []string {
	if i.Kind == plan.Create {
		return nil
	}
	var notes []string
	for _, m := range i.Moves {
		notes = append(notes, m.String())
	}
	return notes
}

// tally counts; hidden are the quiet items.
func tally(p *plan.Plan, hidden []plan.Item) string {
	writes, stopped := p.Writes(), len(p.Stopped())
	parts := []string{wording.Counted(writes, "change", "changes")}
	if stopped > 0 {
		parts = append(parts, wording.Counted(stopped, "flag waits for a person", "flags wait for a person"))
	}
	environments := map[string]bool{}
	for _, i := range hidden {
		environments[i.Environment] = true
	}
	switch n := len(environments); {
	case n == 1:
		parts = append(parts, wording.Counted(len(hidden), "prompt unchanged", "prompts unchanged"))
	case n > 1:
		parts = append(parts, fmt.Sprintf("%d unchanged in %d environments", len(hidden), n))
	}
	return strings.Join(parts, ", ")
}

func stableCell(i plan.Item) string {
	return change(plan.Version(i.Before.Stable), plan.Version(i.After.Stable))
}

func candidateCell(i plan.Item) string {
	return change(candidateText(i.Before), candidateText(i.After))
}

func candidateText(s plan.State) string {
	if s.Candidate == "" {
		return ""
	}
	if s.CandidateDisabled {
		return plan.Version(s.Candidate) + " (held)"
	}
	return plan.Version(s.Candidate)
}

func percentCell(i plan.Item) string {
	return change(percentText(i.Before), percentText(i.After))
}

func percentText(s plan.State) string {
	switch {
	case s.Candidate == "":
		return ""
	case s.CandidateDisabled && s.Exists && !s.Enabled:
		return "0 % (OFF)"
	case s.CandidateDisabled:
		return "0 %"
	case s.Exists && !s.Enabled:
		return fmt.Sprintf("%d %% (OFF)", s.Percent)
	}
	return fmt.Sprintf("%d %%", s.Percent)
}

// change shows what was and what will be; "–" is nothing.
func change(before, after string) string {
	if before == after {
		return orDash(before)
	}
	return orDash(before) + " → " + orDash(after)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
