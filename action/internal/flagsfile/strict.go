package flagsfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// checkStrict refuses what encoding/json lets pass and a rewrite would lose:
// members that the type of v does not have, names in other case, a member
// twice, text that is not UTF-8.
func checkStrict(data []byte, v any) error {
	if i := invalidUTF8(data); i >= 0 {
		return at(data, i, "invalid UTF-8")
	}
	var any json.RawMessage
	if err := json.Unmarshal(data, &any); err != nil {
		return positioned(data, err)
	}
	w := walker{data: data, dec: json.NewDecoder(bytes.NewReader(data)), fields: map[reflect.Type]fields{}}
	w.dec.UseNumber()
	return w.value(reflect.TypeOf(v))
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// fields is what a struct type calls its members.
type fields map[string]reflect.Type

// walker follows the tokens of a valid document and the type it is meant for.
type walker struct {
	data   []byte
	dec    *json.Decoder
	fields map[reflect.Type]fields
}

// value reads one value. A nil type knows nothing of its members.
func (w *walker) value(t reflect.Type) error {
	token, err := w.dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		err = w.object(t)
	case json.Delim('['):
		err = w.list(t)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	_, err = w.dec.Token() // the closing bracket
	return err
}

func (w *walker) list(t reflect.Type) error {
	t = deref(t)
	if t != nil && t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]() {
		t = t.Elem()
	} else {
		t = nil
	}
	for w.dec.More() {
		if err := w.value(t); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) object(t reflect.Type) error {
	known, strict := w.known(deref(t))
	seen := map[string]bool{}
	for w.dec.More() {
		start := w.dec.InputOffset()
		token, err := w.dec.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		member, ok := known[name]
		switch {
		case seen[name]:
			return w.at(start, "%q is there twice", name)
		case strict && !ok:
			return w.at(start, "unknown member %q: a newer version wrote it, or it is a typing error", name)
		}
		seen[name] = true
		if err := w.value(member); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) known(t reflect.Type) (f fields, strict bool) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, false
	}
	if f, ok := w.fields[t]; ok {
		return f, true
	}
	f = fields{}
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.IsExported() {
			f[name] = field.Type
		}
	}
	w.fields[t] = f
	return f, true
}

func deref(t reflect.Type) reflect.Type {
	if t != nil && t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// at is an error about the token that follows offset.
func (w *walker) at(offset int64, message string, args ...any) error {
	rest := bytes.TrimLeft(w.data[offset:], " \t\r\n,")
	return at(w.data, len(w.data)-len(rest), message, args...)
}

// posError is an error at a place in the document; both count from 1, columns
// in characters.
type posError struct {
	line, col int
	message   string
}

func (e *posError) Error() string { return fmt.Sprintf("%d:%d: %s", e.line, e.col, e.message) }

func at(data []byte, offset int, message string, args ...any) error {
	before := data[:min(max(offset, 0), len(data))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	col := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &posError{line, col, fmt.Sprintf(message, args...)}
}

// positioned gives the errors of encoding/json a place. Their offsets are those
// of the byte after the one that was wrong.
func positioned(data []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return at(data, int(syntax.Offset)-1, "%s", syntax.Error())
	}
	if typ, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return at(data, int(typ.Offset)-1, "%s is a %s, want %s", typ.Field, typ.Value, typ.Type)
	}
	return err
}
