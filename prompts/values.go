package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
)

// The values that templates see have exactly these types: string, bool, int64,
// uint64, float, null, list and fields. The library would print Go's own forms,
// and would call methods of the caller's types when a template names them.
// Format takes two arguments, so no template can call it.
type (
	float  float64
	null   struct{}
	list   []any
	fields map[string]any
)

func (v float) Format(f fmt.State, _ rune)  { _, _ = io.WriteString(f, numberText(float64(v))) }
func (null) Format(fmt.State, rune)         {}
func (v list) Format(f fmt.State, _ rune)   { _, _ = f.Write(appendJSON(nil, v)) }
func (v fields) Format(f fmt.State, _ rune) { _, _ = f.Write(appendJSON(nil, v)) }

// appendJSON writes a value as compact JSON with sorted keys.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case null:
		return append(b, "null"...)
	case string:
		return appendQuoted(b, v)
	case list:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	case fields:
		b = append(b, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendQuoted(b, key), ':')
			b = appendJSON(b, v[key])
		}
		return append(b, '}')
	}
	return fmt.Append(b, v)
}

func appendQuoted(b []byte, s string) []byte {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string cannot fail
	return append(b, strings.TrimSuffix(out.String(), "\n")...)
}

// valueOf turns what a caller supplied into what templates see, or says what is
// wrong without quoting the value: it may be personal data.
func valueOf(kind string, v any) (any, error) {
	if v == nil {
		return nil, fmt.Errorf("must be %s, not nil", kind)
	}
	out, err := fromGo(v)
	if err != nil {
		return nil, err
	}
	fits := false
	switch out := out.(type) {
	case string:
		fits = kind == "string"
	case bool:
		fits = kind == "boolean"
	case int64, uint64:
		fits = kind == "integer" || kind == "number"
	case float:
		if kind == "integer" && float64(out) == math.Trunc(float64(out)) && math.Abs(float64(out)) <= 1<<53 {
			return int64(out), nil
		}
		fits = kind == "number"
	case list:
		fits = kind == "array"
	case fields:
		fits = kind == "object"
	}
	if !fits {
		return nil, fmt.Errorf("must be %s, not %T", kind, v)
	}
	return out, nil
}

// fromGo converts a Go value. What is not made of plain maps, slices and scalars
// goes through its JSON form, so that structs and their tags work.
func fromGo(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return null{}, nil
	case string, bool, int64, uint64:
		return v, nil
	case int:
		return int64(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errors.New("is not a finite number")
		}
		return float(v), nil
	case json.Number:
		return fromNumber(v)
	case []any:
		return fromSlice(v)
	case map[string]any:
		return fromMap(v)
	}
	return fromReflected(v)
}

func fromSlice(v []any) (any, error) {
	out := make(list, len(v))
	for i, e := range v {
		var err error
		if out[i], err = fromGo(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fromMap(v map[string]any) (any, error) {
	out := make(fields, len(v))
	for key, e := range v {
		var err error
		if out[key], err = fromGo(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fromNumber(n json.Number) (any, error) {
	if i, err := n.Int64(); err == nil {
		return i, nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil, errors.New("is not a number")
	}
	return fromGo(f)
}

func fromReflected(v any) (any, error) {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return r.String(), nil
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return r.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return fromGo(r.Float())
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, errors.New("cannot be encoded as JSON")
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	var decoded any
	if err := dec.Decode(&decoded); err != nil {
		return nil, errors.New("cannot be encoded as JSON")
	}
	return fromGo(decoded)
}
