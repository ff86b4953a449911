package prompts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// Canonical is v as RFC 8785 JSON, for hashing. It takes what encoding/json takes,
// and is fast for what ReadDocument and ReadJSON return. A number that a float64
// cannot carry is an error.
func Canonical(v any) ([]byte, error) { return canonical(v) }

// canonical is v as RFC 8785 JSON. A number that a float64 cannot carry is an
// error, because the canonical form would round it in silence.
func canonical(v any) ([]byte, error) {
	if out, ok := appendCanonical(nil, v, 0); ok {
		return bytes.Clone(out), nil // it is kept, without the room to grow
	}
	return canonicalByParts(v)
}

// canonicalByParts takes whatever encoding/json takes, and says what is wrong.
func canonicalByParts(v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if err := exactNumbers(plain); err != nil {
		return nil, err
	}
	return jcs.Transform(plain)
}

func exactNumbers(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		n, ok := token.(json.Number)
		if !ok || n == "-0" || strings.ContainsAny(n.String(), ".eE") {
			continue
		}
		f, err := n.Float64()
		if err != nil || numberText(f) != n.String() {
			return fmt.Errorf("integer %s is beyond 2^53: a JSON number cannot carry it exactly", shorten(n.String()))
		}
	}
}

// appendCanonical writes plain values, several times as fast as by parts. What
// is not plain, or is to be refused, it leaves to canonicalByParts: it has no
// errors of its own.
func appendCanonical(b []byte, v any, depth int) ([]byte, bool) {
	if depth > 2*maxDepth { // or it contains itself
		return b, false
	}
	ok := true
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), true
	case bool:
		return strconv.AppendBool(b, v), true
	case string:
		return appendCanonicalString(b, v)
	case int:
		return appendCanonical(b, int64(v), depth)
	case int64:
		return strconv.AppendInt(b, v, 10), -1<<53 <= v && v <= 1<<53
	case float64:
		return append(b, numberText(v)...), !math.IsNaN(v) && !math.IsInf(v, 0)
	case []any:
		if v == nil {
			return append(b, "null"...), true
		}
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, ok = appendCanonical(b, e, depth+1); !ok {
				return b, false
			}
		}
		return append(b, ']'), true
	case map[string]any:
		if v == nil {
			return append(b, "null"...), true
		}
		b = append(b, '{')
		for i, key := range sortedUTF16(v) {
			if i > 0 {
				b = append(b, ',')
			}
			if b, ok = appendCanonicalString(b, key); !ok {
				return b, false
			}
			if b, ok = appendCanonical(append(b, ':'), v[key], depth+1); !ok {
				return b, false
			}
		}
		return append(b, '}'), true
	}
	return b, false
}

// appendCanonicalString quotes s; only what has to be is escaped.
func appendCanonicalString(b []byte, s string) ([]byte, bool) {
	if !utf8.ValidString(s) {
		return b, false
	}
	b = append(b, '"')
	done := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[done:i]...)
		done = i + 1
		if n := strings.IndexByte("\b\t\n\f\r\"\\", c); n >= 0 {
			b = append(b, '\\', `btnfr"\`[n])
		} else {
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(append(b, s[done:]...), '"'), true
}

// sortedUTF16 are the keys in the order of RFC 8785.
func sortedUTF16(m map[string]any) []string {
	keys := slices.Sorted(maps.Keys(m))
	if slices.ContainsFunc(keys, func(key string) bool { return strings.ContainsFunc(key, func(r rune) bool { return r > 0xd7ff }) }) {
		slices.SortFunc(keys, func(a, b string) int {
			return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		})
	}
	return keys
}
