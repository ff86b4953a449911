package evalkit

import (
	"github.com/promptflag/promptflag/evalkit/stats"
)

// summary is how one arm did.
func (t *tally) summary(at int, arms []*arm, confidence float64) Arm {
	a, m := arms[at].Arm, &t.meters[at]
	values, clusters, missing := t.values(t.passRate(), at)
	a.Cases, a.Errors = len(values), missing
	a.PassRate = estimate(values, clusters, confidence)
	score := measure{
		has: func(*entry) bool { return true },
		of:  func(_ *entry, c *cell) float64 { return c.score / float64(c.samples) },
	}
	values, clusters, _ = t.values(score, at)
	a.Score = estimate(values, clusters, confidence)
	if len(values) > 0 {
		a.Scores = histogram(values)
	}
	a.PassAll = t.passAll(at)
	for _, name := range t.suite.Metrics {
		values, clusters, _ := t.values(t.measured(name), at)
		if e := estimate(values, clusters, confidence); e != nil {
			a.Metrics = append(a.Metrics, Named{name, *e})
		}
	}
	for _, name := range t.suite.Tags {
		values, clusters, _ := t.values(t.ofTag(name), at)
		if e := estimate(values, clusters, confidence); e != nil {
			a.Tags = append(a.Tags, Named{name, *e})
		}
	}
	if m.untimed == 0 {
		a.Latency = quantiles(m.latency)
	}
	if m.unpriced == 0 {
		a.Cost = quantiles(m.cost)
	}
	if m.counted > 0 {
		n := float64(m.counted)
		a.Tokens = &TokenCount{Input: float64(m.input) / n, Output: float64(m.output) / n}
	}
	if len(m.faults) > 0 {
		a.Faults = m.faults
	}
	if at > 0 {
		a.Versus = t.versus(at, confidence)
		a.Versus.Same = a.Digest == arms[0].Digest && a.Model == arms[0].Model
	}
	return a
}

// histogram counts scores by tenths, and those of 1 apart.
func histogram(values []float64) []int {
	counts := make([]int, 11)
	for _, v := range values {
		counts[max(0, min(10, int(v*10)))]++
	}
	return counts
}

// passAll is pass^k for the k samples that all cases have; nil when that is one.
func (t *tally) passAll(at int) *float64 {
	var passed, samples []int
	k := 0
	for i := range t.entries {
		c := &t.entries[i].cells[at]
		if !c.answered() {
			continue
		}
		passed, samples = append(passed, c.passed), append(samples, c.samples)
		if k == 0 || c.samples < k {
			k = c.samples
		}
	}
	if k < 2 {
		return nil
	}
	p, err := stats.PassPowK(passed, samples, k)
	if err != nil {
		return nil
	}
	return &p
}

func (t *tally) versus(at int, confidence float64) *Versus {
	v := &Versus{}
	for i := range t.entries {
		n, o := &t.entries[i].cells[0], &t.entries[i].cells[at]
		if !n.answered() || !o.answered() {
			continue
		}
		v.Cases++
		switch {
		case n.passes() && !o.passes():
			v.Improved++
		case o.passes() && !n.passes():
			v.Regressed++
		}
	}
	p := t.pairs(t.passRate(), at)
	if c, err := p.compare(confidence); err == nil {
		v.Difference = &Estimate{Value: c.Estimate, Lower: c.Lower, Upper: c.Upper, N: c.N}
		v.Method = c.Method
	}
	const power = 0.8
	if v.Cases > 0 {
		if drop, ok := stats.DetectableDrop(v.Cases, float64(v.Improved)/float64(v.Cases), (1-confidence)/2, power); ok {
			v.Detectable = &drop
		}
	}
	return v
}
