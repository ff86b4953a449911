package compare

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Summary is one sentence about everything: "model gpt-4o → gpt-4.1, 1 message
// changed (+12 −3 words), 1 variable added; 1 breaking". It quotes the names of
// models, which are data: escape it where that matters.
func (c Changes) Summary() string { return c.Sentence }

func (c *Changes) sentence(a, b map[string]any) string {
	switch {
	case a == nil && b == nil:
		return "no prompt"
	case b == nil:
		return "prompt removed"
	case len(c.Changes) == 0:
		return "nothing changed"
	}
	var out []string
	for _, m := range []string{"name", "model"} {
		if i := slices.IndexFunc(c.Changes, func(e Change) bool { return e.Path == m }); i >= 0 && a != nil {
			out = append(out, fmt.Sprintf("%s %s → %s", m, plainText(a[m]), plainText(b[m])))
		}
	}
	for _, s := range []struct{ section, one, many string }{
		{"parameters", "parameter", "parameters"}, {"variables", "variable", "variables"}, {"messages", "message", "messages"},
		{"examples", "example", "examples"}, {"tools", "tool", "tools"},
	} {
		out = append(out, c.count(s.section, s.one, s.many)...)
	}
	if slices.ContainsFunc(c.Changes, func(e Change) bool { return section(e.Path) == "output" }) {
		out = append(out, "output changed")
	}
	text := strings.Join(out, ", ")
	if a == nil {
		text = "new prompt: " + text
	} else if text == "" {
		text = "other members changed"
	}
	count := map[Verdict]int{}
	for _, e := range c.Effects {
		count[e.Verdict]++
	}
	var marks []string
	if n := count[Breaking]; n > 0 {
		marks = append(marks, fmt.Sprintf("%d breaking", n))
	}
	if n := count[Unknown]; n > 0 {
		marks = append(marks, fmt.Sprintf("%d cannot be told", n))
	}
	if len(marks) > 0 {
		text += "; " + strings.Join(marks, ", ")
	}
	return text
}

func section(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}

// itemPart is the message, variable or tool that a path is about.
func itemPart(path string) string {
	rest := path[len(section(path)):]
	if len(rest) == 0 {
		return ""
	}
	if i := strings.IndexByte(rest[1:], '.'); i >= 0 {
		return rest[:i+1]
	}
	return rest
}

// count says how many items of a section came, went, changed and moved.
func (c *Changes) count(name, one, many string) (out []string) {
	seen := map[Kind]map[string]bool{}
	inserted, deleted := 0, 0
	for _, e := range c.Changes {
		if section(e.Path) != name {
			continue
		}
		it, kind := itemPart(e.Path), e.Kind
		switch {
		case e.item != "":
			kind = e.item
		case name+it != e.Path:
			kind = Altered
		}
		if seen[kind] == nil {
			seen[kind] = map[string]bool{}
		}
		seen[kind][it] = true
		if kind == Altered {
			i, d := countWords(e.Text)
			inserted, deleted = inserted+i, deleted+d
		}
	}
	for _, kind := range []Kind{Altered, Added, Removed, Moved} {
		n := len(seen[kind])
		if n == 0 {
			continue
		}
		word := many
		if n == 1 {
			word = one
		}
		text := fmt.Sprintf("%d %s %s", n, word, kind)
		if kind == Moved && name == "tools" {
			text = "tools moved"
		}
		if kind == Altered && inserted+deleted > 0 {
			text += fmt.Sprintf(" (+%d −%d words)", inserted, deleted)
		}
		out = append(out, text)
	}
	return out
}

// plainText is a value on one line: a string without its quotes.
func plainText(v any) string {
	s, ok := v.(string)
	if !ok || s == "" {
		return brief(v)
	}
	if len([]rune(s)) > 60 {
		s = string([]rune(s)[:59]) + "…"
	}
	return visible(s, true)
}

// visible writes characters that a terminal or a reader would not show as what
// they are: controls, and those that turn the direction of writing. A line end is
// kept unless oneLine.
func visible(s string, oneLine bool) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' && !oneLine, r == '\t' && !oneLine:
			b.WriteRune(r)
		case r < ' ':
			b.WriteRune('\u2400' + r) // the picture of the control
		case r == 0x7f:
			b.WriteRune('\u2421')
		case unicode.Is(unicode.Cf, r) && r != '\u200d' || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Cc, r):
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// describe is a value in few words: the shape of objects, JSON for the rest.
func describe(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return visible(brief(v), true)
	}
	var out []string
	for _, k := range []string{"type", "format", "required", "default", "enum"} {
		if e, has := m[k]; has {
			out = append(out, k+" "+visible(brief(e), true))
		}
	}
	if p := object(m["properties"]); len(p) > 0 {
		out = append(out, "properties "+visible(strings.Join(union(p, nil), ", "), true))
	}
	if len(out) == 0 {
		return visible(brief(v), true)
	}
	text := []rune(strings.Join(out, "; "))
	if len(text) > 160 {
		return string(text[:159]) + "…"
	}
	return string(text)
}
