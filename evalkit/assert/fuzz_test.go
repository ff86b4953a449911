package assert

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// FuzzAssertion holds for whatever is written and answered: no panic, a score
// from 0 to 1, an error decides nothing, "not-" is the opposite or the same
// error, texts are bounded, and the canonical form reads back as itself.
func FuzzAssertion(f *testing.F) {
	for _, k := range deterministic() {
		f.Add(`{"type":"`+k.name+`","value":"a{{x}}","threshold":0.5}`, `{"a":[1,"b"]} <p>a</p>`, "b")
		f.Add(`{"type":"`+k.name+`"}`, `<a b="1"><c/></a>`, "")
		f.Add(`{"type":"`+k.name+`","value":["a","b"],"weight":0}`, "I'm sorry, \"a\" b...", "{{x}}")
		f.Add(`{"type":"`+k.name+`","threshold":3,"value":{"type":"object","$ref":"#/x","x":{"anyOf":[{"$ref":"#"}]}}}`, `{"name":"a"}`, "b")
	}
	f.Add(`{"type":"assert-set","assert":[{"type":"equals","value":"a"},{"type":"not-regex","value":"(a|b)*$"}],"threshold":0.5}`, "ab", "b")
	f.Add(`{"type":"expr","value":"len(split(output, vars.x)) + json[0] > 1 ? 1 : 0.5","threshold":0.1}`, `[1]`, ",")
	f.Add(`{"type":"word-count","value":{"min":1,"max":2}}`, "a b c", "")
	f.Fuzz(func(t *testing.T, source, output, variable string) {
		if len(source) > 10_000 || len(output) > 100_000 {
			return
		}
		var v any
		if json.Unmarshal([]byte(source), &v) != nil {
			v = source
		}
		for _, parse := range []func() (*Assertion, []Problem){
			func() (*Assertion, []Problem) { return Parse(v) },
			func() (*Assertion, []Problem) { return ParseExpected(source) },
		} {
			a, problems := parse()
			if (a == nil) != (len(problems) > 0) {
				t.Fatalf("%s: assertion %v, problems %v", source, a, problems)
			}
			if a == nil || len(a.Judges()) > 0 {
				continue
			}
			again, problems := Parse(a.Canonical())
			if len(problems) > 0 || cmp.Diff(a.Canonical(), again.Canonical()) != "" {
				t.Fatalf("%s: canonical %v, %v", source, a.Canonical(), problems)
			}
			price := 0.1
			in := Input{Output: chat.Response{Text: output, Latency: time.Millisecond, Finish: variable, Logprobs: []float64{-1},
				ToolCalls: []chat.ToolCall{{Name: variable, Arguments: output}}}, Cost: &price, Vars: map[string]any{"x": variable}}
			opposite := *a
			opposite.Not = !a.Not
			r, o := a.Run(t.Context(), in, Services{}), opposite.Run(t.Context(), in, Services{})
			sound(t, source, r)
			sound(t, source, o)
			if r.Error != o.Error || r.Error == "" && r.Pass == o.Pass {
				t.Fatalf("%s: %+v, and negated %+v", source, r, o)
			}
		}
	})
}

func sound(t *testing.T, source string, r Result) {
	t.Helper()
	switch {
	case !(r.Score >= 0 && r.Score <= 1):
		t.Fatalf("%s: score %v", source, r.Score)
	case r.Error != "" && (r.Pass || r.Score != 0):
		t.Fatalf("%s: an error passes: %+v", source, r)
	case utf8.RuneCountInString(r.Reason) > maxReason+1, utf8.RuneCountInString(r.Error) > maxReason+1:
		t.Fatalf("%s: too long: %+v", source, r)
	}
	for _, p := range r.Parts {
		sound(t, source, p)
	}
}
