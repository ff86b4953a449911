package prompts

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// checker checks one file. The checkers of the files that it refers to share
// its list of findings.
type checker struct {
	*source
	*findingList
	files   *files // where it may look for other files; nil for none
	decoded bool   // the file is TOML
	broken  bool   // something in another file stands in the way, and has its finding there
	named   int    // bytes of the files that it has named so far
	effort  int    // of comparing its values with schemas so far
}

type findingList struct{ findings Findings }

// maxFindings bounds the findings of one file: more than that help nobody.
const maxFindings = 200

// full says that no more findings are taken; long loops end then.
func (l *findingList) full() bool { return len(l.findings) >= maxFindings }

// limit says so when there may be more findings than are listed.
func (c *checker) limit() {
	if c.full() {
		c.addFile(ruleTooLarge, "", "there may be more findings: only %d are listed", maxFindings)
	}
}

// report adds a finding, whose severity is that of its rule.
func (l *findingList) report(f Finding) {
	rule, _ := RuleByID(f.Rule)
	f.Severity = rule.Severity
	l.findings = append(l.findings, f)
}

// add reports a finding at an offset of the text.
func (c *checker) add(rule string, offset int, hint, format string, args ...any) {
	c.addFix(rule, offset, nil, hint, format, args...)
}

// addFix reports a finding that comes with a change, unless fix is nil.
func (c *checker) addFix(rule string, offset int, fix *Fix, hint, format string, args ...any) {
	if c.full() {
		return
	}
	line, col := c.at(offset)
	c.report(Finding{File: c.file, Line: line, Col: col, Rule: rule, Message: fmt.Sprintf(format, args...), Hint: hint, Fix: fix})
}

// addFile reports a finding about the file as a whole.
func (c *checker) addFile(rule, hint, format string, args ...any) {
	c.report(Finding{File: c.file, Rule: rule, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// bad stands where a value was that already has a finding.
type bad struct{}

func isBad(v any) bool { _, is := v.(bad); return is }

// plain turns a decoded TOML value into maps, slices and scalars that JSON can
// carry exactly, and reports what JSON cannot.
func (c *checker) plain(v any, n *node, depth int) any {
	if depth > maxDepth {
		c.add(ruleTooLarge, n.pos(), "", "nested deeper than %d", maxDepth)
		return bad{}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = c.plain(v[key], n.child(key), depth+1)
		}
		return v
	case []map[string]any:
		array := make([]any, len(v))
		for i, e := range v {
			array[i] = c.plain(e, n.item(i), depth+1)
		}
		return array
	case []any:
		for i, e := range v {
			v[i] = c.plain(e, n.item(i), depth+1)
		}
		return v
	case int64:
		if v > 1<<53 || v < -1<<53 {
			c.add(ruleInexact, n.value(), "write it as a string", "integer is beyond 2^53: JSON readers would round it")
			return bad{}
		}
	case float64:
		return c.float(v, n)
	case time.Time:
		c.add(ruleNotJSON, n.value(), "quote it", "dates and times are not JSON")
		return bad{}
	}
	return v
}

func (c *checker) float(v float64, n *node) any {
	digits := ""
	if n != nil {
		digits, _, _ = strings.Cut(strings.ToLower(c.text[n.start:n.end]), "e")
	}
	switch {
	case math.IsNaN(v), math.IsInf(v, 0):
		c.add(ruleNotJSON, n.value(), "", "%v is not a JSON number", v)
	case v == 0 && strings.ContainsAny(digits, "123456789"):
		c.add(ruleInexact, n.value(), "write 0 if that is meant", "number is too small: it would become 0")
	case v == math.Trunc(v) && math.Abs(v) >= 1<<53: // as a float, 2^53 may be what 2^53+1 was rounded to
		c.add(ruleInexact, n.value(), "write it as a string", "integer is beyond 2^53: JSON readers would round it")
	default:
		return v
	}
	return bad{}
}

// kindOf names the type of a plain value in the words of TOML.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case int64:
		return "integer"
	case float64:
		return "float"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "table"
	case nil:
		return "null"
	}
	return fmt.Sprintf("%T", v)
}

// table is one TOML table under check. Its methods report what is wrong and
// return the zero value then.
type table struct {
	*checker
	path string // "variables.ticket"; "" for the file
	m    map[string]any
	n    *node
}

func (t table) name(key string) string {
	if t.path == "" {
		return key
	}
	return t.path + "." + key
}

func (t table) has(key string) bool { _, ok := t.m[key]; return ok }

// keys are the table's keys in a fixed order.
func (t table) keys() []string { return slices.Sorted(maps.Keys(t.m)) }

// known reports every key that is not in the list. hints are for keys that
// people may expect here.
func (t table) known(keys []string, hints map[string]string) {
	for _, key := range t.keys() {
		if !slices.Contains(keys, key) && !t.full() {
			near := nearest(key, keys)
			t.addFix(ruleUnknownKey, t.n.child(key).pos(), t.rename(key, near), cmp.Or(hints[key], didYouMean(near)), "unknown key %q", t.name(shorten(key)))
		}
	}
}

// rename is the change of a key to another that the table does not have, or nil.
func (t table) rename(key, to string) *Fix {
	if to == "" || t.has(to) || t.n.child(key) == nil {
		return nil
	}
	start := t.n.child(key).pos()
	if !strings.HasPrefix(t.text[start:], key) {
		return nil // quoted
	}
	return &Fix{start, start + len(key), to}
}

// want reports a value of the wrong type.
func (t table) want(key, want string) {
	if v := t.m[key]; !isBad(v) {
		t.add(ruleWrongType, t.n.child(key).value(), "", "%s: want %s, got %s", t.name(key), want, kindOf(v))
	}
}

func (t table) str(key string) (string, bool) {
	s, ok := t.m[key].(string)
	if !ok && t.has(key) {
		t.want(key, "a string")
	}
	return s, ok
}

// words is a string that says something when it is written.
func (t table) words(key string) string {
	s, ok := t.str(key)
	if ok && strings.TrimSpace(s) == "" {
		t.add(ruleEmpty, t.n.child(key).value(), "", "%s is empty", t.name(key))
	}
	return s
}

func (t table) boolean(key string) {
	if _, ok := t.m[key].(bool); !ok && t.has(key) {
		t.want(key, "true or false")
	}
}

func (t table) strings(key string) []string {
	array, ok := t.m[key].([]any)
	if !ok {
		if t.has(key) {
			t.want(key, "an array of strings")
		}
		return nil
	}
	var out []string
	for i, v := range array {
		s, ok := v.(string)
		if !ok && !isBad(v) {
			t.add(ruleWrongType, t.n.child(key).item(i).value(), "", "%s[%d]: want a string, got %s", t.name(key), i, kindOf(v))
		}
		out = append(out, s)
	}
	return out
}

func (t table) table(key string) (table, bool) {
	m, ok := t.m[key].(map[string]any)
	if !ok && t.has(key) {
		t.want(key, "a table")
	}
	return table{t.checker, t.name(key), m, t.n.child(key)}, ok
}

// tables is an array of tables: [[key]].
func (t table) tables(key string) (out []table) {
	array, ok := t.m[key].([]any)
	if !ok && t.has(key) {
		t.want(key, "an array of tables, [["+key+"]]")
	}
	for i, v := range array {
		item, path := t.n.child(key).item(i), fmt.Sprintf("%s[%d]", t.name(key), i)
		if m, ok := v.(map[string]any); ok {
			out = append(out, table{t.checker, path, m, item})
		} else if !isBad(v) {
			t.add(ruleWrongType, item.value(), "", "%s: want a table, got %s", path, kindOf(v))
		}
	}
	return out
}
