package assert

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit/chat"
)

func mustParse(t testing.TB, v any) *Assertion {
	t.Helper()
	a, problems := Parse(v)
	if len(problems) > 0 {
		t.Fatalf("Parse(%v): %v", v, problems)
	}
	return a
}

func output(text string) Input { return Input{Output: chat.Response{Text: text}} }

func TestParseProblems(t *testing.T) {
	type m = map[string]any
	for _, c := range []struct {
		name  string
		value any
		want  []string // path: message (hint)
	}{
		{"no table", "contains", []string{`: an assertion is a table, not text (write {type = "contains", value = "…"})`}},
		{"no type", m{"value": "x"}, []string{`type: the assertion has no type (write type = "contains", or another type)`}},
		{"slip of type", m{"Type": "contains"}, []string{`type: the assertion has no type (did you mean type instead of Type?)`}},
		{"type is a number", m{"type": int64(4)}, []string{`type: type is text, not a number`}},
		{"unknown type", m{"type": "contians", "value": "x"}, []string{`type: there is no type "contians" (did you mean contains?)`}},
		{"unknown negated type", m{"type": "not-icontain", "value": "x"}, []string{`type: there is no type "not-icontain" (did you mean not-icontains?)`}},
		{"unsupported type", m{"type": "meteor", "value": "x"}, []string{`type: type "meteor" is not supported (use type = "rouge-n", "bleu" or "gleu")`}},
		{"unknown member", m{"type": "equals", "value": "x", "wieght": int64(1)}, []string{`wieght: an assertion of type equals has no member "wieght" (did you mean weight?)`}},
		{"all at once", m{"type": "equals", "weight": int64(-1), "threshold": 0.5, "metric": int64(3)}, []string{
			`threshold: equals takes no threshold (remove it)`,
			`weight: weight -1 is negative (weight 0 measures and never gates)`,
			`metric: metric is text, not a number`,
			`value: equals needs a value (write value = "…")`,
		}},
		{"not a number", m{"type": "levenshtein", "value": "x", "threshold": json.Number("1e999")}, []string{`threshold: the number is too large`}},
		{"empty value", m{"type": "contains", "value": ""}, []string{`value: the value of contains is empty (every output would pass)`}},
		{"empty among values", m{"type": "contains-any", "value": []any{"a", "", int64(3), []any{}}}, []string{
			`value.1: the text is empty (every output would fit)`,
			`value.3: the values of contains-any are texts, not a list`,
		}},
		{"open quote", m{"type": "contains-all", "value": `a, "b`}, []string{`value: value: a quote is never closed (write a list)`}},
		{"filter", m{"type": "contains", "value": "{{ name | upper }}"}, []string{`value: template: tag {{name | upper}} cannot be a variable (write {{name}}: there are no filters and no expressions)`}},
		{"nunjucks", m{"type": "contains", "value": "{% if a %}b{% endif %}"}, []string{`value: {% %} is not supported in templates (write {{#name}}…{{/name}}: templates are Mustache)`}},
		{"partial", m{"type": "contains", "value": "{{> a}}"}, []string{`value: template: partial "a" cannot be included here (write its text)`}},
		{"file", m{"type": "contains", "value": "file://x.txt"}, []string{`value: values from files are not supported (write the value itself)`}},
		{"file in a list", m{"type": "contains-any", "value": []any{"a", "file://x.txt"}}, []string{`value.1: values from files are not supported (write the value itself)`}},
		{"weight beyond measure", m{"type": "equals", "value": "x", "weight": 1e300}, []string{`weight: weight 1e+300 is more than 1000000 (1 is the weight of the others)`}},
		{"threshold beyond reach", m{"type": "bleu", "value": "x", "threshold": 50.0}, []string{`threshold: threshold 50 can never be reached (scores are 0 to 1)`}},
		{"no threshold", m{"type": "latency"}, []string{`threshold: latency needs a threshold, in milliseconds (write threshold = …)`}},
		{"look-around", m{"type": "regex", "value": "a(?<!b)"}, []string{`value: not a regular expression: invalid named capture: "(?<!b)" ((?<!…) is look-around, which RE2 has not: write two assertions, one of them with not-regex)`}},
		{"back reference", m{"type": "regex", "value": `(a)\1`}, []string{`value: not a regular expression: invalid escape sequence: "\1" (back references and some escapes are not in RE2)`}},
		{"in a set", m{"type": "assert-set", "assert": []any{m{"type": "equals", "value": "x"}, m{"type": "assert-set", "assert": []map[string]any{{"type": "levenshtein", "value": "x", "threshold": "3"}}}}},
			[]string{`assert.1.assert.0.threshold: threshold is a number, not text`}},
		{"word bounds", m{"type": "word-count", "value": m{"min": int64(5), "max": int64(3), "mix": int64(1)}}, []string{
			`value.mix: word-count has no bound "mix" (write min, max or both)`, `value: min 5 is more than max 3`}},
		{"slip of a reason", m{"type": "finish-reason", "value": "tool_call"}, []string{`value: "tool_call" is not a reason that an answer ends for (did you mean tool_calls?)`}},
		{"promptfoo's rubricPrompt", m{"type": "equals", "value": "x", "rubricPrompt": "y"}, []string{`rubricPrompt: promptfoo's rubricPrompt is called rubric_prompt here (write rubric_prompt)`}},
		{"transform", m{"type": "equals", "value": "x", "transform": "output.a"}, []string{`transform: transform runs code and is not supported (use type = "expr", which can look into the output)`}},
		{"judge of nobody", m{"type": "equals", "value": "x", "provider": "m", "rubric_prompt": "r"}, []string{
			`provider: equals asks no model (remove it)`, `rubric_prompt: equals asks no judge (remove it)`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, problems := Parse(c.value)
			if a != nil {
				t.Error("there is an assertion beside problems")
			}
			if diff := cmp.Diff(c.want, lines(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func lines(problems []Problem) (out []string) {
	for _, p := range problems {
		line := strings.Join(p.Path, ".") + ": " + p.Message
		if p.Hint != "" {
			line += " (" + p.Hint + ")"
		}
		out = append(out, line)
	}
	return out
}

func TestParseExpected(t *testing.T) {
	for text, want := range map[string]string{
		"Paris":                    `{"type":"equals","value":"Paris"}`,
		"contains: x":              `{"type":"contains","value":"x"}`,
		"not-icontains:  a b ":     `{"type":"not-icontains","value":"a b"}`,
		"levenshtein(3): kitten":   `{"threshold":3,"type":"levenshtein","value":"kitten"}`,
		"contains-any: a, \"b,c\"": `{"type":"contains-any","value":"a, \"b,c\""}`,
		"equals: contians: x":      `{"type":"equals","value":"contians: x"}`,
		"Note: x":                  `{"type":"equals","value":"Note: x"}`,
		"note: x":                  `{"type":"equals","value":"note: x"}`,
		"human":                    `{"type":"equals","value":"human"}`,
		"contians: x":              `there is no type "contians"`,
		"javascript: output > 1":   `type "javascript" is not supported`,
		"fn: output":               `type "javascript" is not supported`,
		"trajectory:tool-used: x":  `type "trajectory:tool-used" is not supported`,
		"levenshtein(x): kitten":   `threshold "x" is not a number`,
		"equals(0.5): x":           `equals takes no threshold`,
		"file://x.py":              `values from files are not supported`,
	} {
		a, problems := ParseExpected(text)
		got := ""
		if len(problems) > 0 {
			got = problems[0].Message
		} else {
			got = compact(a.Canonical())
		}
		if got != want {
			t.Errorf("ParseExpected(%q): %s, want %s", text, got, want)
		}
	}
}

func TestTemplates(t *testing.T) {
	vars := map[string]any{"name": "<b>&", "n": int64(3), "f": 0.5, "null": nil, "list": []any{"a", "b,c"}, "o": map[string]any{"k": "v"}, "empty": ""}
	for value, want := range map[string]string{
		"{{name}}":                      `contains "<b>&"`,
		"{{{name}}}":                    `contains "<b>&"`,
		"{{ n }}":                       `contains "3"`,
		"{{f}}":                         `contains "0.5"`,
		"{{o.k}}":                       `contains "v"`,
		"{{list}}":                      `contains "["a","b,c"]"`,
		"{{#list}}{{.}};{{/list}}":      `contains "a;b,c;"`,
		"{{#o}}{{k}}{{n}}{{/o}}":        `contains "v3"`,
		"{{^empty}}x{{/empty}}":         `contains "x"`,
		"{{missing}}":                   `variable "missing" has no value in this case`,
		"{{o.missing}}":                 `variable "o.missing" has no value in this case`,
		"{{#list}}{{missing}}{{/list}}": `variable "missing" has no value in this case`,
		"{{null}}":                      `variable "null" is null in this case`,
		"{{empty}}":                     `value: it is empty for this case, and every output would fit`,
	} {
		a := mustParse(t, map[string]any{"type": "contains", "value": value})
		r := a.Run(t.Context(), Input{Output: chat.Response{Text: `<b>& 3 0.5 v v3 x ["a","b,c"] a;b,c;`}, Vars: vars}, Services{})
		if got := r.Error + r.Reason; got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
		if r.Pass == (r.Error != "") {
			t.Errorf("%s: pass %v, error %q", value, r.Pass, r.Error)
		}
	}
}

func TestNotNeverTurnsErrorsAround(t *testing.T) {
	a := mustParse(t, map[string]any{"type": "not-contains", "value": "{{x}}"})
	want := Result{Type: "not-contains", Weight: 1, Error: `variable "x" has no value in this case`}
	if diff := cmp.Diff(want, a.Run(t.Context(), output("y"), Services{})); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := mustParse(t, map[string]any{"type": "not-equals", "value": "x"}).Run(ctx, output("y"), Services{}); r.Pass || r.Error == "" {
		t.Errorf("after cancelling: %+v", r)
	}
}

// What a model wrote may stand in an error, but never breaks a line of a log.
func TestErrorsAreOneLine(t *testing.T) {
	a := mustParse(t, map[string]any{"type": "expr", "value": "json.a"})
	want := "the expression is \"x ::set-output  [31m\", neither true or false nor a number from 0 to 1"
	if r := a.Run(t.Context(), output(`{"a":"x\n::set-output\r\u001b[31m"}`), Services{}); r.Error != want {
		t.Errorf("%q", r.Error)
	}
}

func TestPanicsAreErrors(t *testing.T) {
	a := &Assertion{Type: "equals", Weight: 1, check: panics{}}
	if r := a.Run(t.Context(), Input{}, Services{}); r.Pass || r.Score != 0 || r.Error != "checking failed inside: string" {
		t.Errorf("got %+v", r)
	}
}

type panics struct{}

func (panics) check(context.Context, Input, Services) (Result, error) { panic("secret") }

func TestCombine(t *testing.T) {
	half, one := 0.5, 1.0
	good := Result{Pass: true, Score: 1, Weight: 1}
	bad := Result{Score: 0, Weight: 1}
	measured := Result{Score: 0, Weight: 0}
	broken := Result{Error: "x", Weight: 1}
	for name, c := range map[string]struct {
		results   []Result
		threshold *float64
		pass      bool
		score     float64
		failed    bool
	}{
		"none":                        {nil, nil, true, 1, false},
		"all pass":                    {[]Result{good, good}, nil, true, 1, false},
		"one fails":                   {[]Result{good, bad}, nil, false, .5, false},
		"weight 0 never gates":        {[]Result{good, measured}, nil, true, 1, false},
		"only weight 0":               {[]Result{measured}, nil, true, 1, false},
		"threshold reached":           {[]Result{good, bad}, &half, true, .5, false},
		"threshold missed":            {[]Result{good, bad}, &one, false, .5, false},
		"error decides nothing":       {[]Result{good, broken}, &half, false, 0, true},
		"weights":                     {[]Result{{Pass: true, Score: 1, Weight: 3}, bad}, nil, false, .75, false},
		"pass with less than full":    {[]Result{{Pass: true, Score: .8, Weight: 1}}, nil, true, .8, false},
		"threshold instead of passes": {[]Result{{Score: .8, Weight: 1}}, &half, true, .8, false},
	} {
		pass, score, failed := Combine(c.results, c.threshold)
		if pass != c.pass || score != c.score || failed != c.failed {
			t.Errorf("%s: %v %v %v", name, pass, score, failed)
		}
	}
}

// Numbers of TOML, of JSON and with json.Number are the same assertion.
func TestCanonical(t *testing.T) {
	want := `{"metric":"m","threshold":5,"type":"levenshtein","value":"x"}`
	for _, v := range []any{
		map[string]any{"type": "levenshtein", "value": "x", "threshold": int64(5), "metric": "m", "weight": int64(1)},
		map[string]any{"type": "levenshtein", "value": "x", "threshold": 5.0, "metric": "m", "config": nil},
		map[string]any{"type": "levenshtein", "value": "x", "threshold": json.Number("5"), "metric": "m", "weight": 1.0},
	} {
		if got := compact(mustParse(t, v).Canonical()); got != want {
			t.Errorf("%v: %s", v, got)
		}
	}
}
