package bar

import (
	"fmt"
	"maps"
	"slices"

	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// Suites compares two states of one suite. old is nil for a suite that is new,
// now for one that is gone. The cases are read as a stream, twice where something
// differs; about 100 bytes of each are kept. The error is of reading them.
func Suites(old, now *suite.Suite) ([]Move, error) {
	switch {
	case old == nil && now == nil:
		return nil, nil
	case now == nil:
		m := moves{prompt: old.Prompt, file: old.File}
		m.looser("removes the evaluation, which had %s: nothing is measured any more", wording.Counted(old.Cases, "case", "cases"))
		return m.all, nil
	case old == nil:
		m := moves{prompt: now.Prompt, file: now.File}
		m.tighter("adds an evaluation with %s", wording.Counted(now.Cases, "case", "cases"))
		return m.all, nil
	}
	m := &moves{prompt: now.Prompt, file: now.File}
	if old.Hash != now.Hash || old.Dataset != now.Dataset {
		if err := m.cases(old, now); err != nil {
			return nil, fmt.Errorf("compare the cases of %s: %w", now.File, err)
		}
	}
	m.asking(old, now)
	m.gate(withDefault(old.Gate), withDefault(now.Gate))
	return m.all, nil
}

// asking compares how cases are asked and who judges.
func (m *moves) asking(old, now *suite.Suite) {
	switch {
	case now.Repeat < old.Repeat:
		m.looser("asks every case %s instead of %d", wording.Counted(now.Repeat, "time", "times"), old.Repeat)
	case now.Repeat > old.Repeat:
		m.tighter("asks every case %d times instead of %d", now.Repeat, old.Repeat)
	}
	a, b := old.Judging, now.Judging
	switch {
	case a.Model == b.Model && (a.Model == "" || a.Hash() == b.Hash()):
	case b.Model == "":
		m.looser("takes the judge away (%s)", short(a.Model))
	case a.Model == "":
		m.tighter("adds a judge (%s)", short(b.Model))
	case a.Model != b.Model:
		m.looser("asks another judge: %s instead of %s", short(b.Model), short(a.Model))
	case max(a.Votes, 1) != max(b.Votes, 1):
		m.looser("asks the judge %s instead of %d", wording.Counted(max(b.Votes, 1), "time", "times"), max(a.Votes, 1))
	default:
		m.looser("asks the judge %s with other parameters", short(b.Model))
	}
	if old.Embeddings != now.Embeddings && old.Embeddings != "" {
		m.looser("compares texts by %s instead of %s", orNothing(now.Embeddings), short(old.Embeddings))
	}
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return short(s)
}

// withDefault writes out the gate that holds without one: every case passes.
func withDefault(g suite.Gate) suite.Gate {
	if g.Default {
		every := 1.0
		g.PassRate.Min = &every
	}
	return g
}

func (m *moves) gate(old, now suite.Gate) {
	m.bound("the pass rate", old.PassRate, now.PassRate)
	for _, name := range either(old.Metrics, now.Metrics) {
		m.bound("the metric "+short(name), old.Metrics[name], now.Metrics[name])
	}
	for _, name := range either(old.Tags, now.Tags) {
		m.bound("the pass rate of cases tagged "+short(name), old.Tags[name], now.Tags[name])
	}
	m.number(optionalInt(old.MaxRegressions), optionalInt(now.MaxRegressions), false, plain,
		"no longer limits how many cases may get worse (the limit was %s)",
		"how many cases may get worse from %s to %s", "limits how many cases may get worse to %s")
	m.number(optional(old.LatencyP95), optional(now.LatencyP95), false, millis,
		"no longer limits how long an answer may take (the limit was %s)",
		"how long an answer may take from %s to %s", "limits how long an answer may take to %s")
	m.number(optional(old.CostPerCall), optional(now.CostPerCall), false, dollars,
		"no longer limits what a call may cost (the limit was %s)",
		"what a call may cost from %s to %s", "limits what a call may cost to %s")
	m.number(old.CostIncrease, now.CostIncrease, false, percent,
		"no longer limits how much more a call may cost than today (the limit was %s)",
		"how much more a call may cost than today from %s to %s", "limits how much more a call may cost than today to %s")
	if old.Confidence != now.Confidence {
		m.number(&old.Confidence, &now.Confidence, true, percent, "", "the confidence of the statistics from %s to %s", "")
	}
}

// bound compares what is asked of one number. Where every case has to pass, the
// rest says nothing more.
func (m *moves) bound(what string, old, now suite.Bound) {
	m.number(old.Min, now.Min, true, percent,
		"no longer asks "+what+" to be at least %s", "what "+what+" has to reach from %s to %s", "asks "+what+" to be at least %s")
	if now.Min != nil && *now.Min == 1 {
		return
	}
	m.number(old.MinLower, now.MinLower, true, percent,
		"no longer asks "+what+" to be at least %s with confidence",
		"what "+what+" has to reach with confidence from %s to %s", "asks "+what+" to be at least %s with confidence")
	m.number(old.Margin, now.Margin, false, points,
		"no longer compares "+what+" with what production serves (it could be worse by less than %s)",
		"by how much "+what+" may be worse than in production from %s to %s", "does not let "+what+" be worse than in production by %s or more")
}

func either[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func optional(f float64) *float64 {
	if f == 0 {
		return nil
	}
	return &f
}

func optionalInt(n *int) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}
