package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
)

// TextOptions say how Text looks.
type TextOptions struct {
	Width int  // columns; 0 means 80, less than 40 means 40
	Color bool // color the verdicts by escape codes; they stand in words too
	// MaxList is how many flips and how many problems are listed; 0 means 20.
	MaxList int
	// Open reads the answers of cases that fail; nil for none: they are not told then.
	Open Open
	// Full is where the whole report is, a path or an address; "" for nowhere.
	Full string
}

func (o *TextOptions) defaults() TextOptions {
	all := TextOptions{}
	if o != nil {
		all = *o
	}
	if all.Width == 0 {
		all.Width = 80
	}
	all.Width = max(all.Width, 40)
	if all.MaxList <= 0 {
		all.MaxList = 20
	}
	return all
}

// Text writes r for a terminal or the log of a CI system; the verdict is the
// last line. Nothing in it controls a terminal or is a workflow command.
func Text(w io.Writer, r *evalkit.Report, options *TextOptions) error {
	o := options.defaults()
	p := &printer{o: o}
	p.wrap("", r.Prompt+": "+evidence(r))
	p.line("")
	p.measured(r)
	if len(r.Gates) > 0 {
		p.line("")
		for _, g := range r.Gates {
			p.wrap(sign(g.Verdict)+" ", g.Sentence)
		}
	}
	p.flips(r)
	p.failing(r)
	p.models(r)
	p.problems(r)
	p.line("")
	// The last line stands whole, whatever the width: programs look for it.
	p.verdict(r.Verdict, strings.ToUpper(headline(r.Verdict))+": "+line(r.Prompt)+": "+line(r.Reason))
	_, err := io.WriteString(w, p.b.String())
	return err
}

// ModelsText writes only the table of models of r: how the new version does
// under each. A report without other models writes nothing.
func ModelsText(w io.Writer, r *evalkit.Report, options *TextOptions) error {
	p := &printer{o: options.defaults()}
	p.models(r)
	_, err := io.WriteString(w, strings.TrimPrefix(p.b.String(), "\n"))
	return err
}

type printer struct {
	o TextOptions
	b strings.Builder
}

// line writes one line that is safe to print: not hidden, no command.
func (p *printer) line(text string) {
	text = strings.TrimRight(visible(text), " ")
	if strings.HasPrefix(strings.TrimSpace(text), "::") {
		text = "> " + text
	}
	p.b.WriteString(strings.ReplaceAll(text, "##[", "## [") + "\n")
}

func (p *printer) verdict(v evalkit.Verdict, text string) {
	start := p.b.Len()
	p.line(text)
	if !p.o.Color {
		return
	}
	all := p.b.String()
	head, rest, _ := strings.Cut(all[start:], ":")
	code := map[evalkit.Verdict]string{evalkit.Pass: "32", evalkit.Fail: "31"}[v]
	if code == "" {
		code = "33"
	}
	p.b.Reset()
	p.b.WriteString(all[:start] + "\x1b[1;" + code + "m" + head + "\x1b[0m:" + rest)
}

// wrap writes text in lines no longer than the width, the first after prefix
// and the others as far in.
func (p *printer) wrap(prefix, text string) {
	indent := utf8.RuneCountInString(prefix)
	now, used := prefix, indent
	for _, w := range strings.Fields(visible(text)) {
		n := utf8.RuneCountInString(w)
		if used > indent && used+1+n > p.o.Width {
			p.line(now)
			now, used = strings.Repeat(" ", indent), indent
		}
		if used > indent {
			now, used = now+" ", used+1
		}
		now, used = now+w, used+n
	}
	p.line(now)
}

// measured is the table of gates and metrics. Where the titles of baselines are
// too wide, their ids head the columns and a legend says what they are.
func (p *printer) measured(r *evalkit.Report) {
	head, all := header(r), cells(r)
	bases := gating(r)
	if p.width(head, all) > p.o.Width && len(bases) > 0 {
		for i, a := range bases {
			head[2+i] = clip(line(a.ID), maxColumn)
			p.wrap(head[2+i]+": ", a.Title)
		}
	}
	if p.width(head, all) > p.o.Width {
		for _, row := range all {
			row[1], _, _ = strings.Cut(row[1], " [") // the gates' sentences have the intervals that decide
		}
	}
	p.table(head, all)
}

func header(r *evalkit.Report) []string {
	all := []string{"", "new"}
	for _, a := range gating(r) {
		all = append(all, clip(line(a.Title), maxColumn))
	}
	if len(gating(r)) > 0 {
		all = append(all, "difference")
	}
	return append(all, "verdict")
}

func cells(r *evalkit.Report) [][]string {
	var all [][]string
	for _, m := range rows(r) {
		row := append([]string{clip(line(m.Name), maxColumn), m.New}, m.Base...)
		if len(m.Base) > 0 {
			row = append(row, m.Difference)
		}
		verdict := m.Verdict
		if m.Rule != "" {
			verdict = sign(m.State) + " " + verdict
		}
		all = append(all, append(row, verdict))
	}
	return all
}

// maxColumn is the width of a name in a table.
const maxColumn = 28

// columns are how wide each is.
func columns(head []string, rows [][]string) []int {
	widths := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	return widths
}

func (p *printer) width(head []string, rows [][]string) int {
	total := -2
	for _, w := range columns(head, rows) {
		total += w + 2
	}
	return total
}

// table writes columns, or, when they are too wide, a block for each row.
func (p *printer) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	if p.width(head, rows) > p.o.Width {
		p.blocks(head, rows)
		return
	}
	widths := columns(head, rows)
	for _, row := range append([][]string{head}, rows...) {
		var b strings.Builder
		for i, c := range row {
			b.WriteString(c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2))
		}
		p.line(b.String())
	}
}

func (p *printer) blocks(head []string, rows [][]string) {
	for _, row := range rows {
		p.line(row[0])
		for i := 1; i < len(row); i++ {
			if row[i] != "" {
				p.wrap("  "+head[i]+": ", row[i])
			}
		}
	}
}

func clip(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	return string([]rune(text)[:runes-1]) + "…"
}

func (p *printer) flips(r *evalkit.Report) {
	worse, better := flipCount(r)
	if worse+better == 0 {
		return
	}
	p.line("")
	for _, direction := range []bool{true, false} {
		n, what := worse, "Regressed"
		if !direction {
			n, what = better, "Improved"
		}
		if n == 0 {
			continue
		}
		var ids []string
		for _, f := range r.Flips {
			if f.Regressed != direction || len(ids) == p.o.MaxList {
				continue
			}
			ids = append(ids, short(f.Case, 60)+" "+number(100*f.Base, 0)+"→"+number(100*f.New, 0)+" %")
		}
		text := fmt.Sprintf("%s (%s): %s", what, plural(n, "case", "cases"), strings.Join(ids, ", "))
		if n > len(ids) {
			text += fmt.Sprintf(", and %d more", n-len(ids))
		}
		p.wrap("", text)
	}
}

// problemsShown is how many problems of one kind are told apart.
const problemsShown = 3

// problems are told by arm and fault: when an endpoint is away they are all the
// same.
func (p *printer) problems(r *evalkit.Report) {
	if len(r.Problems) == 0 {
		return
	}
	p.line("")
	p.line("Problems:")
	type kind struct{ arm, fault string }
	var kinds []kind
	of := map[kind][]evalkit.Problem{}
	for _, x := range r.Problems {
		k := kind{x.Arm, x.Fault}
		if of[k] == nil {
			kinds = append(kinds, k)
		}
		of[k] = append(of[k], x)
	}
	for i, k := range kinds {
		if i == p.o.MaxList {
			p.line("  and " + moreProblems(r, i))
			break
		}
		n := max(len(of[k]), faults(r, k.arm, k.fault))
		p.wrap("  - ", fmt.Sprintf("%s: %s, %s", short(armTitle(r, k.arm), 60), short(k.fault, 60), plural(n, "answer", "answers")))
		for _, x := range of[k][:min(len(of[k]), problemsShown)] {
			p.wrap("      ", short(x.Case, 60)+": "+short(x.Detail, 300))
		}
		if n > problemsShown {
			p.line("      and " + thousands(n-problemsShown) + " more")
		}
	}
	if unrecorded(r) {
		p.line("  To do, where the model can be called: " + recordCommand)
	}
}

// recordCommand asks for answers and records them.
const recordCommand = "promptflag eval --record"

// unrecorded reports whether answers, or those of judges, are not recorded.
func unrecorded(r *evalkit.Report) bool {
	return slices.ContainsFunc(r.Problems, func(p evalkit.Problem) bool {
		return p.Fault == string(chat.NotRecorded) || strings.Contains(p.Detail, string(chat.NotRecorded)+": ")
	})
}

// faults is how many samples of an arm met a fault.
func faults(r *evalkit.Report, arm, fault string) int {
	for _, a := range r.Arms {
		if a.ID == arm {
			return a.Faults[fault]
		}
	}
	return 0
}

// moreProblems says how many problems are not among the first n.
func moreProblems(r *evalkit.Report, n int) string {
	all := 0
	for _, a := range r.Arms {
		for _, k := range a.Faults {
			all += k
		}
	}
	text := thousands(max(all, len(r.Problems))-n) + " more"
	if len(r.Problems) >= evalkit.MaxProblems {
		return text + " or more"
	}
	return text
}

func (p *printer) models(r *evalkit.Report) {
	head, rows := modelTable(r)
	if len(rows) == 0 {
		return
	}
	p.line("")
	p.table(head, rows)
}
