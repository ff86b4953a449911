package importer

import (
	"path"
	"slices"
	"strings"
)

// maxCases bounds what a suite takes over, give or take one test.
const maxCases = 10_000

// maxCombined bounds the cases that lists of values multiply to.
const maxCombined = 200

// known says whether a suite can have the assertion; each also with "not-".
func known(kind string) bool { return slices.Contains(carried(), strings.TrimPrefix(kind, "not-")) }

// carried are the types of promptfoo that a suite has, too.
func carried() []string {
	return []string{
		"equals", "contains", "icontains", "contains-all", "contains-any", "icontains-all", "icontains-any",
		"starts-with", "regex", "is-json", "contains-json", "levenshtein", "rouge-n", "bleu", "gleu", "word-count",
		"latency", "cost", "finish-reason", "is-refusal", "is-valid-function-call", "is-valid-openai-function-call",
		"is-valid-openai-tools-call", "tool-call-f1", "assert-set", "similar", "llm-rubric", "factuality",
		"model-graded-closedqa", "answer-relevance", "context-faithfulness", "context-recall",
		"context-relevance", "is-xml", "contains-xml", "is-html", "contains-html", "perplexity", "perplexity-score",
		"g-eval",
	}
}

// tests reads defaultTest and tests into the suite.
func (f *foo) tests(root *node) {
	if n := root.get("defaultTest"); n != nil {
		if n.table {
			f.suite.defaults = f.testCase(n)[0]
		} else {
			f.note(n, "defaultTest is not carried: it is in another file")
		}
	}
	f.list(root.get("tests"))
	if n := root.get("scenarios"); n != nil {
		f.note(n, "scenarios are not carried: write their cases under [[tests]]")
	}
}

func (f *foo) list(n *node) {
	switch {
	case n == nil:
	case n.list:
		for _, e := range n.items {
			f.test(e)
		}
	default:
		f.test(n)
	}
}

func (f *foo) test(n *node) {
	if len(f.suite.cases) > maxCases {
		f.note(n, "the test is not carried: there are more than %d cases", maxCases)
		return
	}
	if n.table {
		f.suite.cases = append(f.suite.cases, f.testCase(n)...)
		return
	}
	name, ok := n.str()
	name = strings.TrimPrefix(name, "file://")
	ext := strings.ToLower(path.Ext(name))
	if !ok || !slices.Contains([]string{".yaml", ".yml", ".json"}, ext) || strings.ContainsAny(name, "*?[") {
		f.note(n, "the tests %q are not carried: only .yaml and .json files of tests are read", short(name))
		return
	}
	text, err := f.read(name)
	if err != nil {
		f.note(n, "the tests are not carried: %s", err)
		return
	}
	sub := &foo{run: &run{file: path.Join(path.Dir(f.file), name), text: text, lines: strings.Split(text, "\n"), result: f.result, names: f.names}}
	tests, err := sub.parseYAML(text, 0)
	if err != nil {
		f.note(n, "the tests are not carried: %s", err)
		return
	}
	for _, e := range append([]*node{}, tests.items...) {
		if e.table { // files that name files are not followed
			f.suite.cases = append(f.suite.cases, sub.testCase(e)...)
		}
	}
	sub.leftovers(tests)
}

// testCase is one test; lists of values make one for each combination.
func (f *foo) testCase(n *node) []testCase {
	c := testCase{description: n.get("description").text()}
	if t := n.get("threshold"); t != nil && (kindOf(t.value) == "number" || kindOf(t.value) == "integer") {
		c.threshold = t.take()
	}
	if m := n.get("metadata"); m != nil && m.table {
		c.metadata = m.take()
	}
	for _, a := range items(n.get("assert")) {
		if a, ok := f.assertion(a); ok {
			c.asserts = append(c.asserts, a)
		}
	}
	out := []testCase{c}
	vars := n.get("vars")
	if vars == nil {
		return out
	}
	if !vars.table {
		f.note(vars, "vars are not carried: they are in another file")
		return out
	}
	for _, v := range vars.members {
		if v.secret() {
			continue // a leftover, and noted as such
		}
		if s, ok := v.value.(string); ok && strings.HasPrefix(s, "file://") {
			f.noteAt(v.keyLine, v.keyCol, "the value of %s is kept as the name of a file: write its content", short(v.key))
		}
		out = f.with(out, v)
	}
	return out
}

// with adds a variable to cases.
func (f *foo) with(cases []testCase, v *node) []testCase {
	values := []any{v.take()}
	if list, ok := values[0].([]any); ok && len(list) > 0 && !slices.ContainsFunc(list, func(e any) bool { return kindOf(e) == "object" || kindOf(e) == "array" }) {
		if len(cases)*len(list) > maxCombined {
			f.note(v, "%s is carried as one list: its combinations would be more than %d cases", short(v.key), maxCombined)
		} else {
			values = list
			f.noteAt(v.keyLine, v.keyCol, "%s has %d values: one case is written for each, as promptfoo runs them", short(v.key), len(list))
		}
	}
	out := make([]testCase, 0, len(cases)*len(values))
	for _, c := range cases {
		for _, value := range values {
			more := c
			more.vars = append(slices.Clone(c.vars), field{v.key, value})
			out = append(out, more)
		}
	}
	return out
}

func items(n *node) []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// assertion keeps what a suite knows, word for word.
func (f *foo) assertion(n *node) (object, bool) {
	kind := strings.Replace(n.get("type").text(), "model-graded-factuality", "factuality", 1)
	switch {
	case n.has("$ref") || !n.table:
		f.note(n, "the assertion is not carried: it refers to a template; write it out")
		return nil, false
	case !known(kind):
		f.note(n, "%s assertion is not carried: the suite has no such type", short(first(kind, "an")))
		return nil, false
	}
	out := object{{"type", kind}}
	for _, key := range []string{"value", "threshold", "weight", "metric", "provider", "rubricPrompt"} {
		v := n.get(key)
		if v == nil || key == "provider" && v.table {
			continue
		}
		if s, ok := v.value.(string); ok && strings.HasPrefix(s, "file://") {
			f.note(v, "the %s of %s is not carried: it is in another file", key, kind)
			continue
		}
		if s, ok := v.value.(string); ok && key == "rubricPrompt" {
			out = append(out, field{"rubric_prompt", s})
			v.used = true
			continue
		}
		out = append(out, field{key, v.take()})
	}
	if kind == "assert-set" {
		var inner []any
		for _, e := range items(n.get("assert")) {
			if a, ok := f.assertion(e); ok {
				inner = append(inner, a)
			}
		}
		out = append(out, field{"assert", inner})
	}
	return out, true
}
