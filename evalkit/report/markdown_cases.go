package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// address is a URL that stands in Markdown as it is.
var address = regexp.MustCompile(`^https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+$`)

// cases writes the cases that a reader would look at with their texts, as long as
// they fit, and says how many do not: those that got worse, those that fail besides,
// and those that got better.
func (b *budget) cases(r *evalkit.Report, open Open, o MarkdownOptions) ([]string, error) {
	x, err := load(open, r)
	if err != nil {
		return nil, err
	}
	worse, better := flipCount(r)
	groups := []struct {
		title, one, many string
		n                int
		blocks           []block
	}{
		{title: "Cases that got worse", one: "case that got worse", many: "cases that got worse", n: worse},
		{title: "Cases that fail", one: "case that fails", many: "cases that fail"},
		{title: "Cases that got better", one: "case that got better", many: "cases that got better", n: better},
	}
	if worse+better > 0 {
		groups[1].title = "Other cases that fail"
	}
	for _, f := range r.Flips[:min(len(r.Flips), o.MaxFlips)] {
		g := &groups[0]
		if !f.Regressed {
			g = &groups[2]
		}
		g.blocks = append(g.blocks, flipBlock(r, x, f))
	}
	for _, e := range x.failing() {
		if e.flip != nil {
			continue
		}
		if g := &groups[1]; g.n < maxFailing {
			g.blocks = append(g.blocks, failBlock(r, e))
		}
		groups[1].n++
	}
	var chosen []*entry
	for _, g := range groups {
		for _, block := range g.blocks {
			chosen = append(chosen, block.entry)
		}
	}
	cases, err := texts(open, r, x, chosen, bounds{text: o.MaxText, samples: 1})
	if err != nil {
		return nil, err
	}
	room := true
	var left []string
	for _, g := range groups {
		if g.n == 0 {
			continue
		}
		room = room && b.add("**"+g.title+"** ("+thousands(g.n)+")\n\n", "")
		for _, block := range g.blocks {
			if room = room && b.add(block.text(r, x, cases[block.entry.id]), ""); !room {
				break
			}
			g.n--
		}
		if g.n > 0 {
			left = append(left, plural(g.n, g.one, g.many))
		}
	}
	return left, nil
}

// block is one case with its answers, folded.
type block struct {
	entry   *entry
	summary string   // HTML
	arms    []string // of which the worst answer is shown
}

func flipBlock(r *evalkit.Report, x *index, f evalkit.Flip) block {
	word := "Got better"
	if f.Regressed {
		word = "Got worse"
	}
	return block{x.entry(f.Case), fmt.Sprintf("%s: <code>%s</code>, %s of its answers passed before, %s now",
		word, markup(short(f.Case, 100)), number(100*f.Base, 0)+" %", number(100*f.New, 0)+" %"), []string{f.Baseline, r.Arms[0].ID}}
}

func failBlock(r *evalkit.Report, e *entry) block {
	place := e.place()
	if place != "" {
		place = "<code>" + markup(short(place, 200)) + "</code>"
	}
	summary := joinKnown(", ", "Fails: <code>"+markup(short(e.id, 100))+"</code>", place, e.some())
	return block{e, summary, []string{r.Arms[0].ID}}
}

func (block block) text(r *evalkit.Report, x *index, s *shown) string {
	var b strings.Builder
	b.WriteString("<details><summary>" + block.summary + "</summary>\n\n")
	if s != nil {
		if len(s.Vars) > 0 {
			b.WriteString("Input\n\n" + preformatted(inputs(s)) + "\n")
		}
		for _, id := range block.arms {
			arm, ok := x.arms[id]
			if !ok || len(s.Arms[arm]) == 0 {
				continue
			}
			a := s.Arms[arm][0]
			b.WriteString(upper(name(armTitle(r, id))) + " (" + a.State.word() + ")\n\n" + preformatted(said(a)) + "\n")
			b.WriteString(objections(a))
		}
	}
	return b.String() + "</details>\n\n"
}

func inputs(s *shown) string {
	var b strings.Builder
	for _, v := range s.Vars {
		b.WriteString(v.Name + ": " + v.Value + gone(v.Gone) + "\n")
	}
	if s.More > 0 {
		fmt.Fprintf(&b, "(%d more)\n", s.More)
	}
	return strings.TrimRight(b.String(), "\n")
}

func gone(bytes int) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprintf(" … (%s more)", plural(bytes, "byte", "bytes"))
}

func (m mark) word() string {
	return [...]string{"missing", "passed", "failed", "error"}[m]
}

// said is what a model answered, in one text.
func said(a answer) string {
	var parts []string
	if a.Error != "" {
		parts = append(parts, "(error) "+a.Error)
	}
	if a.Refusal != "" {
		parts = append(parts, "(refused) "+a.Refusal)
	}
	if a.Text != "" {
		parts = append(parts, a.Text+gone(a.Gone))
	}
	for _, c := range a.Calls {
		parts = append(parts, "(calls) "+c)
	}
	if a.Finish != "" {
		parts = append(parts, "(ended by "+a.Finish+")")
	}
	if len(parts) == 0 {
		return "(no text)"
	}
	return strings.Join(parts, "\n")
}

// maxObjections is how many assertions of one answer a comment shows.
const maxObjections = 5

// objections are the assertions that an answer does not pass.
func objections(a answer) string {
	var b strings.Builder
	n := 0
	for _, c := range a.Checks {
		if c.State == checkPassed || c.State == checkMeasured {
			continue
		}
		if n++; n > maxObjections {
			continue
		}
		fmt.Fprintf(&b, "- %s: %s", c.Word(), cutCode(c.Name))
		if c.Reason != "" {
			b.WriteString(", " + code(c.Reason))
		}
		b.WriteString("\n")
	}
	if n > maxObjections {
		fmt.Fprintf(&b, "- and %d more\n", n-maxObjections)
	}
	if n > 0 {
		b.WriteString("\n")
	}
	return b.String()
}
