package prompts

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
)

// parameter is what a model parameter may be. Ranges are those of the OpenAI
// API, the widest in common use; the provider of the model may allow less.
type parameter struct {
	kind     string
	min, max float64
}

const (
	aNumber  = "number"
	anInt    = "integer"
	aBool    = "boolean"
	aString  = "string"
	aStop    = "string or array"
	aChoice  = "string or table"
	aWeights = "table of numbers"
)

var parameters = map[string]parameter{
	"temperature":           {aNumber, 0, 2},
	"top_p":                 {aNumber, 0, 1},
	"top_k":                 {anInt, 0, math.MaxInt32},
	"max_tokens":            {anInt, 1, math.MaxInt32},
	"max_completion_tokens": {anInt, 1, math.MaxInt32},
	"presence_penalty":      {aNumber, -2, 2},
	"frequency_penalty":     {aNumber, -2, 2},
	"seed":                  {anInt, -1 << 53, 1 << 53},
	"n":                     {anInt, 1, 128},
	"stop":                  {kind: aStop},
	"reasoning_effort":      {kind: aString},
	"verbosity":             {kind: aString},
	"service_tier":          {kind: aString},
	"logit_bias":            {kind: aWeights},
	"logprobs":              {kind: aBool},
	"top_logprobs":          {anInt, 0, 20},
	"parallel_tool_calls":   {kind: aBool},
	"tool_choice":           {kind: aChoice},
	"store":                 {kind: aBool},
}

// elsewhere says where to write what is not a parameter here.
var elsewhere = map[string]string{
	"model":           "write model at the top of the file",
	"messages":        "write [[messages]]",
	"tools":           "write [[tools]]",
	"functions":       "write [[tools]]",
	"response_format": "write [output]",
	"stream":          "the service decides how it reads the answer",
}

// otherNames are what other tools call our parameters.
var otherNames = map[string]string{
	"stop_sequences":    "stop",
	"stopSequences":     "stop",
	"max_output_tokens": "max_tokens",
	"maxOutputTokens":   "max_tokens",
}

func (t table) parameters() {
	names := slices.Sorted(maps.Keys(parameters))
	for _, key := range t.keys() {
		p, ok := parameters[key]
		if t.full() {
			return
		}
		if key == "extra" {
			t.table(key)
			continue
		}
		if !ok {
			near := cmp.Or(otherNames[key], nearest(key, names))
			hint := cmp.Or(elsewhere[key], didYouMean(near), "parameters of one vendor go under [parameters.extra]")
			t.addFix(ruleParameter, t.n.child(key).pos(), t.rename(key, near), hint, "unknown parameter %q", shorten(key))
			continue
		}
		t.parameter(key, p)
	}
}

func (t table) parameter(key string, p parameter) {
	switch p.kind {
	case aNumber:
		t.number(key, p.min, p.max)
	case anInt:
		t.integer(key, p.min, p.max)
	case aBool:
		t.boolean(key)
	case aString:
		t.words(key)
	case aStop:
		if _, isArray := t.m[key].([]any); isArray {
			t.strings(key)
		} else if _, isString := t.m[key].(string); !isString {
			t.want(key, "a string or an array of strings")
		}
	case aChoice:
		if _, isTable := t.m[key].(map[string]any); !isTable {
			t.words(key)
		}
	case aWeights:
		if weights, ok := t.table(key); ok {
			for _, token := range weights.keys() {
				weights.number(token, -100, 100)
			}
		}
	}
}

// number is a number within min and max.
func (t table) number(key string, low, high float64) (float64, bool) {
	f, ok := asFloat(t.m[key])
	if !ok {
		if t.has(key) {
			t.want(key, "a number")
		}
		return 0, false
	}
	if f < low || f > high {
		t.add(ruleRange, t.n.child(key).value(), "", "%s: %s is not within %s and %s", t.name(key), numberText(f), numberText(low), numberText(high))
		return 0, false
	}
	return f, true
}

// integer is a number without a fraction; 1.0 is 1.
func (t table) integer(key string, low, high float64) (int, bool) {
	f, ok := t.number(key, low, high)
	if ok && f != math.Trunc(f) {
		t.add(ruleRange, t.n.child(key).value(), "", "%s: want an integer, got %s", t.name(key), strconv.FormatFloat(f, 'g', -1, 64))
		return 0, false
	}
	return int(f), ok
}

// asFloat is a TOML or JSON number as a float64.
func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
