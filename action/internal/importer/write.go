package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// lineWidth is where an inline value is broken or moved to a file of its own.
const lineWidth = 100

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// writer writes TOML 1.0 in the order and layout that it is told.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// head starts a table, after a blank line.
func (w *writer) head(format string, args ...any) {
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
	w.line(format, args...)
}

// comment is one line of it.
func (w *writer) comment(text string) { w.line("# %s", strings.Join(strings.Fields(text), " ")) }

// pair writes key = value.
func (w *writer) pair(key string, v any) {
	if s, ok := v.(string); ok {
		w.line("%s = %s", tomlKey(key), tomlText(s))
		return
	}
	if list, ok := v.([]any); ok {
		if line := tomlValue(v); len(key)+len(line) > lineWidth {
			w.line("%s = [", tomlKey(key))
			for _, e := range list {
				w.line("  %s,", tomlValue(e))
			}
			w.line("]")
			return
		}
	}
	w.line("%s = %s", tomlKey(key), tomlValue(v))
}

func tomlKey(key string) string {
	if bareKey.MatchString(key) {
		return key
	}
	return tomlQuoted(key)
}

// tomlText is a string where it may take several lines.
func tomlText(s string) string {
	if !strings.Contains(s, "\n") {
		return tomlString(s)
	}
	if strings.ContainsAny(s, `\`) && !strings.Contains(s, "'''") && !strings.HasSuffix(s, "'") && plainText(s) {
		return "'''\n" + s + "'''"
	}
	var b strings.Builder
	b.WriteString("\"\"\"\n")
	for i, c := range s {
		switch {
		case c == '\\':
			b.WriteString(`\\`)
		case c == '"' && (strings.HasPrefix(s[i:], `"""`) || i == len(s)-1 || strings.HasSuffix(b.String(), `""`)):
			b.WriteString(`\"`)
		case c == '\n' || c == '\t' || c >= ' ' && c != 0x7f:
			b.WriteRune(c)
		default:
			fmt.Fprintf(&b, `\u%04X`, c)
		}
	}
	return b.String() + `"""`
}

func plainText(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f }) < 0
}

// tomlString is a string on one line.
func tomlString(s string) string {
	if strings.ContainsAny(s, `"\`) && !strings.ContainsAny(s, "'\n") && plainText(s) {
		return "'" + s + "'"
	}
	return tomlQuoted(s)
}

func tomlQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + `"`
}

// tomlValue is a value on one line. TOML has no null: see hasNull.
func tomlValue(v any) string {
	switch v := v.(type) {
	case string:
		return tomlString(v)
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if v == math.Trunc(v) && !strings.ContainsAny(s, "e.") {
			s += ".0"
		}
		return s
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = tomlValue(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		if len(v) == 0 {
			return "{}"
		}
		parts := make([]string, len(v))
		for i, f := range v {
			parts[i] = tomlKey(f.key) + " = " + tomlValue(f.value)
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case nil:
		return `""`
	}
	return fmt.Sprint(v)
}

// hasNull says whether a value cannot be written as TOML.
func hasNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		for _, e := range v {
			if hasNull(e) {
				return true
			}
		}
	case object:
		for _, f := range v {
			if hasNull(f.value) {
				return true
			}
		}
	}
	return false
}

// MarshalJSON keeps the order of the source.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := marshal(f.key)
		if err != nil {
			return nil, err
		}
		value, err := marshal(f.value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal is JSON in which '<', '>' and '&' are themselves.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// jsonFile is a value as a file that people read.
func jsonFile(v any) []byte {
	data, err := marshal(v)
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	if json.Indent(&b, data, "", "  ") != nil {
		return nil
	}
	b.WriteByte('\n')
	return b.Bytes()
}
