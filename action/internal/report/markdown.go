package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
)

// PlanMarkdown is Plan for a step summary. A note, if there is one, says above
// the table what became of it.
func PlanMarkdown(w io.Writer, title, note string, p *plan.Plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", title)
	if note != "" {
		fmt.Fprintf(&b, "%s\n\n", wording.Markdown(note))
	}
	var unchanged []plan.Item
	rows := 0
	for _, i := range p.Items {
		if quiet(i) {
			unchanged = append(unchanged, i)
			continue
		}
		if rows == 0 {
			b.WriteString("| prompt | environment | stable | candidate | percent | what | who moves, and why |\n|---|---|---|---|---|---|---|\n")
		}
		rows++
		row := []string{i.Prompt, i.Environment, stableCell(i), candidateCell(i), percentCell(i), string(i.Kind)}
		fmt.Fprintf(&b, "| %s | %s |\n", escaped(row, " | "), escaped(moveFirst(i), "<br>"))
	}
	if rows > 0 {
		b.WriteString("\n")
	}
	for _, o := range p.Orphans {
		fmt.Fprintf(&b, "- orphan %s in %s: %s\n", wording.Markdown(o.Flag), wording.Markdown(o.Environment), wording.Markdown(o.Note))
	}
	fmt.Fprintf(&b, "\n%s\n", tally(p, unchanged))
	_, err := io.WriteString(w, b.String())
	return err
}

// moveFirst puts the numbers before the reason.
func moveFirst(i plan.Item) []string {
	notes := itemNotes(i)
	n := len(moveNotes(i))
	return append(append([]string{}, notes[1:1+n]...), append(notes[:1:1], notes[1+n:]...)...)
}

// FindingsMarkdown lists findings for a step summary.
func FindingsMarkdown(w io.Writer, findings prompts.Findings) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", wording.Counted(len(findings), "finding", "findings"))
	for _, f := range findings {
		fmt.Fprintf(&b, "- %s\n", wording.Markdown(f.String()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func escaped(texts []string, between string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = wording.Markdown(t)
	}
	return strings.Join(out, between)
}
