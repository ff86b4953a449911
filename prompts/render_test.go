package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cbroglie/mustache"
	"github.com/google/go-cmp/cmp"
)

// promptOf builds a prompt with one message from Go values.
func promptOf(t testing.TB, content string, variables map[string]any) *Prompt {
	t.Helper()
	p, err := From(map[string]any{
		"promptflag": 1,
		"name":       "test.prompt",
		"model":      "m",
		"variables":  variables,
		"messages":   []any{map[string]any{"role": "user", "content": content}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func typed(kind string) map[string]any { return map[string]any{"type": kind} }

func TestRender(t *testing.T) {
	type order struct {
		ID    int      `json:"id"`
		Lines []string `json:"lines"`
	}
	type color string
	tests := []struct {
		name, content, kind string
		value               any
		want                string
	}{
		{"string", "a {{x}} b", "string", "v", "a v b"},
		{"no escaping", "{{x}} {{{x}}} {{&x}}", "string", `<a href="&'">`, `<a href="&'"> <a href="&'"> <a href="&'">`},
		{"value is not a template", "{{x}}", "string", "{{x}} {{#y}} {{=<% %>=}} {{> z}}", "{{x}} {{#y}} {{=<% %>=}} {{> z}}"},
		{"empty string", "a{{x}}b", "string", "", "ab"},
		{"comment", "a{{! x {{ }}b{{x}}", "string", "c", "abc"},
		{"spaces in a tag", "{{ x }}", "string", "v", "v"},
		{"named string", "{{x}}", "string", color("red"), "red"},
		{"time is not special", "{{x}}", "integer", time.Second, "1000000000"},
		{"integer", "{{x}}", "integer", 42, "42"},
		{"integer int64", "{{x}}", "integer", int64(math.MinInt64), "-9223372036854775808"},
		{"integer uint64", "{{x}}", "integer", uint64(math.MaxUint64), "18446744073709551615"},
		{"integer int8", "{{x}}", "integer", int8(-3), "-3"},
		{"integer from a whole float", "{{x}}", "integer", 3.0, "3"},
		{"integer json.Number", "{{x}}", "integer", json.Number("9007199254740993"), "9007199254740993"},
		{"number", "{{x}}", "number", 0.1, "0.1"},
		{"number whole", "{{x}}", "number", 100000000.0, "100000000"},
		{"number large", "{{x}}", "number", 1e21, "1e+21"},
		{"number small", "{{x}}", "number", 1e-7, "1e-7"},
		{"number float32", "{{x}}", "number", float32(0.5), "0.5"},
		{"number minus zero", "{{x}}", "number", math.Copysign(0, -1), "0"},
		{"number from an int", "{{x}}", "number", 7, "7"},
		{"boolean", "{{x}}", "boolean", true, "true"},
		{"boolean section", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "boolean", false, "no"},
		{"scalar section", "{{#x}}[{{.}}]{{/x}}", "string", "v", "[v]"},
		{"blank is false", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "string", " \n", "no"},
		{"zero is false", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "number", 0, "no"},
		{"array", "{{x}}", "array", []any{1, "a<b", nil, 1.0, map[string]any{"b": true, "a": []any{}}}, `[1,"a<b",null,1,{"a":[],"b":true}]`},
		{"array section", "{{#x}}- {{.}}\n{{/x}}", "array", []string{"a", "b"}, "- a\n- b\n"},
		{"array of null", "{{#x}}[{{.}}{{MarshalJSON}}{{Format}}{{String}}]{{/x}}", "array", []any{nil}, "[]"},
		{"array empty", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "array", []int{}, "no"},
		{"array nil slice", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "array", []any(nil), "no"},
		{"standalone section lines", "a\n{{#x}}\n- {{k}}\n{{/x}}\nb", "array", []map[string]any{{"k": 1}, {"k": 2}}, "a\n- 1\n- 2\nb"},
		{"field missing in an item", "{{#x}}[{{k}}]{{/x}}", "array", []any{map[string]any{"k": 1}, map[string]any{}}, "[1][]"},
		{"object", "{{x}}", "object", map[string]any{"b": 1, "a": "\u2028é"}, "{\"a\":\"\\u2028é\",\"b\":1}"},
		{"object fields", "{{x.id}} {{x.lines}} {{#x}}{{id}}{{#lines}} {{.}}{{/lines}}{{/x}}", "object", order{7, []string{"a", "b"}}, `7 ["a","b"] 7 a b`},
		{"object pointer", "{{x.id}}", "object", &order{ID: 7}, "7"},
		{"object null field", "[{{x.a}}]{{#x.a}}yes{{/x.a}}", "object", map[string]any{"a": nil}, "[]"},
		{"object absent section", "{{#x.a}}yes{{/x.a}}{{^x.a}}no{{/x.a}}", "object", map[string]any{}, "no"},
		{"array nil slice of strings", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "array", []string(nil), "no"},
		{"object nil map of strings", "{{x}}{{#x}}yes{{/x}}", "object", map[string]string(nil), "{}yes"},
		{"object nil slice inside", "{{x}}", "object", map[string]any{"a": []int(nil)}, `{"a":[]}`},
		{"object map of strings", "{{x.a}}", "object", map[string]string{"a": "b"}, "b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := promptOf(t, test.content, map[string]any{"x": typed(test.kind)})
			got, err := p.Render(map[string]any{"x": test.value})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Message{{Role: "user", Content: test.want}}, got); diff != "" {
				t.Errorf("Render (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRenderDefaults(t *testing.T) {
	p := parseVector(t, "every_member")
	got, err := p.Render(map[string]any{"ticket": "My card was charged twice", "language": "de", "labels": []string{}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Message{
		{Role: "system", Content: "You sort tickets for Ada (gold).\nAnswer in de, at most 3 lines, above 0.5.\nNo labels.\n"},
		{Role: "user", Content: "My card was charged twice"},
		{Role: "assistant", Content: "{"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Render (-want +got):\n%s", diff)
	}
}

func TestRenderProblems(t *testing.T) {
	p := promptOf(t, "{{ticket}}{{language}}{{limit}}{{order.id}}{{order.customer.name}}{{flag}}{{#flag}}{{order.note}}{{/flag}}{{tags}}", map[string]any{
		"ticket":   typed("string"),
		"language": map[string]any{"type": "string", "enum": []any{"en", "de"}},
		"limit":    map[string]any{"type": "integer", "enum": []any{1, 2}},
		"order":    typed("object"),
		"flag":     map[string]any{"type": "boolean", "default": false},
		"tags":     map[string]any{"type": "array", "default": []any{}},
	})
	cycle := map[string]any{}
	cycle["cycle"] = cycle
	good := func(change map[string]any) map[string]any {
		values := map[string]any{
			"ticket": "t", "language": "en", "limit": 1,
			"order": map[string]any{"id": 1, "customer": map[string]any{"name": "Ada"}},
		}
		for name, v := range change {
			values[name] = v
			if v == "absent" {
				delete(values, name)
			}
		}
		return values
	}
	if _, err := p.Render(good(nil)); err != nil {
		t.Fatalf("Render of good values: %v", err)
	}
	if _, err := p.Render(good(map[string]any{"limit": 2.0})); err != nil {
		t.Fatalf("Render with 2.0 for the integer 2: %v", err)
	}
	tests := []struct {
		change map[string]any
		want   string
	}{
		{map[string]any{"ticket": "absent"}, `variable "ticket" is missing`},
		{map[string]any{"ticket": nil}, `variable "ticket" must be string, not nil`},
		{map[string]any{"ticket": 5}, `variable "ticket" must be string, not int`},
		{map[string]any{"ticket": time.Unix(0, 0)}, `variable "ticket" must be string, not time.Time`},
		{map[string]any{"ticket": new(string)}, `variable "ticket" must be string, not *string`},
		{map[string]any{"ticket": []byte("x")}, `variable "ticket" must be string, not []uint8`},
		{map[string]any{"language": "fr"}, `variable "language" must be one of "en", "de"`},
		{map[string]any{"limit": 3}, `variable "limit" must be one of 1, 2`},
		{map[string]any{"limit": 1.5}, `variable "limit" must be integer, not float64`},
		{map[string]any{"limit": math.NaN()}, `variable "limit" is not a finite number`},
		{map[string]any{"limit": "1"}, `variable "limit" must be integer, not string`},
		{map[string]any{"limit": json.Number("x")}, `variable "limit" is not a number`},
		{map[string]any{"flag": "true"}, `variable "flag" must be boolean, not string`},
		{map[string]any{"tags": "a,b"}, `variable "tags" must be array, not string`},
		{map[string]any{"tags": []byte("x")}, `variable "tags" must be array, not []uint8`},
		{map[string]any{"order": "absent"}, `variable "order" is missing`},
		{map[string]any{"order": []any{}}, `variable "order" must be object, not []interface {}`},
		{map[string]any{"order": map[string]any{"id": 1}}, `variable "order.customer.name" is missing`},
		{map[string]any{"order": map[string]any{"id": 1, "customer": "Ada"}}, `variable "order.customer.name" is missing`},
		{map[string]any{"order": map[string]any{"f": func() {}}}, `variable "order" cannot be encoded as JSON`},
		{map[string]any{"order": map[string]any{"f": math.Inf(1)}}, `variable "order" is not a finite number`},
		{map[string]any{"order": cycle}, `variable "order" is nested deeper than 100`},
		{map[string]any{"tickets": "x"}, `variable "tickets" is not declared (did you mean ticket?)`},
		{map[string]any{"colour": "x"}, `variable "colour" is not declared`},
		{map[string]any{"ticket": "absent", "tickt": "secret", "language": 1},
			`variable "language" must be string, not int; variable "ticket" is missing; variable "tickt" is not declared (did you mean ticket?)`},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			messages, err := p.Render(good(test.change))
			var problems *RenderError
			if !errors.As(err, &problems) || messages != nil {
				t.Fatalf("Render = %v, %v, want only a *RenderError", messages, err)
			}
			if got, want := err.Error(), "render "+p.Ref().String()+": "+test.want; got != want {
				t.Errorf("error = %s\nwant    %s", got, want)
			}
			if problems.Ref != p.Ref() {
				t.Errorf("Ref = %v, want %v", problems.Ref, p.Ref())
			}
		})
	}
}

// TestRenderTwice: rendering leaves no trace, in the prompt or in the caller's values.
func TestRenderTwice(t *testing.T) {
	p := promptOf(t, "{{#l}}{{k}}{{/l}}{{d}}", map[string]any{"l": typed("array"), "d": map[string]any{"type": "object", "default": map[string]any{"a": 1}}})
	values := map[string]any{"l": []any{map[string]any{"k": 1}}}
	first, err := p.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"l": []any{map[string]any{"k": 1}}}, values); diff != "" {
		t.Errorf("Render changed its values:\n%s", diff)
	}
	first[0].Content = "changed"
	second, err := p.Render(values)
	if err != nil || second[0].Content != `1{"a":1}` {
		t.Errorf("second Render = %v, %v", second, err)
	}
}

// TestRenderParallel is for -race: prompts share parsed templates and defaults.
func TestRenderParallel(t *testing.T) {
	p := parseVector(t, "every_member")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 200 {
				ticket := fmt.Sprint("ticket ", i, j)
				got, err := p.Render(map[string]any{"ticket": ticket, "urgent": j%2 == 0})
				if err != nil || got[1].Content != ticket || strings.Contains(got[0].Content, "quick") != (j%2 == 0) {
					t.Errorf("Render = %v, %v", got, err)
					return
				}
				_, _, _ = p.Structure(), p.Variables(), p.Parameters()
			}
		})
	}
	wait.Wait()
}

// BenchmarkRender compares Render with the bare library on the same template and
// values; "x-bare" is the ratio.
func BenchmarkRender(b *testing.B) {
	content := strings.Repeat("You answer for {{product}}, in {{language}}.\n", 20) + "{{#steps}}\n- {{.}}\n{{/steps}}\n{{ticket}}"
	values := map[string]any{
		"product": "Acme", "language": "en", "ticket": "My card was charged twice",
		"steps": []any{"look", "think", "answer"},
	}
	p := promptOf(b, content, map[string]any{
		"product": typed("string"), "language": typed("string"), "ticket": typed("string"), "steps": typed("array"),
	})
	bare, err := mustache.ParseStringPartialsRaw(content, &mustache.StaticProvider{}, true)
	if err != nil {
		b.Fatal(err)
	}
	var floor float64
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bare.Render(values); err != nil {
				b.Fatal(err)
			}
		}
		floor = float64(b.Elapsed()) / float64(b.N)
	})
	b.Run("promptflag", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Render(values); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/floor, "x-bare")
	})
}
