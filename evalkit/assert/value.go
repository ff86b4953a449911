package assert

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

func valuePath() []string { return []string{"value"} }

// plain is a scalar as text; false for what is not one.
func plain(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool, int64:
		return fmt.Sprint(v), true
	case float64:
		return numberText(v), true
	}
	return "", false
}

// textValue reads a value that is text; a number or a boolean stands for its
// text. nil after a problem.
func (w *written) textValue() *text {
	s, ok := plain(w.value)
	switch {
	case w.value == nil:
		w.problem(valuePath(), `write value = "…"`, "%s needs a value", w.kind)
		return nil
	case !ok:
		w.problem(valuePath(), "", "the value of %s is text, not %s", w.kind, nameOf(w.value))
		return nil
	}
	return w.text(valuePath(), s)
}

// someText is textValue for a text that must not be empty, because every output
// would fit.
func (w *written) someText() *text {
	if w.value == "" {
		w.problem(valuePath(), "every output would pass", "the value of %s is empty", w.kind)
		return nil
	}
	return w.textValue()
}

// some renders a text that must not be empty.
func some(t *text, vars map[string]any) (string, error) {
	s, err := t.render(vars)
	if err == nil && s == "" {
		err = errors.New("value: it is empty for this case, and every output would fit")
	}
	return s, err
}

// texts are several values: a list of templates, or one template whose result is
// divided at commas.
type texts struct {
	list []*text // nil when it is one
	one  *text
}

// textsValue reads several texts. A text is divided at commas when split, as
// promptfoo does; then quotes protect commas. nil after a problem.
func (w *written) textsValue(split bool) *texts {
	switch v := w.value.(type) {
	case []any:
		return w.textList(valuePath(), v)
	case string:
		if v == "" {
			break
		}
		t := w.text(valuePath(), v)
		switch {
		case t == nil:
			return nil
		case !split:
			return &texts{list: []*text{t}}
		case t.compiled == nil:
			switch list, err := divide(v); {
			case err != nil:
				w.problem(valuePath(), "write a list", "%s", err)
				return nil
			case len(list) == 0 || slices.Contains(list, ""):
				w.problem(valuePath(), "every output would fit", "a text between the commas is empty")
				return nil
			}
		}
		return &texts{one: t}
	}
	switch s, ok := plain(w.value); {
	case w.value == nil || s == "" && ok:
		w.problem(valuePath(), `write value = ["…", "…"]`, "%s needs a value", w.kind)
		return nil
	case !ok:
		w.problem(valuePath(), "", "the value of %s is a list of texts, not %s", w.kind, nameOf(w.value))
		return nil
	default:
		return &texts{list: []*text{{plain: s}}}
	}
}

func (w *written) textList(path []string, list []any) *texts {
	if len(list) == 0 {
		w.problem(path, "", "the list is empty")
		return nil
	}
	out, sound := make([]*text, len(list)), true
	for i, e := range list {
		at := slices.Concat(path, []string{index(i)})
		s, ok := plain(e)
		switch {
		case !ok:
			w.problem(at, "", "the values of %s are texts, not %s", w.kind, nameOf(e))
		case s == "":
			w.problem(at, "every output would fit", "the text is empty")
			ok = false
		default:
			out[i] = w.text(at, s)
			ok = out[i] != nil
		}
		sound = sound && ok
	}
	if !sound {
		return nil
	}
	return &texts{list: out}
}

// render gives at least one text, none of them empty.
func (t *texts) render(vars map[string]any) ([]string, error) {
	if t.one == nil {
		out := make([]string, len(t.list))
		for i, e := range t.list {
			var err error
			if out[i], err = some(e, vars); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if list, ok := t.one.asList(vars); ok {
		return list, nil
	}
	s, err := t.one.render(vars)
	if err != nil {
		return nil, err
	}
	out, err := divide(s)
	if err == nil && (len(out) == 0 || slices.Contains(out, "")) {
		err = errors.New("value: a text is empty for this case, and every output would fit")
	}
	return out, err
}

// asList is the variable itself, when the template is nothing but its tag and
// the variable is a list of scalars.
func (t *text) asList(vars map[string]any) ([]string, bool) {
	v, problems := normal(vars[t.only])
	list, ok := v.([]any)
	if t.only == "" || len(problems) > 0 || !ok || len(list) == 0 {
		return nil, false
	}
	out := make([]string, len(list))
	for i, e := range list {
		if out[i], ok = plain(e); !ok || out[i] == "" {
			return nil, false
		}
	}
	return out, true
}

// divide splits a text at commas. A field in quotes may have commas; in it, two
// quotes or \" are one. Blanks around fields, and fields with nothing in them,
// are dropped.
func divide(s string) ([]string, error) {
	out := []string{}
	for {
		s = strings.TrimLeftFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
		if s == "" {
			return out, nil
		}
		if s[0] != '"' {
			field, rest, _ := strings.Cut(s, ",")
			out = append(out, strings.TrimSpace(field))
			s = rest
			continue
		}
		field, rest, ok := quotedField(s[1:])
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		switch {
		case !ok:
			return nil, errors.New("value: a quote is never closed")
		case rest != "" && rest[0] != ',':
			return nil, errors.New("value: there must be a comma after a field in quotes")
		}
		out = append(out, field)
		s = rest
	}
}

func quotedField(s string) (field, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch next := s[i+1:]; {
		case s[i] == '\\' && next != "" && (next[0] == '"' || next[0] == '\\'), s[i] == '"' && next != "" && next[0] == '"':
			b.WriteByte(next[0])
			i++
		case s[i] == '"':
			return b.String(), next, true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}
