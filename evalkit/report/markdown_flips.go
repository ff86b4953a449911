package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// address is a URL that stands in Markdown as it is.
var address = regexp.MustCompile(`^https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+$`)

// flips writes the flips with their texts, regressions first, as long as they
// fit, and says how many do not.
func (b *budget) flips(r *evalkit.Report, open Open, o MarkdownOptions) ([]string, error) {
	worse, better := flipCount(r)
	if worse+better == 0 {
		return nil, nil
	}
	x := newIndex(r)
	flips := r.Flips[:min(len(r.Flips), o.MaxFlips)]
	var chosen []*entry
	for _, f := range flips {
		chosen = append(chosen, x.entry(f.Case))
	}
	cases, err := texts(open, r, x, chosen, bounds{text: o.MaxText, samples: 1})
	if err != nil {
		return nil, err
	}
	title := "**Cases that changed** (" + plural(worse, "got worse", "got worse") + ", " + plural(better, "got better", "got better") + ")\n\n"
	room := b.add(title, "")
	for _, f := range flips {
		if !room {
			break
		}
		if room = b.add(flipBlock(r, x, f, cases[f.Case]), ""); !room {
			continue
		}
		if f.Regressed {
			worse--
		} else {
			better--
		}
	}
	var left []string
	if worse > 0 {
		left = append(left, plural(worse, "case that got worse", "cases that got worse"))
	}
	if better > 0 {
		left = append(left, plural(better, "case that got better", "cases that got better"))
	}
	return left, nil
}

func flipBlock(r *evalkit.Report, x *index, f evalkit.Flip, s *shown) string {
	word := "Got better"
	if f.Regressed {
		word = "Got worse"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s: <code>%s</code>, %s of its answers passed before, %s now</summary>\n\n",
		word, markup(short(f.Case, 100)), number(100*f.Base, 0)+" %", number(100*f.New, 0)+" %")
	if s != nil {
		if len(s.Vars) > 0 {
			b.WriteString("Input\n\n" + preformatted(inputs(s)) + "\n")
		}
		for _, id := range []string{f.Baseline, r.Arms[0].ID} {
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
