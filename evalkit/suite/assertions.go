package suite

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/evalkit/assert"
)

// The cache takes what fits, and then no more: a file of cases that all differ
// must not fill the memory.
const (
	maxCached     = 1000
	maxCachedText = 2 << 10 // bytes of one assertion as JSON
)

// cache keeps assertions, which are costly to read where they have a schema or an
// expression, and are often the same in all cases. One pass has one.
type cache struct{ known map[string]*parsed }

type parsed struct {
	*assert.Assertion
	canonical map[string]any
}

// expected is an assertion in promptfoo's short form, from a column of CSV.
type expected struct {
	Expected string `json:"expected"`
	Metric   string `json:"metric"`
}

func (c *cache) parse(v any) (*parsed, []assert.Problem) {
	key, err := json.Marshal(v)
	if err == nil {
		if p, ok := c.known[string(key)]; ok {
			return p, nil
		}
	}
	a, problems := parse(v)
	if len(problems) > 0 {
		return nil, problems
	}
	p := &parsed{a, a.Canonical()}
	if err == nil && len(key) <= maxCachedText && len(c.known) < maxCached {
		if c.known == nil {
			c.known = map[string]*parsed{}
		}
		c.known[string(key)] = p
	}
	return p, nil
}

func parse(v any) (*assert.Assertion, []assert.Problem) {
	short, ok := v.(expected)
	if !ok {
		return assert.Parse(v)
	}
	a, problems := assert.ParseExpected(short.Expected)
	if len(problems) > 0 || short.Metric == "" {
		return a, problems
	}
	named := *a
	named.Metric = short.Metric
	return &named, nil
}

// assertions reads those of a case, or of the defaults.
func (p *pass) assertions(t table) (out []*assert.Assertion, canonical []any) {
	for i, v := range t.list("assert") {
		at := []string{"assert", strconv.Itoa(i)}
		a, problems := p.cache.parse(v)
		for _, problem := range problems {
			t.addAt(slices.Concat(at, problem.Path), problem.Hint, "%s", problem.Message)
		}
		if len(problems) == 0 {
			p.models(t, at, v)
			out, canonical = append(out, a.Assertion), append(canonical, a.canonical)
		}
	}
	return out, canonical
}

// judges are the types that ask a model for its judgement, embeds those that
// compare embeddings.
var (
	judges = []string{"llm-rubric", "factuality", "model-graded-factuality", "model-graded-closedqa", "answer-relevance",
		"context-faithfulness", "context-recall", "context-relevance", "g-eval", "select-best"}
	embeds = []string{"similar", "answer-relevance"}
)

// models reports an assertion that asks a model which nobody has named.
func (p *pass) models(t table, at []string, v any) {
	if p.judge && p.embedder {
		return
	}
	var kind, provider string
	switch v := v.(type) {
	case expected:
		kind, _, _ = strings.Cut(v.Expected, ":")
		kind, _, _ = strings.Cut(strings.TrimSpace(kind), "(")
		if kind == "grade" {
			kind = "llm-rubric"
		}
	case map[string]any:
		kind, _ = v["type"].(string)
		provider, _ = v["provider"].(string)
		parts, _ := v["assert"].([]any)
		for i, part := range parts {
			p.models(t, slices.Concat(at, []string{"assert", strconv.Itoa(i)}), part)
		}
	}
	kind = strings.TrimPrefix(kind, "not-")
	switch {
	case provider != "":
	case !p.judge && slices.Contains(judges, kind):
		t.addAt(at, "write [judge] with model = \"…\", or a provider here", "%s asks a judge, and the suite names none", kind)
	case !p.embedder && slices.Contains(embeds, kind):
		t.addAt(at, "write [embeddings] with model = \"…\", or a provider here", "%s compares embeddings, and the suite names no model for them", kind)
	}
}

// metrics adds the named scores of an assertion and its parts to a set.
func metrics(set map[string]bool, a *assert.Assertion) {
	if a.Metric != "" {
		set[a.Metric] = true
	}
	for _, part := range a.Parts {
		metrics(set, part)
	}
}
