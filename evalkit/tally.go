package evalkit

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/stats"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// tally keeps what the statistics need of each case, some hundred bytes, and
// not the answers: they are in the results file.
type tally struct {
	suite  *suite.Suite
	metric map[string]int // index by name
	tag    map[string]int

	mu       sync.Mutex
	entries  []entry
	interned map[string][]int
	meters   []meters // by arm
	problems []Problem
}

// entry is one case.
type entry struct {
	id, cluster string
	// Indexes; shared by cases that have the same. Rules look at weighted metrics
	// alone, tables at all.
	tags, metrics, weighted []int
	cells                   []cell
}

// cell is what one arm did with a case.
type cell struct {
	samples, errors, passed int
	score                   float64   // sum
	metrics                 []float64 // sums of samples, by entry.metrics
	cost                    float64   // sum, in USD
	priced                  int       // samples of which the cost is known
}

// answered: the arm answered all samples of the case.
func (c *cell) answered() bool { return c.samples > 0 && c.errors == 0 }

// passes says what a case counts as when it is one or the other: more than half
// of its samples passed.
func (c *cell) passes() bool { return 2*c.passed > c.samples }

// meters are the samples of an arm as numbers.
type meters struct {
	latency, cost []float64 // milliseconds; USD
	untimed       int       // answers that do not say how long they took
	unpriced      int
	input, output int
	counted       int
	faults        map[string]int
}

func newTally(s *suite.Suite, arms []*arm) *tally {
	t := &tally{
		suite: s, metric: indexes(s.Metrics), tag: indexes(s.Tags), interned: map[string][]int{},
		meters: make([]meters, len(arms)),
	}
	for i := range t.meters {
		t.meters[i].faults = map[string]int{}
	}
	return t
}

func indexes(names []string) map[string]int {
	m := make(map[string]int, len(names))
	for i, n := range names {
		m[n] = i
	}
	return m
}

// begin makes room for the next case.
func (t *tally) begin(c *suite.Case) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := entry{id: c.ID, cluster: c.Cluster, cells: make([]cell, len(t.meters))}
	e.tags = t.intern("tag", c.Tags, t.tag)
	e.metrics = t.intern("metric", metrics(c.Assert, true, nil), t.metric)
	e.weighted = t.intern("metric", metrics(c.Assert, false, nil), t.metric)
	for i := range e.cells {
		e.cells[i].metrics = make([]float64, len(e.metrics))
	}
	t.entries = append(t.entries, e)
}

// intern returns the indexes of names, the same slice for the same names.
func (t *tally) intern(kind string, names []string, index map[string]int) []int {
	if len(names) == 0 {
		return nil
	}
	var found []int
	for _, n := range names {
		if i, ok := index[n]; ok && !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	key := fmt.Sprint(kind, found)
	if old, ok := t.interned[key]; ok {
		return old
	}
	t.interned[key] = found
	return found
}

// metrics are those that assertions count for. What has weight 0 only measures,
// with all its parts: measured asks for that, too.
func metrics(checks []*assert.Assertion, measured bool, into []string) []string {
	for _, a := range checks {
		if a.Weight == 0 && !measured {
			continue
		}
		if a.Metric != "" {
			into = append(into, a.Metric)
		}
		into = metrics(a.Parts, measured, into)
	}
	return into
}

// add takes the samples of a case, in their order.
func (t *tally) add(r *row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := &t.entries[r.index]
	for i, a := range r.arms {
		c, m := &e.cells[a.index], &t.meters[a.index]
		for k := range r.samples[i] {
			t.count(e, c, m, &r.samples[i][k])
		}
	}
}

func (t *tally) count(e *entry, c *cell, m *meters, s *Sample) {
	c.samples++
	if s.Fault == "" || s.Fault == faultAssertion { // there was an answer
		if s.Output.Latency > 0 {
			m.latency = append(m.latency, float64(s.Output.Latency)/1e6)
		} else {
			m.untimed++
		}
		if s.Cost != nil {
			m.cost = append(m.cost, *s.Cost)
			c.cost, c.priced = c.cost+*s.Cost, c.priced+1
		} else {
			m.unpriced++
		}
		if s.Output.Usage.Known {
			m.counted, m.input, m.output = m.counted+1, m.input+s.Output.Usage.Input, m.output+s.Output.Usage.Output
		}
	}
	if s.Fault != "" {
		c.errors++
		m.faults[s.Fault]++
		t.problems = append(t.problems, Problem{Case: s.Case, Arm: s.Arm, Fault: s.Fault, Detail: s.Error})
		if len(t.problems) > 2*MaxProblems {
			t.trim()
		}
		return
	}
	if s.Pass {
		c.passed++
	}
	c.score += s.Score
	for i, metric := range e.metrics {
		c.metrics[i] += metricScore(s.Results, t.suite.Metrics[metric])
	}
}

// trim keeps the problems that come first by case, whatever order they came in.
func (t *tally) trim() {
	slices.SortFunc(t.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Case, b.Case), cmp.Compare(a.Arm, b.Arm), cmp.Compare(a.Detail, b.Detail))
	})
	t.problems = t.problems[:min(len(t.problems), MaxProblems)]
}

// metricScore is the mean of the scores that count for a metric, by weight; of
// those that only measure when there are no others.
func metricScore(results []assert.Result, metric string) float64 {
	var w, m sum
	metricSum(results, metric, false, &w, &m)
	if w.weight == 0 {
		w = m
	}
	if w.weight == 0 {
		return 0
	}
	return w.total / w.weight
}

type sum struct{ total, weight float64 }

func metricSum(results []assert.Result, metric string, measuring bool, weighted, measured *sum) {
	for _, r := range results {
		measuring := measuring || r.Weight == 0
		if r.Metric == metric && measuring {
			measured.total, measured.weight = measured.total+r.Score, measured.weight+1
		} else if r.Metric == metric {
			weighted.total, weighted.weight = weighted.total+r.Weight*r.Score, weighted.weight+r.Weight
		}
		metricSum(r.Parts, metric, measuring, weighted, measured)
	}
}

// measure is a number of a case that is compared: which cases have it, and what
// it is when all samples were answered.
type measure struct {
	name string
	has  func(e *entry) bool
	of   func(e *entry, c *cell) float64
}

func (t *tally) passRate() measure {
	return measure{
		name: "pass rate",
		has:  func(*entry) bool { return true },
		of:   func(_ *entry, c *cell) float64 { return float64(c.passed) / float64(c.samples) },
	}
}

// ofMetric is a metric for rules: of the cases where it has a weight.
func (t *tally) ofMetric(name string) measure {
	m, at := t.measured(name), t.metric[name]
	m.has = func(e *entry) bool { return slices.Contains(e.weighted, at) }
	return m
}

// measured is a metric for tables.
func (t *tally) measured(name string) measure {
	at := t.metric[name]
	return measure{
		name: name,
		has:  func(e *entry) bool { return slices.Contains(e.metrics, at) },
		of: func(e *entry, c *cell) float64 {
			return c.metrics[slices.Index(e.metrics, at)] / float64(c.samples)
		},
	}
}

func (t *tally) ofTag(name string) measure {
	m, at := t.passRate(), t.tag[name]
	m.name = "tag " + name
	m.has = func(e *entry) bool { return slices.Contains(e.tags, at) }
	return m
}

// values are those of one arm, and how many cases have none because of errors.
func (t *tally) values(m measure, arm int) (values []float64, clusters []string, missing int) {
	for i := range t.entries {
		e := &t.entries[i]
		if !m.has(e) {
			continue
		}
		c := &e.cells[arm]
		if !c.answered() {
			missing++
			continue
		}
		values, clusters = append(values, m.of(e, c)), append(clusters, e.cluster)
	}
	return values, clusters, missing
}

// pairs are the values of the cases that both arms answered.
func (t *tally) pairs(m measure, base int) paired {
	var p paired
	for i := range t.entries {
		e := &t.entries[i]
		if !m.has(e) {
			continue
		}
		n, b := &e.cells[0], &e.cells[base]
		if !n.answered() || !b.answered() {
			p.missing++
			continue
		}
		p.new, p.old = append(p.new, m.of(e, n)), append(p.old, m.of(e, b))
		p.clusters = append(p.clusters, e.cluster)
	}
	return p
}

type paired struct {
	new, old []float64
	clusters []string
	missing  int
}

// flips are the cases of which the new version does something else than a
// baseline that gates: regressions first, then by case.
func (t *tally) flips(arms []*arm) []Flip {
	flips := []Flip{}
	for b, a := range arms {
		if !a.Gates {
			continue
		}
		for i := range t.entries {
			e := &t.entries[i]
			n, o := &e.cells[0], &e.cells[b]
			if !n.answered() || !o.answered() || n.passes() == o.passes() {
				continue
			}
			flips = append(flips, Flip{
				Case: e.id, Baseline: a.ID, Regressed: o.passes(),
				New: float64(n.passed) / float64(n.samples), Base: float64(o.passed) / float64(o.samples),
			})
		}
	}
	slices.SortStableFunc(flips, func(a, b Flip) int {
		switch {
		case a.Regressed == b.Regressed:
			return 0
		case a.Regressed:
			return -1
		}
		return 1
	})
	return flips[:min(len(flips), MaxFlips)]
}

// estimate is the mean of values with an interval; nil for none. It is that of
// Wilson for cases that stand alone and are 0 or 1. Else it is the t interval, not
// narrower than what as many independent cases leave open that are all 1: t takes
// one flaw among many cases for more knowledge than none.
func estimate(values []float64, clusters []string, confidence float64) *Estimate {
	n := len(values)
	if n == 0 {
		return nil
	}
	passed, binary := 0, true
	for _, v := range values {
		binary = binary && (v == 0 || v == 1)
		if v == 1 {
			passed++
		}
	}
	units := independent(clusters)
	if binary && units == n {
		i := stats.Wilson(passed, n, confidence)
		return &Estimate{Value: i.Estimate, Lower: i.Lower, Upper: i.Upper, N: n}
	}
	i := stats.ClusteredT(values, clusters, confidence)
	half := stats.NoFlips(units, confidence)
	return &Estimate{
		Value: i.Estimate, Lower: max(0, min(i.Lower, i.Estimate-half)), Upper: min(1, max(i.Upper, i.Estimate+half)), N: n,
	}
}

// carefully is estimate for a rule: where t is not enough, as for rare flaws, it
// is widened to what comparisons with a baseline use, here with one of only zeros.
func carefully(values []float64, clusters []string, confidence float64) *Estimate {
	e := estimate(values, clusters, confidence)
	if e == nil {
		return nil
	}
	c, err := stats.Compare(values, make([]float64, len(values)), clusters, confidence, seed)
	if err != nil {
		return &Estimate{Value: e.Value, Lower: 0, Upper: 1, N: e.N}
	}
	if c.Pairs == nil {
		e.Lower, e.Upper = max(0, min(e.Lower, c.Lower)), min(1, max(e.Upper, c.Upper))
	}
	return e
}

// independent counts clusters, and cases that stand alone.
func independent(clusters []string) int {
	units, seen := 0, map[string]bool{}
	for _, c := range clusters {
		if c == "" || !seen[c] {
			units++
		}
		if c != "" {
			seen[c] = true
		}
	}
	return units
}
