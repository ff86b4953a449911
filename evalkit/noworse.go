package evalkit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/evalkit/stats"
)

// versusBaselines applies a rule to each baseline that gates. What could not be
// read is a baseline, too, and no other makes up for it.
func (j *judgement) versusBaselines(name, rule string, limit float64, apply func(base int)) {
	found := false
	for i, a := range j.arms {
		if a.Gates {
			found = true
			apply(i)
		}
	}
	if found && j.unknown == "" {
		return
	}
	g := ruled{Gated: Gated{Name: name, Rule: rule, Limit: limit, Verdict: Pass}}
	g.Sentence = name + ": nothing in production to compare with"
	if j.unknown != "" {
		g.Verdict, g.Sentence = Inconclusive, name+": not compared with production: "+j.unknown
	}
	j.rules = append(j.rules, g)
}

// compare is the interval of the mean difference, new − old.
func (p paired) compare(confidence float64) (stats.Comparison, error) {
	if len(p.new) == 0 {
		return stats.Comparison{}, errors.New("no case was answered by both")
	}
	return stats.Compare(p.new, p.old, p.clusters, confidence, seed)
}

// seed of resampling: the same answers give the same verdict.
const seed = 1

// notWorse is non-inferiority with a margin: it passes when the interval of the
// difference lies above −margin, and fails when it lies below 0 instead.
func (j *judgement) notWorse(m measure, margin float64, base int) {
	p := j.pairs(m, base)
	g := ruled{
		Gated: Gated{
			Name: m.name, Rule: "not worse by " + number(margin), Limit: margin, Baseline: j.arms[base].ID, Verdict: Inconclusive,
		},
		measure: m, missing: p.missing, interval: true, base: base, pWorse: 1,
	}
	c, err := p.compare(j.confidence)
	if err != nil {
		g.Sentence = fmt.Sprintf("%s: not compared with %s: %v", m.name, j.arms[base].Title, err) + g.end()
		j.rules = append(j.rules, g)
		return
	}
	g.Method = c.Method
	g.Value, g.Base = mean(p.new), mean(p.old)
	g.Diff = &Estimate{Value: c.Estimate, Lower: c.Lower, Upper: c.Upper, N: c.N}
	best := c
	if p.missing > 0 { // the best that the missing cases could have been
		q := paired{
			new:      slices.Concat(p.new, slices.Repeat([]float64{1}, p.missing)),
			old:      slices.Concat(p.old, slices.Repeat([]float64{0}, p.missing)),
			clusters: slices.Concat(p.clusters, slices.Repeat([]string{""}, p.missing)),
		}
		if best, err = q.compare(j.confidence); err != nil {
			best = stats.Comparison{}
		}
	}
	switch {
	case c.Lower > -margin && p.missing == 0:
		g.Verdict = Pass
	case best.Upper < 0 && best.Lower <= -margin:
		g.pWorse = best.PWorse // convict decides
	}
	if g.Verdict == Inconclusive && p.missing == 0 {
		g.More, _ = c.More(margin)
	}
	g.Sentence = fmt.Sprintf("%s %s (n=%d), %s %s, difference %s, %s %% [%s, %s], margin %s",
		m.name, number(*g.Value), c.N, j.called(base), number(*g.Base), signed(c.Estimate), percent(j.confidence),
		signed(c.Lower), signed(c.Upper), signed(-margin))
	j.rules = append(j.rules, g)
}

// convict decides which rules fail whose difference lies below 0. Many of them
// at once would fail an equal prompt by chance: Holm's correction over all
// comparisons keeps that in the bounds of one. (To pass, all have to pass: that
// needs none.)
func (j *judgement) convict() {
	var p []float64
	var at []int
	for i, g := range j.rules {
		if g.base > 0 {
			p, at = append(p, g.pWorse), append(at, i)
		}
	}
	for k, adjusted := range stats.Holm(p) {
		g := &j.rules[at[k]]
		if adjusted <= (1-j.confidence)/2 {
			g.Verdict, g.More = Fail, 0
		}
		if g.Diff != nil {
			g.Sentence += g.end()
		}
	}
}

func (j *judgement) regressions(limit int) {
	rule := fmt.Sprintf("at most %d", limit)
	j.versusBaselines("regressions", rule, float64(limit), func(base int) {
		count, cases, missing := 0, 0, 0
		for i := range j.entries {
			n, o := &j.entries[i].cells[0], &j.entries[i].cells[base]
			switch {
			case !n.answered() || !o.answered():
				missing++
			case o.passes() && !n.passes():
				count++
				fallthrough
			default:
				cases++
			}
		}
		value := float64(count)
		g := ruled{Gated: Gated{Name: "regressions", Rule: rule, Limit: float64(limit), Value: &value, Baseline: j.arms[base].ID}, missing: missing}
		switch {
		case count > limit:
			g.Verdict = Fail
		case missing > 0 || cases == 0:
			g.Verdict = Inconclusive
		default:
			g.Verdict = Pass
		}
		g.Sentence = fmt.Sprintf("regressions %d of %d cases against %s, %s", count, cases, j.called(base), rule) + g.end()
		j.rules = append(j.rules, g)
	})
}

func (j *judgement) costIncrease(limit float64) {
	rule := fmt.Sprintf("at most %s %% more", number(100*limit))
	j.versusBaselines("cost increase", rule, limit, func(base int) {
		g := ruled{Gated: Gated{Name: "cost increase", Rule: rule, Limit: limit, Verdict: Inconclusive, Baseline: j.arms[base].ID}}
		_, _, missing := j.values(j.passRate(), 0)
		_, _, more := j.values(j.passRate(), base)
		g.missing = max(missing, more)
		mean, unknown := j.meanCosts(0, base)
		usd, old := mean[0], mean[1]
		switch {
		case unknown != "":
			g.Sentence = "cost increase: " + unknown
		case old <= 0 && usd <= 0:
			g.Sentence = "cost increase: both cost nothing"
			if g.missing == 0 {
				g.Verdict = Pass
			}
		case old <= 0:
			g.Sentence = "cost increase: the baseline costs nothing"
		default:
			increase := usd/old - 1
			g.Value = &increase
			g.Sentence = fmt.Sprintf("cost per call %s USD, %s %s USD, %s %%, %s", number(usd), j.called(base), number(old), signed(100*increase), rule)
			switch {
			case g.missing > 0:
			case increase > limit+epsilon:
				g.Verdict = Fail
			default:
				g.Verdict = Pass
			}
		}
		g.Sentence += g.end()
		j.rules = append(j.rules, g)
	})
}
