package report

import (
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// Brief is a report in few words, for a table or a sentence. All members are
// Markdown on one line, without a bar.
type Brief struct {
	Better string // how many cases pass, against what production serves
	Flips  string // "2 cases got better, 1 got worse"; "" when nothing was compared
	Cost   string // of 1,000 calls: "$0.40 → $0.42 (+5 %)"; what is not known is said, and never 0
}

// BriefOf sums a report up.
func BriefOf(r *evalkit.Report) Brief {
	b := Brief{Better: "nothing could be measured", Cost: unknown}
	now := newArm(r)
	if now == nil {
		return b
	}
	if p := now.PassRate; p != nil {
		b.Better = percent(p.Value) + " of " + plural(now.Cases, "case", "cases") + " pass"
	}
	bases := gating(r)
	var flips []string
	for _, base := range bases {
		b.Better += "; " + sideBySide(r, base)
		if v := base.Versus; v != nil && !v.Same {
			text := plural(v.Improved, "case", "cases") + " got better, " + thousands(v.Regressed) + " got worse"
			if v.Improved+v.Regressed == 0 {
				text = "no case changed"
			}
			flips = append(flips, text)
		}
	}
	b.Flips = strings.Join(flips, "; ")
	b.Cost = costBrief(now, bases)
	b.Better, b.Flips = cell(b.Better), cell(b.Flips)
	return b
}

// sideBySide is what a baseline has, and how far the new version is from it.
func sideBySide(r *evalkit.Report, base *evalkit.Arm) string {
	text := name(base.Title) + ": "
	if base.PassRate == nil {
		return text + unknown
	}
	text += percent(base.PassRate.Value)
	switch v := base.Versus; {
	case v == nil || v.Same || v.Difference == nil:
	default:
		d := v.Difference
		text += ", a difference of " + share.signed(d.Value) + " points (" + number(100*r.Confidence, 0) + " % sure: between " +
			share.signed(d.Lower) + " and " + share.signed(d.Upper) + ")"
	}
	return text
}

func costBrief(now *evalkit.Arm, bases []*evalkit.Arm) string {
	if len(bases) == 0 || bases[0].Versus != nil && bases[0].Versus.Same {
		return kilo(now.Cost)
	}
	base := bases[0].Cost
	text := kilo(base) + " → " + kilo(now.Cost)
	if base == nil && now.Cost == nil {
		return unknown
	}
	if base == nil || now.Cost == nil || base.Mean <= 0 || !finite(now.Cost.Mean) || !finite(base.Mean) {
		return text
	}
	change := now.Cost.Mean/base.Mean - 1
	sign := ""
	if change > 0 {
		sign = "+"
	}
	return text + " (" + sign + number(100*change, 0) + " %)"
}

// Code is text that people or models wrote as a code span of Markdown, on one
// line and fit for a cell of a table: GitHub finds no markup, link, mention,
// reference or formula in it. It has at most limit bytes, or so.
func Code(text string, limit int) string { return cell(code(short(text, limit))) }

// Prose is a sentence that is ours with names in it that are not, as Markdown on
// one line and fit for a cell of a table: words that could be more than words
// become code. It has at most limit bytes, or so.
func Prose(text string, limit int) string { return cell(prose(short(text, limit))) }
