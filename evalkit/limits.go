package evalkit

import (
	"fmt"
	"slices"
)

func (j *judgement) latency(limit float64) {
	g := ruled{Gated: Gated{Name: "latency p95", Rule: fmt.Sprintf("at most %s ms", number(limit)), Limit: limit, Verdict: Inconclusive}}
	_, _, g.missing = j.values(j.passRate(), 0)
	m := &j.meters[0]
	g.Sentence = "latency p95: no call was answered"
	if m.untimed > 0 {
		g.Sentence = fmt.Sprintf("latency p95: %d answers do not say how long they took", m.untimed)
	} else if q := quantiles(slices.Clone(m.latency)); q != nil {
		g.Value = &q.P95
		switch {
		case g.missing > 0:
			// The missing answers may have been fast or slow.
		case q.P95 > limit:
			g.Verdict = Fail
		default:
			g.Verdict = Pass
		}
		g.Sentence = fmt.Sprintf("latency p95 %.0f ms, %s", q.P95, g.Rule)
	}
	g.Sentence += g.end()
	j.rules = append(j.rules, g)
}

// meanCosts are the mean costs of a call of arms, over the cases that all of them
// answered, or why they are not known. A case counts once however often it was
// asked: else the cases that a gate asks again would move the mean.
func (j *judgement) meanCosts(arms ...int) (usd []float64, unknown string) {
	usd = make([]float64, len(arms))
	for _, a := range arms {
		if n := j.meters[a].unpriced; n > 0 {
			return usd, fmt.Sprintf("the price of %d calls of %s is not known: add [prices.%q] to promptflag.toml", n, j.arms[a].Model, j.arms[a].Model)
		}
	}
	cases := 0
	for i := range j.entries {
		cells := j.entries[i].cells
		if slices.ContainsFunc(arms, func(a int) bool { return cells[a].priced == 0 }) {
			continue
		}
		cases++
		for k, a := range arms {
			usd[k] += cells[a].cost / float64(cells[a].priced)
		}
	}
	if cases == 0 {
		return usd, "no call was answered"
	}
	for k := range usd {
		usd[k] /= float64(cases)
	}
	return usd, ""
}

func (j *judgement) cost(limit float64) {
	g := ruled{Gated: Gated{Name: "cost per call", Rule: fmt.Sprintf("at most %s USD", number(limit)), Limit: limit, Verdict: Inconclusive}}
	_, _, g.missing = j.values(j.passRate(), 0)
	mean, unknown := j.meanCosts(0)
	usd := mean[0]
	switch {
	case unknown != "":
		g.Sentence = "cost per call: " + unknown
	default:
		g.Value = &usd
		g.Sentence = fmt.Sprintf("cost per call %s USD, %s", number(usd), g.Rule)
		if usd > limit+epsilon*limit && g.missing == 0 {
			g.Verdict = Fail
		} else if g.missing == 0 {
			g.Verdict = Pass
		}
	}
	g.Sentence += g.end()
	j.rules = append(j.rules, g)
}
