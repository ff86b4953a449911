package suite

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/evalkit/assert"
)

// The cache takes what fits, and then no more: cases that all differ must not fill
// the memory.
const (
	maxCached     = 1000
	maxCachedText = 2 << 10 // bytes of one assertion as JSON
)

// cache keeps assertions, which are costly to read where they have a schema or an
// expression, and are often the same in all cases. One pass has one.
type cache struct{ known map[string]*assert.Assertion }

// expected is an assertion in promptfoo's short form, from a column of CSV, with
// what other columns say of it.
type expected struct {
	Text      string
	Metric    string
	Threshold any // nil when there is none
}

func (c *cache) parse(v any) (*assert.Assertion, []assert.Problem) {
	key, err := json.Marshal(v)
	if _, ok := v.(expected); ok {
		key = append(key, '=') // not the key of an object that looks the same
	}
	if err == nil {
		if a, ok := c.known[string(key)]; ok {
			return a, nil
		}
	}
	a, problems := parse(v)
	if len(problems) > 0 {
		return nil, problems
	}
	if err == nil && len(key) <= maxCachedText && len(c.known) < maxCached {
		if c.known == nil {
			c.known = map[string]*assert.Assertion{}
		}
		c.known[string(key)] = a
	}
	return a, nil
}

func parse(v any) (*assert.Assertion, []assert.Problem) {
	short, ok := v.(expected)
	if !ok {
		return assert.Parse(v)
	}
	a, problems := assert.ParseExpected(short.Text)
	if len(problems) > 0 || short.Metric == "" && short.Threshold == nil {
		return a, problems
	}
	long := a.Canonical()
	if short.Metric != "" {
		long["metric"] = short.Metric
	}
	if short.Threshold != nil {
		long["threshold"] = short.Threshold
	}
	return assert.Parse(long)
}

// assertions reads those of a case, or of the defaults. What they are in canonical
// form it says only the first time.
func (p *pass) assertions(t table) (out []*assert.Assertion, canonical []any) {
	for i, v := range t.list("assert") {
		at := []string{"assert", strconv.Itoa(i)}
		a, problems := p.cache.parse(v)
		for _, problem := range problems {
			t.addAt(slices.Concat(at, problem.Path), problem.Hint, "%s", problem.Message)
		}
		if len(problems) > 0 {
			continue
		}
		out = append(out, a)
		if !p.again {
			m := a.Canonical()
			p.models(t, at, m)
			canonical = append(canonical, m)
		}
	}
	return out, canonical
}

// models reports an assertion that asks a model which nobody has named.
func (p *pass) models(t table, at []string, written any) {
	m, _ := written.(map[string]any)
	if p.judge && p.embedder || m == nil {
		return
	}
	parts, _ := m["assert"].([]any)
	for i, part := range parts {
		p.models(t, slices.Concat(at, []string{"assert", strconv.Itoa(i)}), part)
	}
	kind, _ := m["type"].(string)
	kind = strings.TrimPrefix(kind, "not-")
	asks := p.asks[kind]
	if m["provider"] != nil { // which is the judge, of a type that asks both
		if asks.Judge {
			asks.Judge = false
		} else {
			asks.Embedder = false
		}
	}
	if asks.Judge && !p.judge {
		t.addAt(at, "write [judge] with model = \"…\" in the suite, or a provider here", "%s asks a judge, and the suite names none", kind)
	}
	if asks.Embedder && !p.embedder {
		t.addAt(at, "write [embeddings] with model = \"…\" in the suite", "%s compares embeddings, and the suite names no model for them", kind)
	}
}

// asking are the types that ask a model, by name.
func asking(all []assert.Kind) map[string]assert.Kind {
	out := map[string]assert.Kind{}
	for _, k := range all {
		if k.Judge || k.Embedder {
			out[k.Name] = k
		}
	}
	return out
}

// metrics are those that an assertion counts for: all of them, and those that
// have a weight and not only measure.
func metrics(all, weighted map[string]bool, a *assert.Assertion, measures bool) {
	measures = measures || a.Weight == 0
	if a.Metric != "" {
		all[a.Metric] = true
		if !measures {
			weighted[a.Metric] = true
		}
	}
	for _, part := range a.Parts {
		metrics(all, weighted, part, measures)
	}
}
