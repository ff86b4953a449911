package report

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// Brief is a report in few words, for tables and sentences. All members are
// Markdown on one line, without a bar, and without a full stop at the end.
type Brief struct {
	Rate  string   // "95.0 % of 60 cases pass"
	Bases []string // for each version in production that counts: what it has, and how far the new one is from it
	Flips string   // "4 cases got better, 2 got worse"; "" when nothing was compared
	Short string   // "95.0 % pass, 4 better, 2 worse"
	Cost  string   // of 1,000 calls: "$0.40 → $0.42 (+5 %)"; what is not known is said, and never 0
	Rules []string // those that did not pass, with what was measured: "cases that got worse: 2, the rule is: at most 1"
}

// BriefOf sums a report up.
func BriefOf(r *evalkit.Report) Brief {
	b := Brief{Rate: "nothing could be measured", Short: "nothing could be measured", Cost: unknown}
	now := newArm(r)
	if now == nil {
		return b
	}
	b.Cost = costBrief(now, gating(r))
	b.Rules = broken(r)
	if now.PassRate == nil {
		if len(r.Problems) > 0 {
			b.Rate += ": " + cell(code(short(r.Problems[0].Detail, 200)))
		}
		return b
	}
	b.Rate = percent(now.PassRate.Value) + " of " + plural(now.Cases, "case", "cases") + " pass"
	b.Short = percent(now.PassRate.Value) + " pass"
	bases := gating(r)
	var flips []string
	for _, base := range bases {
		b.Bases = append(b.Bases, cell(beside(r, base)))
		if v := base.Versus; v != nil && !v.Same && v.Cases > 0 {
			text := plural(v.Improved, "case", "cases") + " got better, " + thousands(v.Regressed) + " got worse"
			if v.Improved+v.Regressed == 0 {
				text = "no case changed"
			}
			flips = append(flips, text)
			if len(flips) == 1 {
				b.Short += ", " + thousands(v.Improved) + " better, " + thousands(v.Regressed) + " worse"
			}
		}
	}
	b.Flips = strings.Join(flips, "; ")
	return b
}

// beside is what a baseline has, and how far the new version is from it.
func beside(r *evalkit.Report, base *evalkit.Arm) string {
	text := "today's version (" + name(base.Title) + "): "
	if base.PassRate == nil {
		return text + unknown
	}
	text += percent(base.PassRate.Value) + " pass"
	v := base.Versus
	if v == nil || v.Same || v.Difference == nil {
		return text
	}
	d := v.Difference
	text += "; the difference is " + share.signed(d.Value) + " points (" + number(100*r.Confidence, 0) + " % sure: between " +
		share.signed(d.Lower) + " and " + share.signed(d.Upper) + ")"
	if d.Lower <= 0 && d.Upper >= 0 && d.Value != 0 {
		text += ", which may be chance"
	}
	return text
}

// broken are the rules that did not pass, in the words of people: shares and
// scores in per cent.
func broken(r *evalkit.Report) (out []string) {
	for _, g := range r.Gates {
		if g.Verdict == evalkit.Pass {
			continue
		}
		what := map[string]string{"regressions": "cases that got worse", "pass rate": "share of cases that pass", "latency p95": "time of 19 in 20 answers"}[g.Name]
		if what == "" {
			what = name(g.Name)
		}
		u, rule := unitOf(g), short(g.Rule, 200)
		if u == score || u == share {
			u, rule = share, fraction.ReplaceAllStringFunc(rule, inPercent)
			if strings.HasPrefix(rule, "not worse") {
				rule = strings.TrimSuffix(rule, "%") + "points"
			}
		}
		text := what + ": " + u.optional(g.Value)
		if g.Diff != nil {
			text += ", a difference of " + figures(u.difference(g.Diff))
		}
		text += ", the rule is: " + prose(rule)
		if g.Verdict != evalkit.Fail {
			text += " (could not tell)"
		}
		out = append(out, cell(text))
	}
	return out
}

// fraction is a share or a score from 0 to 1, as rules have it.
var fraction = regexp.MustCompile(`\b(0\.[0-9]+|1(\.0+)?|0)$`)

func inPercent(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strings.TrimSuffix(number(100*f, 1), ".0") + " %"
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
