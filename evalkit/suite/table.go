package suite

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// table is one table of TOML, or one object of JSON, under check. Its methods
// report what is wrong and return the zero value then.
type table struct {
	*findings
	place
	file string
	path []string // where it is in its place
	m    map[string]any
}

// add reports a finding at a key of the table.
func (t table) add(key, hint, format string, args ...any) {
	t.addAt([]string{key}, hint, format, args...)
}

// addHere reports a finding at the table itself.
func (t table) addHere(hint, format string, args ...any) { t.addAt(nil, hint, format, args...) }

func (t table) addAt(key []string, hint, format string, args ...any) {
	if t.full(t.file) {
		t.findings.add(prompts.Finding{File: t.file})
		return
	}
	t.findings.add(t.place.Finding(slices.Concat(t.path, key), hint, format, args...))
}

// name is a key as findings call it: "gate.pass_rate.min".
func (t table) name(key string) string {
	var b strings.Builder
	for _, part := range t.path {
		b.WriteString(short(part) + ".")
	}
	return b.String() + key
}

func (t table) has(key string) bool { _, ok := t.m[key]; return ok }

// keys are the table's keys in a fixed order.
func (t table) keys() []string { return slices.Sorted(maps.Keys(t.m)) }

// known reports every other key. hints are for keys that people may expect here.
func (t table) known(hints map[string]string, keys ...string) {
	for _, key := range t.keys() {
		if slices.Contains(keys, key) {
			continue
		}
		hint := hints[key]
		if hint == "" {
			hint = prompts.Suggest(key, keys)
		}
		t.add(key, hint, "unknown key %q", t.name(short(key)))
	}
}

func (t table) want(key, want string) {
	t.add(key, "", "%s: want %s, got %s", t.name(key), want, kindOf(t.m[key]))
}

// text is a string; "" is refused, for it is nowhere what somebody means.
func (t table) text(key string) string {
	s, ok := t.m[key].(string)
	switch {
	case ok && strings.TrimSpace(s) == "":
		t.add(key, "", "%s is empty", t.name(key))
	case !ok && t.has(key):
		t.want(key, "a string")
	}
	return s
}

// number is a number for which fits is true, or nil; want says which do.
func (t table) number(key, want string, fits func(float64) bool) *float64 {
	var f float64
	switch v := t.m[key].(type) {
	case int64:
		f = float64(v)
	case float64:
		f = v
	default:
		if t.has(key) {
			t.want(key, "a number")
		}
		return nil
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || !fits(f) {
		t.add(key, "", "%s is %v, want %s", t.name(key), f, want)
		return nil
	}
	return &f
}

// integer is an integer from least to most, or nil.
func (t table) integer(key string, least, most int) *int {
	v, ok := t.m[key].(int64)
	switch {
	case !ok && t.has(key):
		t.want(key, "an integer")
	case ok && (v < int64(least) || v > int64(most)):
		t.add(key, "", "%s is %d, want %d to %d", t.name(key), v, least, most)
	case ok:
		i := int(v)
		return &i
	}
	return nil
}

func (t table) table(key string) (table, bool) {
	m, ok := t.m[key].(map[string]any)
	if !ok && t.has(key) {
		t.want(key, "a table")
	}
	t.path, t.m = append(slices.Clip(t.path), key), m
	return t, ok
}

func (t table) list(key string) []any {
	list, ok := t.m[key].([]any)
	if !ok && t.has(key) {
		t.want(key, "an array")
	}
	return list
}

// words are an array of strings that are not empty and keep to one line.
func (t table) words(key string) []string {
	var out []string
	for i, v := range t.list(key) {
		s, ok := v.(string)
		switch {
		case !ok:
			t.addAt([]string{key, fmt.Sprint(i)}, "", "%s: want strings, got %s", t.name(key), kindOf(v))
		case !isLine(s):
			t.addAt([]string{key, fmt.Sprint(i)}, "", "%s: %q is not a text of 1 to %d characters on one line", t.name(key), short(s), maxLabel)
		default:
			out = append(out, s)
		}
	}
	return out
}

// maxLabel bounds names that reports print, in characters.
const maxLabel = 100

// isLine says whether s can be a name in a report.
func isLine(s string) bool {
	return strings.TrimSpace(s) != "" && len([]rune(s)) <= maxLabel && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f || r == '\u2028' || r == '\u2029'
	})
}

// kindOf names the type of a value in the words of TOML.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	case map[string]any:
		return "a table"
	}
	return "null"
}
