package assert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxSearched bounds the bytes that a search for fragments reads, in all
// attempts together.
const maxSearched = 8 << 20

func jsonKinds() []kind {
	return []kind{
		{name: "is-json", summary: "The output is JSON and, when a JSON Schema is given, fits it.", value: "a JSON Schema, or nothing", make: makeIsJSON},
		{name: "contains-json", summary: "A part of the output is a JSON object and, when a JSON Schema is given, fits it; with a schema an array will do.",
			value: "a JSON Schema, or nothing", make: makeContainsJSON},
	}
}

// schemaValue reads a JSON Schema: a table, true or false, or a text that is
// JSON. There are no templates in it. The second result is false after a problem.
func (w *written) schemaValue() (*schema, bool) {
	doc := w.value
	if s, ok := doc.(string); ok {
		v, err := parseJSON(s)
		if err != nil {
			w.problem(valuePath(), "write the schema as a table, or as JSON", "the schema is not JSON")
			return nil, false
		}
		doc = v
	}
	switch doc.(type) {
	case nil:
		return nil, true
	case map[string]any, bool:
	default:
		w.problem(valuePath(), "", "a JSON Schema is a table, not %s", nameOf(doc))
		return nil, false
	}
	s, path, err := compileSchema(doc)
	if err != nil {
		w.problem(slices.Concat(valuePath(), path), "", "%s", err)
		return nil, false
	}
	return s, true
}

func makeIsJSON(w *written) checker {
	if s, ok := w.schemaValue(); ok {
		return isJSON{s}
	}
	return nil
}

type isJSON struct{ schema *schema } // nil for none

func (c isJSON) check(_ context.Context, in Input, _ Services) (Result, error) {
	v, err := parseJSON(in.Output.Text)
	if err != nil {
		return binary(false, "is not JSON (%s): %s", jsonFault(err), quote(in.Output.Text)), nil
	}
	if c.schema == nil {
		return binary(true, "is JSON"), nil
	}
	fault, err := c.schema.violation(v)
	switch {
	case err != nil:
		return Result{}, err
	case fault != "":
		return binary(false, "does not fit the schema: %s", fault), nil
	}
	return binary(true, "is JSON that fits the schema"), nil
}

func jsonFault(err error) string {
	var bad *json.SyntaxError
	if errors.As(err, &bad) {
		return fmt.Sprintf("%s at byte %d", strings.TrimPrefix(bad.Error(), "json: "), bad.Offset)
	}
	return err.Error()
}

func makeContainsJSON(w *written) checker {
	if s, ok := w.schemaValue(); ok {
		return containsJSON{s}
	}
	return nil
}

type containsJSON struct{ schema *schema } // nil for none

func (c containsJSON) check(ctx context.Context, in Input, _ Services) (Result, error) {
	starts := "{"
	if c.schema != nil {
		starts = "{["
	}
	found, fault := 0, ""
	text, searched := in.Output.Text, 0
	for from := 0; ; {
		i := strings.IndexAny(text[from:], starts)
		if i < 0 {
			break
		}
		from += i
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		v, n, ok := jsonFrom(text[from:])
		if searched += n; searched > maxSearched {
			return Result{}, errors.New("contains-json: the output takes too long to search")
		}
		if !ok {
			from++
			continue
		}
		from += n
		if _, isArray := v.([]any); isArray {
			from -= n - 1 // what is in it may fit by itself
		}
		found++
		if c.schema == nil {
			return binary(true, "contains a JSON object"), nil
		}
		violation, err := c.schema.violation(v)
		switch {
		case err != nil:
			return Result{}, err
		case violation == "":
			return binary(true, "contains JSON that fits the schema"), nil
		case fault == "":
			fault = violation
		}
	}
	if found == 0 {
		return binary(false, "contains no JSON: %s", quote(text)), nil
	}
	return binary(false, "contains JSON %d times, none of which fits the schema: %s", found, fault), nil
}

// jsonFrom reads the value that a text begins with, and how many bytes it read.
func jsonFrom(s string) (v any, n int, ok bool) {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		var bad *json.SyntaxError
		if errors.As(err, &bad) {
			return nil, int(bad.Offset), false
		}
		return nil, len(s), false
	}
	return plainNumbers(v), int(dec.InputOffset()), true
}
