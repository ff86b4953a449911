package bar

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// sum names something by the start of its SHA-256.
type sum [16]byte

// seen is what is kept of a case: what tells whether anything about it differs.
type seen struct {
	vars, tags, asserts sum
	repeat              int
	threshold           float64 // -1 when every assertion has to pass
	kept                bool    // it is in the new suite, too
}

// maxLooked bounds the cases whose assertions are compared one by one.
const maxLooked = 2000

// changes are the cases that differ, by what differs.
type changes struct {
	removed, input, tags, repeat, threshold, unlooked named
	added, stricter                                   int
	looked                                            map[sum][]*assert.Assertion // of the new suite, by case
	groups                                            map[string]*named           // by what happened to an assertion
}

// cases compares the cases. The second reading of the old ones finds the names of
// those that are gone, and what became of assertions.
func (m *moves) cases(old, now *suite.Suite) error {
	h := hasher{}
	before := map[sum]*seen{}
	for c, err := range old.All() {
		if err != nil {
			return err
		}
		s := h.of(c)
		before[sumOf([]byte(c.ID))] = &s
	}
	d := &changes{looked: map[sum][]*assert.Assertion{}, groups: map[string]*named{}}
	h = hasher{}
	tagged := len(old.Gate.Tags) > 0
	for c, err := range now.All() {
		if err != nil {
			return err
		}
		key := sumOf([]byte(c.ID))
		was := before[key]
		if was == nil {
			d.added++
			continue
		}
		was.kept = true
		d.compare(key, c, *was, h.of(c), tagged, old.Repeat, now.Repeat)
	}
	if gone := slices.ContainsFunc(slices.Collect(maps.Values(before)), func(s *seen) bool { return !s.kept }); gone || len(d.looked) > 0 {
		for c, err := range old.All() {
			if err != nil {
				return err
			}
			key := sumOf([]byte(c.ID))
			if s := before[key]; s != nil && !s.kept {
				d.removed.add(c.ID)
			} else if list, ok := d.looked[key]; ok {
				d.assertions(c, list)
			}
		}
	}
	m.told(d, old.Cases)
	return nil
}

func (d *changes) compare(key sum, c *suite.Case, was, is seen, tagged bool, oldRepeat, newRepeat int) {
	if was.vars != is.vars {
		d.input.add(c.ID)
	}
	if tagged && was.tags != is.tags {
		d.tags.add(c.ID)
	}
	ofSuite := was.repeat == oldRepeat && is.repeat == newRepeat
	switch {
	case is.repeat < was.repeat && !ofSuite:
		d.repeat.add(c.ID)
	case is.repeat > was.repeat && !ofSuite:
		d.stricter++
	}
	switch {
	case was.threshold == is.threshold:
	case is.threshold >= 0 && (was.threshold < 0 || is.threshold < was.threshold):
		d.threshold.add(c.ID)
	default:
		d.stricter++
	}
	switch {
	case was.asserts == is.asserts:
	case len(d.looked) == maxLooked:
		d.unlooked.add(c.ID)
	default:
		d.looked[key] = c.Assert
	}
}

// told makes sentences of the changes.
func (m *moves) told(d *changes, all int) {
	say := func(c *named, format string) {
		if c.n > 0 {
			m.looser(format+" %d of %s: %s", c.n, wording.Counted(all, "case", "cases"), c.list())
		}
	}
	say(&d.removed, "removes")
	for _, what := range slices.Sorted(maps.Keys(d.groups)) {
		g := d.groups[what]
		if text, ok := strings.CutPrefix(what, tighterMark); ok {
			m.tighter("%s in %s", text, wording.Counted(g.n, "case", "cases"))
			continue
		}
		m.looser("%s in %d of %s: %s", what, g.n, wording.Counted(all, "case", "cases"), g.list())
	}
	say(&d.unlooked, "changes what is checked in")
	say(&d.threshold, "lowers the score that is enough in")
	say(&d.repeat, "asks fewer times in")
	say(&d.input, "changes the input of")
	say(&d.tags, "changes the tags, by which the gate counts, of")
	if d.added > 0 {
		m.tighter("adds %s", wording.Counted(d.added, "case", "cases"))
	}
	if d.stricter > 0 {
		m.tighter("asks more of %s", wording.Counted(d.stricter, "case", "cases"))
	}
}

// hasher names the parts of cases. Most assertions are those of the defaults,
// and are the same in every case.
type hasher struct{ known map[*assert.Assertion]sum }

// maxKnown bounds how many assertions are remembered.
const maxKnown = 4096

func (h *hasher) of(c *suite.Case) seen {
	s := seen{vars: sumOf(canonical(c.Vars)), tags: sumOf([]byte(strings.Join(c.Tags, "\x00"))), repeat: c.Repeat, threshold: -1}
	if c.Threshold != nil {
		s.threshold = *c.Threshold
	}
	var all []byte
	for _, a := range c.Assert {
		one := h.assertion(a)
		all = append(all, one[:]...)
	}
	s.asserts = sumOf(all)
	return s
}

func (h *hasher) assertion(a *assert.Assertion) sum {
	if s, ok := h.known[a]; ok {
		return s
	}
	s := sumOf(canonical(a.Canonical()))
	if h.known == nil {
		h.known = map[*assert.Assertion]sum{}
	}
	if len(h.known) < maxKnown {
		h.known[a] = s
	}
	return s
}

func sumOf(data []byte) sum {
	all := sha256.Sum256(data)
	return sum(all[:16])
}

// canonical is v as JSON that does not depend on order.
func canonical(v any) []byte {
	if text, err := prompts.Canonical(v); err == nil {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Appendf(nil, "%#v", v)
	}
	return text
}
