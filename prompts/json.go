package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// numberText writes a finite number as RFC 8785 (that is, ECMAScript) does.
func numberText(f float64) string {
	s, err := jcs.NumberToJSON(f)
	if err != nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return s
}

// decodeJSON decodes one JSON value as encoding/json would into an any. It
// refuses what would read differently elsewhere or cost too much: duplicate
// keys, invalid UTF-8, numbers out of range, trailing data, deep nesting.
func decodeJSON(data []byte) (any, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("larger than %d bytes", maxSize)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	if v, ok := decodeSound(data); ok {
		return v, nil
	}
	if !json.Valid(data) {
		return nil, errors.New("not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return decodeValue(dec, 0)
}

// decodeSound decodes JSON that has nothing to be refused, several times as
// fast as token by token. Whatever it does not like is left to who can say why:
// it has no errors of its own.
func decodeSound(data []byte) (v any, ok bool) {
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, false
	}
	written, depth := extent(data)
	return v, depth <= maxDepth && members(v) == written
}

// extent counts the members of all objects in a JSON text, and says how deeply
// it is nested.
func extent(data []byte) (members, deepest int) {
	inside, depth := false, 0
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == ':':
			members++
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return members, deepest
}

// members counts those of all objects in v: fewer than were written, when a key
// was written twice.
func members(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, e := range v {
			n += members(e)
		}
	case []any:
		for _, e := range v {
			n += members(e)
		}
	}
	return n
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		f, err := token.Float64()
		if err != nil {
			return nil, fmt.Errorf("number %s is out of range", shorten(token.String()))
		}
		return f, nil
	case json.Delim:
		if depth == maxDepth {
			return nil, fmt.Errorf("nested deeper than %d", maxDepth)
		}
		if token == '{' {
			return decodeObject(dec, depth+1)
		}
		return decodeArray(dec, depth+1)
	default:
		return token, nil
	}
}

func decodeObject(dec *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("member %q appears twice", shorten(key))
		}
		if object[key], err = decodeValue(dec, depth); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return object, err
}

func decodeArray(dec *json.Decoder, depth int) (any, error) {
	array := []any{}
	for dec.More() {
		v, err := decodeValue(dec, depth)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	_, err := dec.Token()
	return array, err
}
