package prompts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// doublingTOML is a schema whose n definitions each refer to the next one twice.
func doublingTOML(n int) string {
	var b strings.Builder
	b.WriteString("{ '$ref' = '#/$defs/a0', '$defs' = { ")
	for i := range n {
		fmt.Fprintf(&b, "a%d = { allOf = [{ '$ref' = '#/$defs/a%d' }, { '$ref' = '#/$defs/a%d' }] }, ", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "a%d = { type = 'object' } } }", n)
	return b.String()
}

// recursive is a schema that has itself below two branches.
const recursive = "{ type = 'object', allOf = [{ properties = { a = { '$ref' = '#' } } }, { properties = { a = { '$ref' = '#' } } }] }"

func nested(n int) string { return strings.Repeat("{ a = ", n) + "{}" + strings.Repeat(" }", n) }

// A schema cannot make a check or a service hang: without a bound, the deep ones
// would take years.
func TestEffortIsBounded(t *testing.T) {
	const tooLong = "takes too long to compare with its schema"
	for _, test := range []struct{ schema, value, want string }{
		{doublingTOML(10), "{}", ""},
		{doublingTOML(60), "{}", tooLong},
		{recursive, nested(8), ""},
		{recursive, nested(60), tooLong},
	} {
		lines := []string{says + "content = '{{x}}'", "[variables.x]", "type = 'object'", "schema = " + test.schema}
		src := prompt(append(lines, "default = "+test.value)...)
		_, err := Parse("x.toml", "x", []byte(src))
		if got := fmt.Sprint(err); test.want == "" && err != nil || !strings.Contains(got, test.want) {
			t.Errorf("%s: Parse = %v, want %s", shorten(src), shorten(got), test.want)
		}
		d, err := Parse("x.toml", "x", []byte(prompt(lines...)))
		if err != nil {
			t.Fatal(err)
		}
		var value map[string]any
		if err := decodeInto(test.value, &value); err != nil {
			t.Fatal(err)
		}
		_, err = d.Prompt.Render(map[string]any{"x": value})
		var wrong *RenderError
		if bad := errors.As(err, &wrong); bad != (test.want != "") || test.want == tooLong && !strings.Contains(err.Error(), tooLong) {
			t.Errorf("%s: Render = %v, want %s", shorten(src), err, test.want)
		}
	}
}

// The effort of all values of a file counts.
func TestEffortOfManyExamples(t *testing.T) {
	const one = "[[examples]]\ninput = ''\noutput = '{}'\n"
	src := func(n int) string {
		return prompt(says+"content = ''", "[[messages]]", "examples = true", strings.Repeat(one, n)+"[output]", "schema = "+doublingTOML(12))
	}
	if _, err := Parse("x.toml", "x", []byte(src(5))); err != nil {
		t.Error(err)
	}
	_, err := Parse("x.toml", "x", []byte(src(50)))
	if got := strings.Count(fmt.Sprint(err), "too long to compare"); got != 1 {
		t.Errorf("%d findings: %v", got, err)
	}
}

func decodeInto(inline string, to *map[string]any) error {
	m, err := decodeTOML("v = " + inline)
	*to, _ = m["v"].(map[string]any)
	return err
}
