package report

import (
	"fmt"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// measured is one line of the table of a report: something measured, under the
// new version and under the baselines that gate, and what a rule says of it.
type measured struct {
	Name       string
	New        string
	Base       []string // by gating baseline
	Difference string
	Rule       string // "" when no gate looks at it
	Verdict    string // in words
	State      evalkit.Verdict
}

// notGated stands where a verdict would be.
const notGated = "not gated"

// word is a verdict for people.
func word(v evalkit.Verdict) string {
	switch v {
	case evalkit.Pass:
		return "passed"
	case evalkit.Fail:
		return "failed"
	}
	return "could not tell"
}

// sign repeats the word for eyes that look over a column.
func sign(v evalkit.Verdict) string {
	switch v {
	case evalkit.Pass:
		return "✓"
	case evalkit.Fail:
		return "✗"
	}
	return "?"
}

// gating are the arms that the new version must not be worse than.
func gating(r *evalkit.Report) []*evalkit.Arm {
	var all []*evalkit.Arm
	for i := range r.Arms {
		if r.Arms[i].Role == evalkit.Baseline && r.Arms[i].Gates {
			all = append(all, &r.Arms[i])
		}
	}
	return all
}

// newArm is the version that is evaluated; nil in a report without arms.
func newArm(r *evalkit.Report) *evalkit.Arm {
	for i := range r.Arms {
		if r.Arms[i].Role == evalkit.New {
			return &r.Arms[i]
		}
	}
	return nil
}

// rows are the gates in their order, then what was measured without a gate.
func rows(r *evalkit.Report) []measured {
	bases := gating(r)
	now := newArm(r)
	var all []measured
	gated := map[string]bool{}
	for _, g := range r.Gates {
		gated[g.Name] = true
		u := unitOf(g)
		m := measured{Name: g.Name, Rule: g.Rule, Verdict: word(g.Verdict), State: g.Verdict, New: u.optional(g.Value)}
		for _, base := range bases {
			text := "–"
			switch {
			case base.ID == g.Baseline && g.Base != nil:
				text = u.text(*g.Base)
			case base.ID == g.Baseline || g.Baseline == "":
				if e := value(base, g.Name); e != nil {
					text = u.text(*e)
				}
			}
			m.Base = append(m.Base, text)
		}
		if g.Diff != nil {
			m.Difference = u.difference(g.Diff)
		}
		if g.Baseline != "" && len(bases) != 1 {
			m.Rule += ", against " + armTitle(r, g.Baseline)
		}
		all = append(all, m)
	}
	if now == nil {
		return all
	}
	add := func(name string, u unit, e *evalkit.Estimate) {
		if gated[name] || e == nil {
			return
		}
		m := measured{Name: name, New: u.estimate(e), Verdict: notGated}
		for _, base := range bases {
			text := "–"
			if v := value(base, name); v != nil {
				text = u.text(*v)
			}
			m.Base = append(m.Base, text)
		}
		if len(bases) == 1 && name == "pass rate" && bases[0].Versus != nil && bases[0].Versus.Difference != nil {
			m.Difference = u.difference(bases[0].Versus.Difference)
		}
		all = append(all, m)
	}
	add("pass rate", share, now.PassRate)
	for i := range now.Metrics {
		add(now.Metrics[i].Name, score, &now.Metrics[i].Estimate)
	}
	for i := range now.Tags {
		add("tag "+now.Tags[i].Name, share, &now.Tags[i].Estimate)
	}
	return all
}

// unitOf is how the numbers of a gate are written.
func unitOf(g evalkit.Gated) unit {
	switch {
	case g.Name == "pass rate", strings.HasPrefix(g.Name, "tag "):
		return share
	case g.Name == "cost increase" && g.Base == nil: // how much more
		return share
	case g.Name == "cost increase", g.Name == "cost per call": // both costs
		return dollars
	case g.Name == "regressions":
		return count
	case g.Name == "latency p95":
		return millis
	}
	return score
}

// value is what an arm has for what a gate calls so; nil when it is not known.
func value(a *evalkit.Arm, name string) *float64 {
	switch name {
	case "pass rate":
		if a.PassRate != nil {
			return &a.PassRate.Value
		}
		return nil
	case "latency p95":
		if a.Latency != nil {
			return &a.Latency.P95
		}
		return nil
	case "cost per call":
		if a.Cost != nil {
			return &a.Cost.Mean
		}
		return nil
	}
	list, key := a.Metrics, name
	if tag, ok := strings.CutPrefix(name, "tag "); ok {
		list, key = a.Tags, tag
	}
	for i := range list {
		if list[i].Name == key {
			return &list[i].Value
		}
	}
	return nil
}

// others are the arms of a comparison of models: the new version, then the new
// version under each other model; nil when there are no other models.
func others(r *evalkit.Report) []*evalkit.Arm {
	var all []*evalkit.Arm
	for i := range r.Arms {
		if r.Arms[i].Role == evalkit.Other {
			all = append(all, &r.Arms[i])
		}
	}
	if now := newArm(r); now != nil && len(all) > 0 {
		all = append([]*evalkit.Arm{now}, all...)
	}
	return all
}

// headline is the verdict in words.
func headline(v evalkit.Verdict) string {
	switch v {
	case evalkit.Pass:
		return "Passed"
	case evalkit.Fail:
		return "Failed"
	}
	return "Could not tell"
}

// flipCount is how many cases flipped in each direction, over all gating
// baselines; the flips themselves may be fewer.
func flipCount(r *evalkit.Report) (worse, better int) {
	for _, a := range gating(r) {
		if a.Versus != nil {
			worse += a.Versus.Regressed
			better += a.Versus.Improved
		}
	}
	listedWorse, listedBetter := 0, 0
	for _, f := range r.Flips {
		if f.Regressed {
			listedWorse++
		} else {
			listedBetter++
		}
	}
	return max(worse, listedWorse), max(better, listedBetter)
}

// evidence is what the report rests on, in one sentence.
func evidence(r *evalkit.Report) string {
	parts := []string{plural(r.Suite.Cases, "case", "cases") + " of " + line(r.Suite.File)}
	if r.Suite.Repeat > 1 {
		parts[0] += ", each answered " + plural(r.Suite.Repeat, "time", "times")
	}
	parts = append(parts, plural(r.Calls, "answer", "answers")+" asked for in this run", thousands(r.Recorded)+" read from records")
	paid := "paid " + money(r.Spent)
	if r.Unpriced > 0 {
		paid += ", and " + plural(r.Unpriced, "call", "calls") + " of which the price is not known"
	}
	parts = append(parts, paid)
	if len(r.Suite.Judges) > 0 {
		parts = append(parts, "judged by "+line(strings.Join(r.Suite.Judges, ", ")))
	}
	for _, a := range gating(r) {
		if a.Versus != nil && a.Versus.Detectable != nil {
			parts = append(parts, fmt.Sprintf("with so many cases, only a drop of %s points or more is likely to be noticed (4 times in 5)", number(100**a.Versus.Detectable, 0)))
			break
		}
	}
	return strings.Join(parts, "; ")
}
