package assert

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestSchemaProblems(t *testing.T) {
	type m = map[string]any
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"wrong type":        {m{"type": "nope"}, "value.type: not a JSON Schema: "},
		"deeper":            {m{"properties": m{"a": m{"minLength": "x"}}}, "value.properties.a.minLength: not a JSON Schema: at /properties/a/minLength: "},
		"refers to a file":  {m{"$ref": "other.json"}, `value: the schema refers to "other.json": it must be complete in itself`},
		"refers to the web": {m{"$ref": "https://example.com/s"}, `value: the schema refers to "https://example.com/s": it must be complete in itself`},
		"refers to nothing": {m{"$ref": "#/$defs/a"}, "value: not a JSON Schema: "},
		"is its own ref":    {m{"$ref": "#"}, "value: the schema refers to itself and says nothing else"},
		"a text":            {"required: [a]", "value: the schema is not JSON (write the schema as a table, or as JSON)"},
		"a list":            {[]any{"a"}, "value: a JSON Schema is a table, not a list"},
	} {
		_, problems := Parse(m{"type": "is-json", "value": c.value})
		if len(problems) != 1 || !strings.HasPrefix(lines(problems)[0], c.want) {
			t.Errorf("%s: %q, want %q", name, lines(problems), c.want)
		}
	}
}

// Definitions that each refer to the next one twice make two to the power of
// their number of tries; so does a schema that is below two of its own branches.
func TestSchemaIsBounded(t *testing.T) {
	definitions := map[string]any{"d30": map[string]any{"type": "string"}}
	for i := range 30 {
		next := map[string]any{"$ref": fmt.Sprintf("#/$defs/d%d", i+1)}
		definitions[fmt.Sprintf("d%d", i)] = map[string]any{"anyOf": []any{next, map[string]any{"allOf": []any{next}}}}
	}
	below := map[string]any{"items": map[string]any{"$ref": "#"}}
	for name, c := range map[string]struct {
		schema map[string]any
		output string
	}{
		"references": {map[string]any{"$ref": "#/$defs/d0", "$defs": definitions}, "1"},
		"recursion":  {map[string]any{"anyOf": []any{below, map[string]any{"allOf": []any{below}}}, "type": "array", "not": map[string]any{"const": 1}}, strings.Repeat("[", 60) + "1" + strings.Repeat("]", 60)},
	} {
		a := mustParse(t, map[string]any{"type": "not-is-json", "value": c.schema})
		if r := a.Run(t.Context(), output(c.output), Services{}); r.Pass || r.Error != errTooMuch.Error() {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// One assertion serves all goroutines; the count of tries must not be shared.
func TestSchemaIsShared(t *testing.T) {
	a := mustParse(t, map[string]any{"type": "is-json", "value": map[string]any{"type": "array", "items": map[string]any{"type": "integer"}}})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				if r := a.Run(t.Context(), output("[1,2,3]"), Services{}); !r.Pass {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	group.Wait()
}

// What a search for fragments reads is bounded, whatever the output.
func TestSearchesAreBounded(t *testing.T) {
	for _, c := range []struct{ kind, output string }{
		{"contains-json", strings.Repeat(`{"a":`, 8_000)},
		{"contains-xml", strings.Repeat(`<a>`, 8_000)},
		{"levenshtein", strings.Repeat("ab", 20_000)},
	} {
		members := map[string]any{"type": c.kind}
		if c.kind == "levenshtein" {
			members["value"], members["threshold"] = strings.Repeat("cd", 20_000), 100_000.0
		}
		if r := mustParse(t, members).Run(t.Context(), output(c.output), Services{}); r.Error == "" {
			t.Errorf("%s: %+v", c.kind, r)
		}
	}
}
