package importer

import (
	"math"
	"strconv"
)

// setting is one of our model parameters.
type setting struct {
	name     string
	kind     string // number, integer, boolean, string, stop, any
	min, max float64
}

// settings are our parameters by every name that the sources have for them.
func settings() map[string]setting {
	out := map[string]setting{}
	add := func(s setting, names ...string) {
		for _, name := range append(names, s.name) {
			out[name] = s
		}
	}
	add(setting{"temperature", "number", 0, 2})
	add(setting{"top_p", "number", 0, 1}, "topP")
	add(setting{"top_k", "integer", 0, math.MaxInt32}, "topK")
	add(setting{"max_tokens", "integer", 1, math.MaxInt32}, "maxTokens", "maxOutputTokens", "max_output_tokens")
	add(setting{"max_completion_tokens", "integer", 1, math.MaxInt32}, "maxCompletionTokens")
	add(setting{"presence_penalty", "number", -2, 2}, "presencePenalty")
	add(setting{"frequency_penalty", "number", -2, 2}, "frequencyPenalty")
	add(setting{"seed", "integer", -1 << 53, 1 << 53})
	add(setting{"n", "integer", 1, 128})
	add(setting{"stop", "stop", 0, 0}, "stopSequences", "stop_sequences")
	add(setting{"reasoning_effort", "string", 0, 0}, "reasoningEffort")
	add(setting{"verbosity", "string", 0, 0})
	add(setting{"service_tier", "string", 0, 0}, "serviceTier")
	add(setting{"logprobs", "boolean", 0, 0})
	add(setting{"top_logprobs", "integer", 0, 20}, "topLogprobs")
	add(setting{"parallel_tool_calls", "boolean", 0, 0}, "parallelToolCalls", "allowMultipleToolCalls")
	add(setting{"tool_choice", "any", 0, 0}, "toolChoice")
	add(setting{"store", "boolean", 0, 0})
	return out
}

// parameter carries one parameter of the source under our name. Those that we
// do not know go to [parameters.extra] when extra is true.
func (d *draft) parameter(n *node, extra bool) {
	s, known := settings()[n.key]
	switch {
	case secretKey.MatchString(n.key) && !known:
		return // a leftover, and noted as such
	case n.key == "stream":
		d.note(n, "stream is not carried: the service decides how it reads the answer")
	case !known && extra && !hasNull(n.peek()):
		d.note(n, "%s is kept under [parameters.extra]: it is not a parameter that all models have", n.key)
		d.extra = append(d.extra, field{n.key, n.take()})
	case !known:
		return
	case !s.fits(n):
		d.note(n, "%s is not carried: %s takes another value", n.key, s.name)
	case contains(d.parameters, s.name):
		d.note(n, "%s is not carried: %s is there already", n.key, s.name)
	default:
		d.parameters = append(d.parameters, field{s.name, n.take()})
	}
}

func contains(o object, key string) bool {
	for _, f := range o {
		if f.key == key {
			return true
		}
	}
	return false
}

// peek is take without taking.
func (n *node) peek() any {
	c := n.copy()
	return c.take()
}

func (n *node) copy() *node {
	c := *n
	c.members, c.items = make([]*node, len(n.members)), make([]*node, len(n.items))
	for i, m := range n.members {
		c.members[i] = m.copy()
	}
	for i, m := range n.items {
		c.items[i] = m.copy()
	}
	return &c
}

func (s setting) fits(n *node) bool {
	v := n.peek()
	switch s.kind {
	case "number", "integer":
		f, ok := v.(float64)
		if i, isInt := v.(int64); isInt {
			f, ok = float64(i), true
		}
		return ok && f >= s.min && f <= s.max && (s.kind == "number" || f == math.Trunc(f))
	case "boolean":
		return kindOf(v) == "boolean"
	case "string":
		return kindOf(v) == "string" && v != ""
	case "stop":
		list, ok := v.([]any)
		for _, e := range list {
			if kindOf(e) != "string" || e == "" {
				return false
			}
		}
		return ok && len(list) > 0 || kindOf(v) == "string" && v != ""
	}
	return kindOf(v) == "string" && v != "" || kindOf(v) == "object" && !hasNull(v)
}

// number is a numeral as an integer or a float, or the text itself.
func number(s string) any {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return s
}
