package importer

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// manyCases is from where cases get a file of their own.
const manyCases = 20

// suite is the skeleton of an evaluation.
type suite struct {
	defaults testCase
	cases    []testCase
}

// testCase is one input with its assertions.
type testCase struct {
	description string
	vars        object
	threshold   any
	metadata    any
	asserts     []object
}

func (c testCase) empty() bool {
	return c.description == "" && len(c.vars) == 0 && c.threshold == nil && c.metadata == nil && len(c.asserts) == 0
}

// rename gives the values of cases the names that the variables got.
func (s *suite) rename(names map[string]string) {
	vars := func(c *testCase) {
		c.vars = slices.Clone(c.vars)
		for i, f := range c.vars {
			if to, ok := names[f.key]; ok {
				c.vars[i].key = to
			}
		}
	}
	vars(&s.defaults)
	for i := range s.cases {
		vars(&s.cases[i])
	}
}

// write adds NAME.eval.toml, and NAME.cases.jsonl when there are many cases.
func (s suite) write(d *draft) {
	if s.defaults.empty() && len(s.cases) == 0 {
		return
	}
	var w writer
	w.comment("Imported from " + path.Base(d.file) + ": a skeleton to go on from.")
	w.pair("prompt", d.name)
	apart := len(s.cases) > manyCases
	for _, c := range s.cases {
		apart = apart || hasNull(c.vars) || hasNull(c.asserted())
	}
	if apart {
		w.pair("cases", path.Base(d.base())+".cases.jsonl")
	}
	s.models(&w, d.model)
	if !s.defaults.empty() {
		if s.defaults.threshold != nil || s.defaults.metadata != nil {
			w.head("[defaults]")
		}
		s.defaults.write(&w, "defaults")
	}
	if apart {
		var lines []byte
		for _, c := range s.cases {
			line, err := marshal(c.object())
			if err == nil {
				lines = append(append(lines, line...), '\n')
			}
		}
		d.addFile(d.base()+".cases.jsonl", lines)
	} else {
		for _, c := range s.cases {
			w.head("[[tests]]")
			c.write(&w, "tests")
		}
	}
	d.addFile(d.base()+".eval.toml", []byte(w.String()))
}

// judged and embedded are the types that ask a judge, and those that compare
// embeddings.
func judged(kind string) bool {
	return slices.Contains([]string{"llm-rubric", "factuality", "model-graded-closedqa", "answer-relevance",
		"context-faithfulness", "context-recall", "context-relevance", "g-eval"}, kind)
}

func embedded(kind string) bool {
	return slices.Contains([]string{"similar", "answer-relevance"}, kind)
}

// models names the models that assertions ask, where the source leaves that to a
// default: a suite has to say it.
func (s suite) models(w *writer, model string) {
	var judge, embed bool
	var look func(list []any)
	look = func(list []any) {
		for _, v := range list {
			a, _ := v.(object)
			kind, named := "", false
			for _, f := range a {
				switch f.key {
				case "type":
					kind, _ = f.value.(string)
					kind = strings.TrimPrefix(kind, "not-")
				case "provider":
					named = true
				case "assert":
					parts, _ := f.value.([]any)
					look(parts)
				}
			}
			judge = judge || judged(kind) && !named
			embed = embed || embedded(kind) && (!named || judged(kind))
		}
	}
	for _, c := range append([]testCase{s.defaults}, s.cases...) {
		look(c.asserted())
	}
	if judge {
		w.WriteByte('\n')
		w.comment("The source leaves the judge to a default. This is the prompt's own model: another one judges it better.")
		w.line("[judge]")
		w.pair("model", cmp.Or(model, "unset"))
	}
	if embed {
		w.WriteByte('\n')
		w.comment("The source leaves the model of embeddings to a default.")
		w.line("[embeddings]")
		w.pair("model", "text-embedding-3-large")
	}
}

func (c testCase) asserted() []any {
	out := make([]any, len(c.asserts))
	for i, a := range c.asserts {
		out[i] = a
	}
	return out
}

func (c testCase) object() object {
	var o object
	if c.description != "" {
		o = append(o, field{"description", c.description})
	}
	if len(c.vars) > 0 {
		o = append(o, field{"vars", c.vars})
	}
	if c.threshold != nil {
		o = append(o, field{"threshold", c.threshold})
	}
	if c.metadata != nil {
		o = append(o, field{"metadata", c.metadata})
	}
	if len(c.asserts) > 0 {
		o = append(o, field{"assert", c.asserted()})
	}
	return o
}

func (c testCase) write(w *writer, table string) {
	if c.description != "" {
		w.pair("description", c.description)
	}
	if c.threshold != nil {
		w.pair("threshold", c.threshold)
	}
	if c.metadata != nil && !hasNull(c.metadata) {
		w.pair("metadata", c.metadata)
	}
	if len(c.vars) > 0 {
		w.head("[%s.vars]", table)
		for _, f := range c.vars {
			w.pair(f.key, f.value)
		}
	}
	for _, a := range c.asserts {
		w.head("[[%s.assert]]", table)
		for _, f := range a {
			w.pair(f.key, f.value)
		}
	}
}
