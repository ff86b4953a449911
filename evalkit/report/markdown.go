package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// MarkdownOptions say how much Markdown writes.
type MarkdownOptions struct {
	Limit    int // bytes, at most; 0 means 60,000, less than 4,000 means 4,000
	MaxFlips int // flips shown with their texts; 0 means 20
	MaxText  int // bytes of each input and output; 0 means 1,500
	// Full is where the whole report is, an https or http URL; "" for nowhere.
	Full string
	// Inner leaves out the title and the reason of the verdict, where they stand
	// above already.
	Inner bool
}

func (o *MarkdownOptions) defaults() MarkdownOptions {
	all := MarkdownOptions{}
	if o != nil {
		all = *o
	}
	if all.Limit == 0 {
		all.Limit = 60_000
	}
	all.Limit = max(all.Limit, 4000)
	if all.MaxFlips <= 0 {
		all.MaxFlips = 20
	}
	if all.MaxText <= 0 {
		all.MaxText = 1500
	}
	return all
}

// Markdown writes r for a comment on a pull request, in GitHub's dialect. It is
// never longer than the limit, and says what it left out. Texts of models and
// cases stand in <pre> with every sign escaped, short ones in code spans.
func Markdown(w io.Writer, r *evalkit.Report, open Open, options *MarkdownOptions) error {
	o := options.defaults()
	b := &budget{limit: o.Limit - 600} // for what was left out
	if !o.Inner {
		b.add("### "+cutCode(r.Prompt)+": "+strings.ToLower(headline(r.Verdict))+"\n\n**"+headline(r.Verdict)+".** "+prose(short(r.Reason, 600))+"\n\n", "")
	}
	if text := sides(r); text != "" {
		b.add(text+"\n\n", "")
	}
	whole := b.limit
	b.limit /= 2 // of a suite with many metrics and tags
	left := b.table(measuredHead(r), measuredRows(r), "row", "rows")
	left = append(left, b.sentences(r)...)
	b.limit = whole

	// The short sections come last and are made first: cases take what is left.
	after := &budget{limit: (b.limit - b.b.Len()) / 3}
	left = append(left, after.table(costTable(r))...)
	left = append(left, after.models(r)...)
	left = append(left, after.problems(r)...)
	after.add(prose("Rests on "+short(evidence(r), 500))+".\n\n", "")

	b.limit -= after.b.Len()
	cases, err := b.cases(r, open, o)
	if err != nil {
		return fmt.Errorf("report of %q as Markdown: %w", r.Prompt, err)
	}
	text := b.b.String() + after.b.String()
	text += leftOut(append(cases, left...), o.Full)
	_, err = io.WriteString(w, text)
	return err
}

// ModelsMarkdown writes only the table of models of r: how the new version does
// under each. A report without other models writes nothing.
func ModelsMarkdown(w io.Writer, r *evalkit.Report, options *MarkdownOptions) error {
	o := options.defaults()
	b := &budget{limit: o.Limit - 600}
	left := b.models(r)
	if b.b.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(w, b.b.String()+leftOut(left, o.Full))
	return err
}

// budget collects blocks as long as they fit.
type budget struct {
	limit int
	b     strings.Builder
}

// add writes text when it fits together with what must follow it.
func (b *budget) add(text, end string) bool {
	if b.b.Len()+len(text)+len(end) > b.limit {
		return false
	}
	b.b.WriteString(text)
	return true
}

// table writes as many rows as fit and says how many did not.
func (b *budget) table(head []string, rows [][]string, one, many string) []string {
	if len(rows) == 0 {
		return nil
	}
	top := row(head) + "|" + strings.Repeat(" --- |", len(head)) + "\n"
	first := row(rows[0])
	if !b.add(top, first+"\n") {
		return []string{plural(len(rows), one, many)}
	}
	for i, r := range rows {
		if !b.add(row(r), "\n") {
			b.b.WriteString("\n")
			return []string{plural(len(rows)-i, one, many)}
		}
	}
	b.b.WriteString("\n")
	return nil
}

func row(cells []string) string {
	var b strings.Builder
	b.WriteString("|")
	for _, c := range cells {
		b.WriteString(" " + cell(c) + " |")
	}
	return b.String() + "\n"
}

// cutCode is a name as code.
func cutCode(text string) string { return code(short(text, 80)) }

// name is a title as people write them.
func name(text string) string { return prose(short(text, 80)) }

// sides says what was compared.
func sides(r *evalkit.Report) string {
	now := newArm(r)
	if now == nil {
		return ""
	}
	text := upper(name(now.Title)) + " (" + cutCode(now.Version) + ", " + cutCode(now.Model) + ")"
	bases := gating(r)
	if len(bases) == 0 {
		return text + ". It was compared with no version in production."
	}
	text += " against what production serves now:"
	for i, a := range bases {
		if i > 0 {
			text += "; and"
		}
		text += " " + name(a.Title) + " (" + cutCode(a.Version) + ", " + cutCode(a.Model) + "), "
		switch v := a.Versus; {
		case v == nil:
			text += "not compared"
		case v.Same:
			text += "the same version and model"
		default:
			text += fmt.Sprintf("of %s %d got worse and %d got better", plural(v.Cases, "case", "cases"), v.Regressed, v.Improved)
		}
	}
	return text + "."
}

func upper(text string) string {
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// sentences are what the gates say that did not pass.
func (b *budget) sentences(r *evalkit.Report) []string {
	n := 0
	for _, g := range r.Gates {
		if g.Verdict == evalkit.Pass {
			continue
		}
		if !b.add("- "+headline(g.Verdict)+": "+prose(short(g.Sentence, 400))+"\n", "\n") {
			n++
		}
	}
	b.b.WriteString("\n")
	if n > 0 {
		return []string{plural(n, "sentence of a gate", "sentences of gates")}
	}
	return nil
}

func measuredHead(r *evalkit.Report) []string {
	head := []string{"", "new"}
	for _, a := range gating(r) {
		head = append(head, name(a.Title))
	}
	if len(gating(r)) > 0 {
		head = append(head, "difference, with its interval")
	}
	return append(head, "rule", "verdict")
}

func measuredRows(r *evalkit.Report) [][]string {
	var all [][]string
	for _, m := range rows(r) {
		what := name(m.Name)
		cells := append([]string{what, figures(m.New)}, m.Base...)
		if len(m.Base) > 0 {
			cells = append(cells, figures(m.Difference))
		}
		verdict := m.Verdict
		if m.Rule != "" {
			verdict = sign(m.State) + " " + verdict
		}
		if m.State == evalkit.Fail {
			verdict = "**" + verdict + "**"
		}
		all = append(all, append(cells, prose(short(m.Rule, 200)), verdict))
	}
	return all
}

func costTable(r *evalkit.Report) (head []string, rows [][]string, one, many string) {
	head = []string{"", "cost of 1,000 calls", "latency p50", "latency p95", "errors"}
	for _, a := range r.Arms {
		if a.Role == evalkit.Other {
			continue
		}
		p50, p95 := unknown, unknown
		if a.Latency != nil {
			p50, p95 = duration(a.Latency.P50), duration(a.Latency.P95)
		}
		rows = append(rows, []string{name(a.Title), kilo(a.Cost), p50, p95, thousands(a.Errors)})
	}
	return head, rows, "version", "versions"
}

func (b *budget) models(r *evalkit.Report) []string {
	head, rows := modelTable(r)
	for i := range head {
		head[i] = name(head[i])
	}
	for _, row := range rows {
		row[0] = name(row[0])
		for i := 1; i < len(row); i++ {
			row[i] = figures(row[i])
		}
	}
	return b.table(head, rows, "model", "models")
}

// maxProblems is how many problems a comment shows.
const maxProblems = 10

func (b *budget) problems(r *evalkit.Report) []string {
	if len(r.Problems) == 0 {
		return nil
	}
	title := "**What could not be asked or checked**\n\n"
	if unrecorded(r) {
		title += "To do, where the model can be called: " + code(recordCommand) + ".\n\n"
	}
	if !b.add(title, "\n") {
		return []string{moreProblems(r, 0) + " problems"}
	}
	for i, p := range r.Problems {
		text := "- " + cutCode(p.Case) + ", " + name(armTitle(r, p.Arm)) + ": " + code(short(p.Fault+": "+p.Detail, 300)) + "\n"
		if i == maxProblems || !b.add(text, "\n") {
			b.b.WriteString("\n")
			return []string{moreProblems(r, i) + " problems"}
		}
	}
	b.b.WriteString("\n")
	return nil
}

// leftOut says what a report has that is not shown.
func leftOut(what []string, full string) string {
	text := ""
	if len(what) > 0 {
		text = "Left out to keep this short: " + strings.Join(what, ", ") + ".\n"
	}
	if address.MatchString(full) && len(full) <= 300 {
		text += "\n[The whole report](<" + full + ">)\n"
	}
	return text
}
