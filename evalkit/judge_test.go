package evalkit

import (
	"testing"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/stats"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// judgementOf is about the new version and a baseline: what each of them did with
// the cases.
func judgementOf(cases ...[2]cell) *judgement {
	t := newTally(&suite.Suite{}, []*arm{{}, {}})
	for _, c := range cases {
		t.entries = append(t.entries, entry{cells: c[:]})
	}
	return &judgement{
		tally: t, confidence: 0.95,
		arms: []*arm{{Arm: Arm{ID: "new", Role: New, Model: "m"}}, {Arm: Arm{ID: "base1", Role: Baseline, Gates: true, Model: "m"}, index: 1}},
	}
}

func (j *judgement) last() Verdict { return j.rules[len(j.rules)-1].Verdict }

// TestNothingToJudge: no case that a rule is about never passes.
func TestNothingToJudge(t *testing.T) {
	for name, apply := range map[string]func(j *judgement){
		"min":       func(j *judgement) { j.atLeast(j.passRate(), 0) },
		"min_lower": func(j *judgement) { j.surelyAtLeast(j.passRate(), 0) },
		"margin":    func(j *judgement) { j.notWorse(j.passRate(), 1, 1) },
		"flips":     func(j *judgement) { j.regressions(9) },
		"latency":   func(j *judgement) { j.latency(9) },
		"cost":      func(j *judgement) { j.cost(9) },
		"increase":  func(j *judgement) { j.costIncrease(9) },
	} {
		j := judgementOf()
		if apply(j); j.last() != Inconclusive {
			t.Errorf("%s: %s", name, j.rules[0].Sentence)
		}
	}
	if v, _ := conclude(nil); v != Inconclusive {
		t.Errorf("no rule: %s", v)
	}
}

// TestRoundedMean: a mean that is the limit but for its last digits reaches it.
func TestRoundedMean(t *testing.T) {
	j := judgementOf()
	score := measure{name: "score", has: func(*entry) bool { return true }, of: func(_ *entry, c *cell) float64 { return c.score }}
	for range 10 { // their sum is less than 1
		j.entries = append(j.entries, entry{cells: []cell{{samples: 1, score: .1}, {}}})
	}
	if j.atLeast(score, .1); j.last() != Pass {
		t.Errorf("%s", j.rules[0].Sentence)
	}
}

// TestOnlyGating: the version must not be worse than baselines that gate, and may
// be worse than others.
func TestOnlyGating(t *testing.T) {
	for gates, want := range map[bool]Verdict{true: Fail, false: Pass} {
		j := judgementOf([2]cell{{samples: 1}, {samples: 1, passed: 1}})
		j.arms[1].Gates = gates
		if j.regressions(0); j.last() != want {
			t.Errorf("gates %v: %s", gates, j.rules[0].Sentence)
		}
	}
}

// TestHalfPassed: a case of which half of the samples pass does not.
func TestHalfPassed(t *testing.T) {
	j := judgementOf([2]cell{{samples: 2, passed: 1}, {samples: 3, passed: 2}})
	if j.regressions(0); j.last() != Fail {
		t.Error(j.rules[0].Sentence)
	}
	if f := j.flips(j.arms); len(f) != 1 || !f[0].Regressed {
		t.Errorf("flips %+v", f)
	}
}

// TestCosts: what is not known, or cannot be told as a share, decides nothing.
func TestCosts(t *testing.T) {
	paid, free := cell{samples: 1, cost: 1, priced: 1}, cell{samples: 1, priced: 1}
	j := judgementOf([2]cell{paid, free})
	if j.costIncrease(9); j.last() != Inconclusive {
		t.Error(j.rules[0].Sentence)
	}
	j = judgementOf([2]cell{paid, paid}, [2]cell{{samples: 1}, paid})
	j.meters[0].unpriced = 1
	if j.cost(9); j.last() != Inconclusive {
		t.Error(j.rules[0].Sentence)
	}
	if j.costIncrease(9); j.last() != Inconclusive {
		t.Error(j.rules[1].Sentence)
	}
	j.meters[0].cost = []float64{1}
	if a := j.summary(0, j.arms, .95); a.Cost != nil {
		t.Errorf("cost %+v, want none", a.Cost)
	}
}

// TestUncheckedAnswer: an answer that could not be checked was given, and paid for.
func TestUncheckedAnswer(t *testing.T) {
	j := judgementOf([2]cell{})
	m, e, usd := &j.meters[0], &j.entries[0], 2.0
	j.count(e, &e.cells[0], m, &Sample{Fault: faultAssertion, Cost: &usd, Output: chat.Response{Latency: 3e6}})
	j.count(e, &e.cells[0], m, &Sample{Fault: string(chat.Unavailable)})
	if len(m.latency) != 1 || m.latency[0] != 3 || len(m.cost) != 1 || m.cost[0] != 2 || m.untimed+m.unpriced != 0 || e.cells[0].errors != 2 {
		t.Errorf("meters %+v, cell %+v", m, e.cells[0])
	}
}

// TestWeightless: rules leave out the cases where a metric only measures.
func TestWeightless(t *testing.T) {
	one := func(w float64, parts ...*assert.Assertion) *assert.Assertion {
		return &assert.Assertion{Metric: "m", Weight: w, Parts: parts}
	}
	tl := newTally(&suite.Suite{Metrics: []string{"m"}}, []*arm{{}})
	for _, checks := range [][]*assert.Assertion{{one(1)}, {one(0)}, {{Parts: []*assert.Assertion{one(1)}}}} {
		tl.begin(&suite.Case{Assert: checks})
	}
	for i, want := range []bool{true, false, false} {
		e := &tl.entries[i]
		if got := tl.ofMetric("m").has(e); got != want {
			t.Errorf("case %d: a rule is about it: %v, want %v", i, got, want)
		}
		if !tl.measured("m").has(e) {
			t.Errorf("case %d: no table is about it", i)
		}
	}
	parts := []assert.Result{{Metric: "m", Weight: 1, Score: 1}}
	if got := metricScore([]assert.Result{{Weight: 0, Parts: parts}, {Metric: "m", Weight: 2, Score: .5}}, "m"); got != .5 {
		t.Errorf("score %g, want .5: what is in a set of weight 0 counts only where nothing else does", got)
	}
}

// TestClusters: cases of one cluster are not as many.
func TestClusters(t *testing.T) {
	values, clusters := make([]float64, 40), make([]string, 40)
	for i := range values {
		values[i] = float64(i / 2 % 2)
		clusters[i] = string(rune('a' + i/2))
	}
	alone, together := estimate(values, make([]string, 40), .95), estimate(values, clusters, .95)
	if together.Upper-together.Lower <= alone.Upper-alone.Lower {
		t.Errorf("with clusters %+v, without %+v", together, alone)
	}
}

// TestCouldTell: more samples are paid for only if they could decide, and only of
// the arms that they are about.
func TestCouldTell(t *testing.T) {
	rule := func(v Verdict, interval bool, missing, base int) ruled {
		return ruled{Gated: Gated{Verdict: v}, interval: interval, missing: missing, base: base}
	}
	pass, open := rule(Pass, true, 0, 1), rule(Inconclusive, true, 0, 0)
	for name, tt := range map[string]struct {
		rules []ruled
		want  bool
	}{
		"decided":            {[]ruled{pass}, false},
		"open":               {[]ruled{pass, open}, true},
		"failed already":     {[]ruled{open, rule(Fail, true, 0, 0)}, false},
		"an answer missing":  {[]ruled{open, rule(Inconclusive, true, 1, 0)}, false},
		"not about chance":   {[]ruled{open, rule(Inconclusive, false, 0, 0)}, false},
		"passes for certain": {[]ruled{open, rule(Pass, false, 0, 0)}, true},
	} {
		j := judgementOf()
		j.rules = tt.rules
		if got := j.couldTell(); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	j := judgementOf()
	if j.rules = []ruled{pass, open}; len(j.concerned()) != 1 {
		t.Error("the baseline is asked again for a rule that is not about it")
	}
	if j.rules = []ruled{rule(Inconclusive, true, 0, 1)}; len(j.concerned()) != 2 {
		t.Error("the baseline is not asked again")
	}
}

func TestConfidenceOfLooks(t *testing.T) {
	for _, tt := range []struct {
		repeat, most int
		want         float64
	}{{1, 1, .95}, {2, 2, .95}, {1, 5, stats.LookConfidence(.95, 5)}, {2, 5, stats.LookConfidence(.95, 4)}} {
		r := run{plan: Plan{Suite: &suite.Suite{Repeat: tt.repeat, MaxRepeat: tt.most}}}
		if got := r.confidence(); got != tt.want {
			t.Errorf("repeat %d to %d: confidence %g, want %g", tt.repeat, tt.most, got, tt.want)
		}
	}
}
