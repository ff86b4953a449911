package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
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
	text, _ := marshalText(s) // a string cannot fail
	return append(b, text...)
}

// marshalText is v as JSON in which '<', '>' and '&' are themselves.
func marshalText(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// valueOf turns what a caller supplied into what templates see, or says what is
// wrong without quoting the value: it may be personal data.
func valueOf(kind string, v any) (any, error) {
	if v == nil {
		return nil, fmt.Errorf("must be %s, not nil", kind)
	}
	scalar, isScalar, err := fromScalar(v)
	if err != nil {
		return nil, err
	}
	out := scalar
	if !isScalar && (kind == "array" || kind == "object") {
		if out, err = fromGo(v, 0); err != nil {
			return nil, err
		}
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
func fromGo(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("is nested deeper than %d", maxDepth) // or contains itself
	}
	switch v := v.(type) {
	case nil:
		return null{}, nil
	case []any:
		out := make(list, len(v))
		for i, e := range v {
			var err error
			if out[i], err = fromGo(e, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(fields, len(v))
		for key, e := range v {
			var err error
			if out[key], err = fromGo(e, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if out, ok, err := fromScalar(v); ok || err != nil {
		return out, err
	}
	switch r := reflect.ValueOf(v); { // a nil slice or map is empty, whatever its type; JSON would say null
	case r.Kind() == reflect.Slice && r.IsNil():
		return list{}, nil
	case r.Kind() == reflect.Map && r.IsNil():
		return fields{}, nil
	}
	return fromJSON(v, depth)
}

// asDecoded is a template's value as encoding/json decodes it, integers exact.
func asDecoded(v any) any {
	switch v := v.(type) {
	case null:
		return nil
	case int64, uint64:
		return json.Number(fmt.Sprint(v))
	case float:
		return float64(v)
	case list:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = asDecoded(e)
		}
		return out
	case fields:
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[key] = asDecoded(e)
		}
		return out
	}
	return v
}

// fromScalar converts values of the string, bool and number kinds, and says
// whether v is one.
func fromScalar(v any) (out any, ok bool, err error) {
	switch v := v.(type) {
	case string, bool, int64, uint64:
		return v, true, nil
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, true, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, false, errors.New("is not a number")
		}
		return float(f), true, nil
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return r.String(), true, nil
	case reflect.Bool:
		return r.Bool(), true, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), true, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return r.Uint(), true, nil
	case reflect.Float32, reflect.Float64:
		f := r.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, false, errors.New("is not a finite number")
		}
		return float(f), true, nil
	}
	return nil, false, nil
}

func fromJSON(v any, depth int) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, errors.New("cannot be encoded as JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var decoded any
	if err := dec.Decode(&decoded); err != nil {
		return nil, errors.New("cannot be encoded as JSON")
	}
	return fromGo(decoded, depth)
}
