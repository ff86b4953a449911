package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// PlanMarkdown is Plan for a step summary. A note, if there is one, says above
// the table what became of it.
func PlanMarkdown(w io.Writer, title, note string, p *plan.Plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", title)
	if note != "" {
		fmt.Fprintf(&b, "%s\n\n", cell(note))
	}
	unchanged, rows := 0, 0
	for _, i := range p.Items {
		if quiet(i) {
			unchanged++
			continue
		}
		if rows == 0 {
			b.WriteString("| prompt | environment | stable | candidate | percent | what | who moves, and why |\n|---|---|---|---|---|---|---|\n")
		}
		rows++
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", cell(i.Prompt), cell(i.Environment),
			cell(stableCell(i)), cell(candidateCell(i)), cell(percentCell(i)), cell(string(i.Kind)), cells(moveFirst(i)))
	}
	if rows > 0 {
		b.WriteString("\n")
	}
	for _, o := range p.Orphans {
		fmt.Fprintf(&b, "- orphan %s in %s: %s\n", cell(o.Flag), cell(o.Environment), cell(o.Note))
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
	fmt.Fprintf(&b, "### %s\n\n", plural(len(findings), "finding", "findings"))
	for _, f := range findings {
		fmt.Fprintf(&b, "- %s\n", cell(f.String()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func cells(lines []string) string {
	escaped := make([]string, len(lines))
	for i, l := range lines {
		escaped[i] = cell(l)
	}
	return strings.Join(escaped, "<br>")
}

// markup is what Markdown or HTML would take as more than text.
var markup = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;",
	"[", "&#91;", "]", "&#93;", "@", "&#64;&#8203;", "#", "&#35;", "\r", " ", "\n", " ", "\\", "&#92;", "~", "&#126;", ":", "&#58;", "$", "&#36;",
	"www.", "www&#46;",
)

// cell makes text safe inside a table of GitHub-flavoured Markdown: it shows
// as it is and mentions nobody (GitHub looks for mentions in the rendered text,
// so a space of no width parts the @ from the name).
func cell(s string) string { return markup.Replace(s) }
