package assert

import (
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
)

func TestExprProblems(t *testing.T) {
	for source, want := range map[string]string{
		"":                                 "expr needs a value",
		"output ==":                        "not an expression: unexpected token EOF, at line 1, column 9",
		"outptu == 'x'":                    "not an expression: unknown name outptu, at line 1, column 1",
		"output":                           "the expression must be true or false, or a number from 0 to 1",
		"len(output)":                      "the expression is a number, and needs a threshold",
		"now().Year() > 2000":              "not an expression: unknown name now, at line 1, column 1",
		"__step()":                         "__step and __text are reserved",
		strings.Repeat("!", 2000) + "true": "not an expression: compilation failed: expression exceeds maximum allowed nodes",
	} {
		_, problems := Parse(map[string]any{"type": "expr", "value": source})
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Message, want) {
			t.Errorf("%.40q: %q, want %q", source, lines(problems), want)
		}
	}
	_, problems := Parse(map[string]any{"type": "expr", "value": "len(outptu) < 200"})
	if len(problems) != 1 || problems[0].Hint != "did you mean output?" {
		t.Errorf("a misspelt name: %q", lines(problems))
	}
}

// Expressions cannot take for ever, nor all memory.
func TestExprIsBounded(t *testing.T) {
	vars := map[string]any{"l": make([]any, 2000)}
	for source, want := range map[string]string{
		"all(vars.l, all(vars.l, all(vars.l, true)))":                         "it takes too many steps",
		"all(1..1000, all(1..1000, all(1..1000, true)))":                      "memory budget exceeded",
		"len(map(1..99999, map(1..99999, 1))) > 0":                            "memory budget exceeded",
		"len(reduce(1..60, #acc + #acc, output)) > 0":                         "it makes too long a text",
		"let a = output + output; len(reduce(1..60, #acc + a + #acc, a)) > 0": "it makes too long a text",
	} {
		a := mustParse(t, map[string]any{"type": "expr", "value": source})
		r := a.Run(t.Context(), Input{Output: chat.Response{Text: "abc"}, Vars: vars}, Services{})
		if !strings.Contains(r.Error, want) {
			t.Errorf("%s: %+v, want an error with %q", source, r, want)
		}
	}
}

func TestExprEnvironment(t *testing.T) {
	price := 0.25
	in := Input{Output: chat.Response{Text: `{"items":[{"price":1},{"price":2.5}],"name":"x"}`, Latency: 1500 * time.Millisecond,
		ToolCalls: []chat.ToolCall{{Name: "find", Arguments: `{"q":"a"}`}, {Name: "broken", Arguments: `{`}}},
		Vars: map[string]any{"n": 3, "s": "x"}, Metadata: map[string]any{"level": "hard"}, Cost: &price}
	for _, source := range []string{
		"all(json.items, .price >= 1)", "json.name == vars.s", "len(json.items) + 1 == vars.n", "vars.missing == nil",
		"metadata.level == 'hard'", "latency_ms == 1500", "cost < 0.3", "tool_calls[0].name == 'find'", "tool_calls[0].arguments.q == 'a'",
		"tool_calls[1].arguments == nil", "len(tool_calls) == 2", "output + '!' endsWith '}!'", "'a' + 'b' + vars.s == 'abx'", "1 + vars.n == 4",
		"any(json.items, {#.price > 2})", "sum(json.items, .price) == 3.5", "output matches 'ite[m]s'", "json?.missing?.deeper == nil",
	} {
		if r := mustParse(t, map[string]any{"type": "expr", "value": source}).Run(t.Context(), in, Services{}); !r.Pass {
			t.Errorf("%s: %+v", source, r)
		}
	}
}
