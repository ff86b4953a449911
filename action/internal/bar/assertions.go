package bar

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// maxGroups bounds how many different things are told about assertions.
const maxGroups = 30

// tighterMark begins what makes it harder.
const tighterMark = "+"

// note counts a case under what happened to one of its assertions. A group of
// what is left over keeps the count whole.
func (d *changes) note(id, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	g := d.groups[what]
	if g == nil && len(d.groups) >= maxGroups {
		what = "changes other checks"
		g = d.groups[what]
	}
	if g == nil {
		g = &named{}
		d.groups[what] = g
	}
	g.add(id)
}

// assertions compares those of one case. Each old one is looked for among the new
// ones: the same one, then one that checks the same with other numbers, then one
// of the same type.
func (d *changes) assertions(c *suite.Case, now []*assert.Assertion) {
	left := slices.Clone(now)
	var old []*assert.Assertion
	for _, a := range c.Assert {
		if i := slices.IndexFunc(left, func(b *assert.Assertion) bool { return same(a, b) }); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			old = append(old, a)
		}
	}
	for _, like := range []func(a, b *assert.Assertion) bool{sameCheck, sameType} {
		var rest []*assert.Assertion
		for _, a := range old {
			i := slices.IndexFunc(left, func(b *assert.Assertion) bool { return like(a, b) })
			if i < 0 {
				rest = append(rest, a)
				continue
			}
			d.changed(c.ID, a, left[i])
			left = slices.Delete(left, i, i+1)
		}
		old = rest
	}
	for _, a := range old {
		if a.Weight > 0 {
			d.note(c.ID, "no longer checks %s", typeOf(a))
		}
	}
	for _, b := range left {
		if b.Weight > 0 {
			d.note(c.ID, tighterMark+"checks %s, too,", typeOf(b))
		}
	}
}

func same(a, b *assert.Assertion) bool {
	return a == b || bytes.Equal(canonical(a.Canonical()), canonical(b.Canonical()))
}

func sameType(a, b *assert.Assertion) bool { return a.Type == b.Type && a.Not == b.Not }

// sameCheck: they differ in numbers only.
func sameCheck(a, b *assert.Assertion) bool {
	return sameType(a, b) && bytes.Equal(withoutNumbers(a), withoutNumbers(b))
}

func withoutNumbers(a *assert.Assertion) []byte {
	m := a.Canonical()
	delete(m, "weight")
	delete(m, "threshold")
	delete(m, "metric")
	return canonical(m)
}

func typeOf(a *assert.Assertion) string {
	if a.Not {
		return "not-" + a.Type
	}
	return a.Type
}

func (d *changes) changed(id string, a, b *assert.Assertion) {
	what := typeOf(b)
	if !sameCheck(a, b) {
		d.note(id, "changes what %s expects", what)
	}
	switch {
	case a.Weight > 0 && b.Weight == 0:
		d.note(id, "lets %s decide nothing any more (weight %s → 0)", what, plain(a.Weight))
	case b.Weight < a.Weight:
		d.note(id, "gives %s less weight (%s → %s)", what, plain(a.Weight), plain(b.Weight))
	case b.Weight > a.Weight:
		d.note(id, tighterMark+"gives %s more weight (%s → %s)", what, plain(a.Weight), plain(b.Weight))
	}
	d.thresholds(id, a, b)
	if a.Metric != b.Metric {
		d.note(id, "counts %s for %s instead of %s", what, metricOf(b), metricOf(a))
	}
}

func metricOf(a *assert.Assertion) string {
	if a.Metric == "" {
		return "no metric"
	}
	return "the metric " + short(a.Metric)
}

// thresholds compares what is enough. Of most types more is harder; of distances,
// times and costs less is; "not-" turns that around.
func (d *changes) thresholds(id string, a, b *assert.Assertion) {
	old, now := thresholdOf(a), thresholdOf(b)
	if old == now {
		return
	}
	harder := slices.Contains([]string{"cost", "latency", "levenshtein", "perplexity"}, b.Type)
	tighter := old != unset && now != unset && harder != b.Not == (number(now) < number(old))
	text := fmt.Sprintf("asks another threshold of %s (%s → %s)", typeOf(b), old, now)
	if tighter {
		text = tighterMark + text
	}
	d.note(id, "%s", text)
}

// unset stands where the type's own default holds.
const unset = "none written"

func thresholdOf(a *assert.Assertion) string {
	if a.Threshold == nil {
		return unset
	}
	return plain(*a.Threshold)
}

func number(text string) (f float64) {
	fmt.Sscan(text, &f)
	return f
}
