package evalkit

import (
	"fmt"
	"slices"
)

func (j *judgement) latency(limit float64) {
	g := ruled{Gated: Gated{Name: "latency p95", Rule: fmt.Sprintf("at most %s ms", number(limit)), Limit: limit, Verdict: Inconclusive}, pWorse: 1}
	_, _, g.missing = j.values(j.passRate(), 0)
	g.Sentence = "latency p95: no call was answered"
	if q := quantiles(slices.Clone(j.meters[0].latency)); q != nil {
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

// meanCost is the mean cost of a call of an arm, or why it is not known.
func (j *judgement) meanCost(arm int) (usd float64, unknown string) {
	m := &j.meters[arm]
	switch {
	case m.unpriced > 0:
		return 0, fmt.Sprintf("the price of %d calls of %s is not known: add [prices.%q] to promptflag.toml", m.unpriced, j.arms[arm].Model, j.arms[arm].Model)
	case len(m.cost) == 0:
		return 0, "no call was answered"
	}
	return quantiles(slices.Clone(m.cost)).Mean, ""
}

func (j *judgement) cost(limit float64) {
	g := ruled{Gated: Gated{Name: "cost per call", Rule: fmt.Sprintf("at most %s USD", number(limit)), Limit: limit, Verdict: Inconclusive}, pWorse: 1}
	_, _, g.missing = j.values(j.passRate(), 0)
	usd, unknown := j.meanCost(0)
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
