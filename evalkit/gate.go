package evalkit

import (
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/evalkit/suite"
)

// Rules compare in two ways. A rule about what was observed (min,
// max_regressions, latency, cost) is about these cases: it holds or does not. A
// rule about what is likely (margin, min_lower) looks at a confidence interval
// and may be undecided.
//
// A case without an answer counts for neither side. A rule passes only when all
// answers are there, and fails without them only when it would fail whatever
// they had been.

// epsilon is less than any difference that means something.
const epsilon = 1e-9

// judgement is all gates on what is known by now.
type judgement struct {
	*tally
	gate       suite.Gate
	arms       []*arm
	unknown    string // why the baselines are not known; "" when they are
	confidence float64
	rules      []ruled
}

// ruled is a rule with what it takes to look again.
type ruled struct {
	Gated
	measure  measure
	interval bool    // more samples can settle it
	missing  int     // cases without an answer
	base     int     // index of the arm; 0 for none
	pWorse   float64 // of rules with a base: that the new version is as good, one-sided; 1 unless the interval lies below 0
}

func (r *run) judge() *judgement {
	j := &judgement{
		tally: r.tally, gate: r.plan.Suite.Gate, arms: r.arms, unknown: r.plan.Unknown, confidence: r.confidence(),
	}
	g := j.gate
	if g.Default {
		every := 1.0
		g.PassRate.Min = &every
	}
	j.bound(j.passRate(), g.PassRate)
	for _, name := range sortedKeys(g.Metrics) {
		j.bound(j.ofMetric(name), g.Metrics[name])
	}
	for _, name := range sortedKeys(g.Tags) {
		j.bound(j.ofTag(name), g.Tags[name])
	}
	if g.MaxRegressions != nil {
		j.regressions(*g.MaxRegressions)
	}
	if g.LatencyP95 > 0 {
		j.latency(g.LatencyP95)
	}
	if g.CostPerCall > 0 {
		j.cost(g.CostPerCall)
	}
	if g.CostIncrease != nil {
		j.costIncrease(*g.CostIncrease)
	}
	j.convict()
	j.answers()
	return j
}

// answers keeps a run from passing of which no rule is about the cases that have
// no answer.
func (j *judgement) answers() {
	_, _, missing := j.values(j.passRate(), 0)
	open := func(g ruled) bool { return g.Verdict != Pass }
	if missing == 0 || slices.ContainsFunc(j.rules, open) {
		return
	}
	g := ruled{Gated: Gated{Name: "answers", Rule: "of every case", Limit: 1, Verdict: Inconclusive}, measure: j.passRate(), missing: missing}
	g.Sentence = "answers: every rule holds for the cases that have one" + g.end()
	j.rules = append(j.rules, g)
}

func sortedKeys(m map[string]suite.Bound) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (j *judgement) bound(m measure, b suite.Bound) {
	if b.Min != nil {
		j.atLeast(m, *b.Min)
	}
	if b.MinLower != nil {
		j.surelyAtLeast(m, *b.MinLower)
	}
	if b.Margin != nil {
		j.versusBaselines(m.name, fmt.Sprintf("not worse by %s", number(*b.Margin)), *b.Margin, func(base int) {
			j.notWorse(m, *b.Margin, base)
		})
	}
}

// atLeast is a rule about the mean that was observed.
func (j *judgement) atLeast(m measure, limit float64) {
	values, clusters, missing := j.values(m, 0)
	g := ruled{Gated: Gated{Name: m.name, Rule: "at least " + number(limit), Limit: limit}, measure: m, missing: missing}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	n := float64(len(values) + missing)
	e := estimate(values, clusters, j.confidence)
	switch {
	case n == 0:
		g.Verdict = Inconclusive
	case (sum+float64(missing))/n < limit-epsilon:
		g.Verdict = Fail
	case missing > 0:
		g.Verdict = Inconclusive
	default:
		g.Verdict = Pass
	}
	g.value(e)
	g.Sentence = g.start(e) + ", " + g.Rule + g.end()
	j.rules = append(j.rules, g)
}

// surelyAtLeast is a rule about what the mean is with confidence.
func (j *judgement) surelyAtLeast(m measure, limit float64) {
	values, clusters, missing := j.values(m, 0)
	g := ruled{
		Gated:   Gated{Name: m.name, Rule: "surely at least " + number(limit), Limit: limit, Verdict: Inconclusive},
		measure: m, missing: missing, interval: true,
	}
	e := carefully(values, clusters, j.confidence)
	if e != nil {
		best := e
		if missing > 0 { // the best that they could have been
			all := slices.Concat(values, slices.Repeat([]float64{1}, missing))
			best = carefully(all, slices.Concat(clusters, slices.Repeat([]string{""}, missing)), j.confidence)
		}
		switch {
		case best.Upper < limit:
			g.Verdict = Fail
		case missing == 0 && e.Lower >= limit-epsilon:
			g.Verdict = Pass
		}
	}
	g.value(e)
	g.Sentence = g.start(e) + j.between(e) + ", " + g.Rule + g.end()
	j.rules = append(j.rules, g)
}

// couldTell: the verdict is open, and more samples could settle it.
func (j *judgement) couldTell() bool {
	undecided := false
	for _, g := range j.rules {
		switch {
		case g.Verdict == Fail, g.Verdict == Inconclusive && (!g.interval || g.missing > 0):
			return false
		case g.Verdict == Inconclusive:
			undecided = true
		}
	}
	return undecided
}

// concerned are the arms that undecided rules are about.
func (j *judgement) concerned() []*arm {
	var out []*arm
	for i, a := range j.arms {
		about := func(g ruled) bool { return g.Verdict == Inconclusive && g.base == i }
		if i == 0 || slices.ContainsFunc(j.rules, about) {
			out = append(out, a)
		}
	}
	return out
}

// concerns reports whether an undecided rule is about a case.
func (j *judgement) concerns(index int) bool {
	return slices.ContainsFunc(j.rules, func(g ruled) bool { return g.Verdict == Inconclusive && g.measure.has(&j.entries[index]) })
}

// gated are the rules in the order of the report.
func (j *judgement) gated() []Gated {
	gates := []Gated{}
	for _, v := range []Verdict{Fail, Inconclusive, Pass} {
		for _, g := range j.rules {
			if g.Verdict == v {
				gates = append(gates, g.Gated)
			}
		}
	}
	return gates
}

// conclude is the verdict of a run: the worst of its rules, which come first.
func conclude(gates []Gated) (Verdict, string) {
	if len(gates) == 0 {
		return Inconclusive, "no rule to judge by"
	}
	v, same := gates[0].Verdict, 0
	for _, g := range gates {
		if g.Verdict == v {
			same++
		}
	}
	reason := gates[0].Sentence
	switch {
	case v == Pass && same > 1:
		return v, fmt.Sprintf("%d rules hold; %s", same, reason)
	case same > 1:
		return v, fmt.Sprintf("%s; and %d more", reason, same-1)
	}
	return v, reason
}
