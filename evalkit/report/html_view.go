package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// view is what the page shows of one report. Its texts are visible, and the
// template escapes them.
type view struct {
	Anchor, Name  string
	Mood, Verdict string
	Reason        string
	Facts         []fact
	Gates         []gateView
	Arms          []armView
	Measured      []measuredRow
	Plots         []*plot
	Problems      []problemView
	MoreProblems  string
	Cases         []caseView
	Counts        []fact
	Left          string // what is not on the page
}

type fact struct{ Name, Value string }

type gateView struct{ Mood, Sign, Word, Name, Rule, Sentence, Method string }

type armView struct{ Title, Role, Version, Model string }

type measuredRow struct {
	Name  string
	Cells []string
}

type problemView struct{ Case, Arm, Fault, Detail string }

type caseView struct {
	*shown
	Number  int
	ID      string
	Kinds   string // for the filter
	Labels  []labelView
	Tags    []string
	TagIDs  string
	Preview string
	Where   string
	Open    bool
	Columns []columnView
}

type labelView struct{ Mood, Text string }

type columnView struct {
	Title, Model string
	New          bool
	Answers      []answerView
	More         []answerView
	Summary      string // "1 of 2 answers passed"
}

type answerView struct {
	answer
	Mood, Word string
	Number     int
	Spans      []span
	New        bool
}

// maxOpen is how many cases are open at first.
const maxOpen = 5

func viewOf(r *evalkit.Report, n int, open Open, o HTMLOptions, room int, tags map[string]int) (*view, error) {
	x, err := load(open, r)
	if err != nil {
		return nil, err
	}
	v := &view{
		Anchor: anchor(n), Name: line(r.Prompt), Mood: mood(r.Verdict), Verdict: headline(r.Verdict), Reason: held(r.Reason),
		Facts: facts(r),
	}
	for _, g := range r.Gates {
		rule := held(g.Rule)
		if g.Baseline != "" {
			rule += ", against " + held(armTitle(r, g.Baseline))
		}
		v.Gates = append(v.Gates, gateView{mood(g.Verdict), sign(g.Verdict), word(g.Verdict), line(g.Name), rule, held(g.Sentence), line(g.Method)})
	}
	for _, a := range r.Arms {
		v.Arms = append(v.Arms, armOf(a))
	}
	v.Measured = measuredTable(r)
	for _, p := range []*plot{
		scores(r),
		quantilePlot(r, "Latency", "Box: the middle half of the answers; thick line: the median; thin line: from the 5th to the 95th percentile.",
			func(a evalkit.Arm) *evalkit.Quantiles { return a.Latency }, duration),
		quantilePlot(r, "Cost of 1,000 calls", "Box and lines as for latency, of the cost of each call.",
			func(a evalkit.Arm) *evalkit.Quantiles { return a.Cost }, func(usd float64) string { return money(1000 * usd) }),
	} {
		if p != nil {
			v.Plots = append(v.Plots, p)
		}
	}
	for _, p := range r.Problems {
		v.Problems = append(v.Problems, problemView{line(p.Case), held(armTitle(r, p.Arm)), line(p.Fault), short(p.Detail, 1000)})
	}
	if len(r.Problems) >= evalkit.MaxProblems {
		v.MoreProblems = moreProblems(r, len(r.Problems))
	}
	chosen := x.choose(room)
	cases, err := texts(open, r, x, chosen, bounds{o.MaxText, o.MaxSamples})
	if err != nil {
		return nil, err
	}
	for i, e := range chosen {
		v.Cases = append(v.Cases, caseOf(r, x, cases[e.id], i, tags))
	}
	v.Counts, v.Left = counts(r, x, len(chosen))
	return v, nil
}

// counts are how many cases are of each kind, and what of them is not shown.
func counts(r *evalkit.Report, x *index, shown int) (all []fact, left string) {
	n := map[kind]int{}
	for _, e := range x.cases {
		for _, k := range e.kinds() {
			n[k]++
		}
	}
	for k, name := range []string{"got worse", "got better", "failing", "in error", "passing"} {
		all = append(all, fact{name, thousands(n[kind(k)])})
	}
	var parts []string
	if gone := len(x.cases) - shown; gone > 0 {
		parts = append(parts, plural(gone, "case is", "cases are")+" not on this page; changed, failing and erroneous ones are shown first")
	}
	worse, better := flipCount(r)
	if hidden := worse + better - len(r.Flips); hidden > 0 {
		parts = append(parts, plural(hidden, "changed case is", "changed cases are")+" not marked as such")
	}
	return all, strings.Join(parts, "; ")
}

func facts(r *evalkit.Report) []fact {
	list := []fact{
		{"Cases", thousands(r.Suite.Cases)},
		{"Answers to each case", thousands(r.Suite.Repeat)},
		{"Suite", short(r.Suite.File, 200)},
		{"Answers asked for", thousands(r.Calls)},
		{"Answers from records", thousands(r.Recorded)},
		{"Paid by this run", money(r.Spent)},
		{"Confidence of intervals", number(100*r.Confidence, 1) + " %"},
	}
	if r.Unpriced > 0 {
		list = append(list, fact{"Calls of unknown price", thousands(r.Unpriced)})
	}
	if len(r.Suite.Judges) > 0 {
		list = append(list, fact{"Judged by", short(strings.Join(r.Suite.Judges, ", "), 200)})
	}
	if !r.Started.IsZero() {
		list = append(list, fact{"Started", r.Started.UTC().Format("2006-01-02 15:04") + " UTC"})
	}
	return append(list, fact{"Took", seconds(r.Seconds)})
}

func armOf(a evalkit.Arm) armView {
	v := armView{Title: held(a.Title), Model: line(a.Model), Version: line(a.Version)}
	switch a.Role {
	case evalkit.New:
		v.Role = "new"
	case evalkit.Other:
		v.Role = "other model"
	default:
		v.Role = "baseline"
		if a.Gates {
			v.Role = "baseline that gates"
		}
	}
	return v
}

// measuredTable is all that was measured, a row each, a column for each arm.
func measuredTable(r *evalkit.Report) []measuredRow {
	var all []measuredRow
	add := func(name string, of func(*evalkit.Arm) string) {
		row := measuredRow{Name: held(name)}
		for i := range r.Arms {
			row.Cells = append(row.Cells, held(of(&r.Arms[i])))
		}
		all = append(all, row)
	}
	if len(r.Arms) == 0 {
		return nil
	}
	add("pass rate", func(a *evalkit.Arm) string { return share.estimate(a.PassRate) })
	if r.Suite.Repeat > 1 {
		add("every answer passes", func(a *evalkit.Arm) string { return share.optional(a.PassAll) })
	}
	add("the new version against it", versus)
	add("cases with all answers", func(a *evalkit.Arm) string { return thousands(a.Cases) })
	add("cases with an error", func(a *evalkit.Arm) string { return thousands(a.Errors) })
	for _, n := range names(r, func(a *evalkit.Arm) []evalkit.Named { return a.Metrics }) {
		add(n, func(a *evalkit.Arm) string { return score.estimate(named(a.Metrics, n)) })
	}
	for _, n := range names(r, func(a *evalkit.Arm) []evalkit.Named { return a.Tags }) {
		add("tag "+n, func(a *evalkit.Arm) string { return share.estimate(named(a.Tags, n)) })
	}
	add("cost of 1,000 calls", func(a *evalkit.Arm) string { return kilo(a.Cost) })
	add("latency, median", func(a *evalkit.Arm) string {
		return quantile(a.Latency, func(q *evalkit.Quantiles) float64 { return q.P50 })
	})
	add("latency, 95 of 100 below", func(a *evalkit.Arm) string {
		return quantile(a.Latency, func(q *evalkit.Quantiles) float64 { return q.P95 })
	})
	add("tokens of a call, in + out", func(a *evalkit.Arm) string {
		if a.Tokens == nil {
			return unknown
		}
		return number(a.Tokens.Input, 0) + " + " + number(a.Tokens.Output, 0)
	})
	return all
}

func versus(a *evalkit.Arm) string {
	v := a.Versus
	switch {
	case v == nil:
		return "–"
	case v.Same:
		return "the same version and model"
	}
	text := fmt.Sprintf("%d worse, %d better, of %s", v.Regressed, v.Improved, plural(v.Cases, "case", "cases"))
	if v.Difference != nil {
		text += "; " + share.difference(v.Difference)
	}
	return text
}

func quantile(q *evalkit.Quantiles, of func(*evalkit.Quantiles) float64) string {
	if q == nil {
		return unknown
	}
	return duration(of(q))
}

// names are those of all arms, sorted.
func names(r *evalkit.Report, of func(*evalkit.Arm) []evalkit.Named) []string {
	var all []string
	for i := range r.Arms {
		for _, m := range of(&r.Arms[i]) {
			all = append(all, m.Name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func caseOf(r *evalkit.Report, x *index, s *shown, i int, tags map[string]int) caseView {
	c := caseView{shown: s, Number: i + 1, ID: line(s.id), TagIDs: numbersOf(s.tags, tags)}
	for _, t := range s.tags {
		c.Tags = append(c.Tags, short(t, 60))
	}
	if s.file != "" {
		c.Where = fmt.Sprintf("%s:%d", line(s.file), s.line)
	}
	var names []string
	for _, k := range s.kinds() {
		names = append(names, k.String())
		c.Labels = append(c.Labels, label(k, s))
	}
	c.Kinds = strings.Join(names, " ")
	c.Open = i < maxOpen && (slices.Contains(names, "regressed") || slices.Contains(names, "failing"))
	c.Preview = preview(s)
	c.columns(r, x)
	return c
}

// preview is the longest text of the input: what tells cases apart.
func preview(s *shown) string {
	longest := ""
	for _, f := range s.Vars {
		if len(f.Value) > len(longest) {
			longest = f.Value
		}
	}
	return short(longest, 160)
}

func label(k kind, s *shown) labelView {
	switch k {
	case regressed:
		return labelView{"bad", fmt.Sprintf("Got worse, %s → %s %%", number(100*s.flip.Base, 0), number(100*s.flip.New, 0))}
	case improved:
		return labelView{"good", fmt.Sprintf("Got better, %s → %s %%", number(100*s.flip.Base, 0), number(100*s.flip.New, 0))}
	case failing:
		return labelView{"bad", "Failing"}
	case inError:
		return labelView{"open", "Error"}
	}
	return labelView{"good", "Passing"}
}

// columns are the baselines, then the new version, then other models, so that
// what was there before stands on the left.
func (c *caseView) columns(r *evalkit.Report, x *index) {
	var base, now *columnView
	for _, role := range []evalkit.Role{evalkit.Baseline, evalkit.New, evalkit.Other} {
		for arm, a := range r.Arms {
			if a.Role == role {
				c.Columns = append(c.Columns, columnOf(a, c.shown, arm))
			}
		}
	}
	against := ""
	if c.flip != nil {
		against = c.flip.Baseline
	}
	at := 0
	for _, role := range []evalkit.Role{evalkit.Baseline, evalkit.New, evalkit.Other} {
		for _, a := range r.Arms {
			if a.Role != role {
				continue
			}
			col := &c.Columns[at]
			at++
			if role == evalkit.Baseline && (base == nil || a.ID == against) {
				base = col
			}
			if role == evalkit.New {
				now = col
			}
		}
	}
	if base != nil && now != nil && len(base.Answers) > 0 && len(now.Answers) > 0 {
		base.Answers[0].Spans, now.Answers[0].Spans = differences(base.Answers[0].Text, now.Answers[0].Text)
	}
}

func columnOf(a evalkit.Arm, s *shown, arm int) columnView {
	col := columnView{Title: held(a.Title), Model: line(a.Model), New: a.Role == evalkit.New}
	for _, one := range s.Arms[arm] {
		v := answerView{answer: one, Number: one.Repeat + 1, Word: one.State.word(), New: col.New}
		v.Mood = map[mark]string{passed: "good", failed: "bad"}[one.State]
		if v.Mood == "" {
			v.Mood = "open"
		}
		if len(col.Answers) == 0 {
			col.Answers = append(col.Answers, v)
		} else {
			col.More = append(col.More, v)
		}
	}
	pass, fail, wrong := s.tally(arm)
	switch all := pass + fail + wrong; {
	case all == 0:
		col.Summary = "no answer"
	case wrong > 0:
		col.Summary = fmt.Sprintf("%d of %s passed, %d in error", pass, plural(all, "answer", "answers"), wrong)
	default:
		col.Summary = fmt.Sprintf("%d of %s passed", pass, plural(all, "answer", "answers"))
	}
	if hidden := pass + fail + wrong - len(s.Arms[arm]); hidden > 0 && len(s.Arms[arm]) > 0 {
		col.Summary += fmt.Sprintf(", %d not shown", hidden)
	}
	return col
}
