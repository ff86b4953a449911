package assert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
)

func equalsKind() kind {
	return kind{name: "equals", summary: "The output is exactly this text, or JSON that means the same as this list or table.",
		value: "a text, or a list or table", make: makeEquals}
}

func makeEquals(w *written) checker {
	switch v := w.value.(type) {
	case []any, map[string]any:
		return equalsJSON{v}
	}
	if t := w.textValue(); t != nil {
		return equalsText{t}
	}
	return nil
}

type equalsText struct{ want *text }

func (c equalsText) check(_ context.Context, in Input, _ Services) (Result, error) {
	want, err := c.want.render(in.Vars)
	if err != nil {
		return Result{}, err
	}
	if in.Output.Text == want {
		return binary(true, "equals %s", quote(want)), nil
	}
	return binary(false, "expected %s, got %s", quote(want), quote(in.Output.Text)), nil
}

// equalsJSON compares values: order of keys and the way numbers are written do
// not count.
type equalsJSON struct{ want any }

func (c equalsJSON) check(_ context.Context, in Input, _ Services) (Result, error) {
	got, err := parseJSON(in.Output.Text)
	if err != nil {
		return binary(false, "expected %s, got what is not JSON: %s", quote(compact(c.want)), quote(in.Output.Text)), nil
	}
	if equalValues(c.want, got) {
		return binary(true, "equals %s", quote(compact(c.want))), nil
	}
	return binary(false, "expected %s, got %s", quote(compact(c.want)), quote(compact(got))), nil
}

// parseJSON reads a whole text as one JSON value, in the normal form. Numbers
// that are not exact as int64 become float64; those too large are infinite, as
// in JavaScript.
func parseJSON(s string) (any, error) {
	dec := json.NewDecoder(bytes.NewReader([]byte(s)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("there is more after the first value")
	}
	return plainNumbers(v), nil
}

// plainNumbers changes numbers in place.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64() // ±Inf when it is too large
		return f
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plainNumbers(v[key])
		}
	}
	return v
}

// equalValues compares normal values; 1 equals 1.0.
func equalValues(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalValues(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key := range a {
			other, ok := b[key]
			if !ok || !equalValues(a[key], other) {
				return false
			}
		}
		return true
	case int64, float64:
		return equalNumbers(a, b)
	}
	return a == b
}

func equalNumbers(a, b any) bool {
	if i, ok := a.(int64); ok {
		if j, ok := b.(int64); ok {
			return i == j
		}
	}
	x, _ := number(a)
	y, ok := number(b)
	return ok && x == y && !math.IsNaN(x)
}
