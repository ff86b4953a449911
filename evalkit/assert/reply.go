package assert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

const (
	maxAnswer = 1 << 20 // bytes that a judge may answer
	maxItems  = 1000    // in a list that a judge answers
)

// reply is a JSON object of a judge, or one in it. Its methods take what the
// schema demands and keep the first error; close says it, and what was left.
// Names of members are in errors, what the judge wrote is not.
type reply struct {
	members map[string]json.RawMessage
	err     error
}

// readReply reads an answer that must be one JSON object and nothing else. A
// fence of Markdown around all of it is allowed: models without a mode for JSON
// put one there.
func readReply(text string) (*reply, error) {
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("the judge's answer has more than %d bytes", maxAnswer)
	}
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "```"); ok {
		if inner, ok = strings.CutSuffix(inner, "```"); ok {
			text = strings.TrimSpace(strings.TrimPrefix(inner, "json"))
		}
	}
	if text == "" {
		return nil, errors.New("the judge's answer is empty")
	}
	return object([]byte(text))
}

// object reads one object. encoding/json alone would let the last of two
// members of one name win, and take names in any case.
func object(text []byte) (*reply, error) {
	notJSON := errors.New("the judge's answer is not a JSON object")
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, notJSON
	}
	a := &reply{members: map[string]json.RawMessage{}}
	for dec.More() {
		name, err := dec.Token()
		key, ok := name.(string)
		if err != nil || !ok {
			return nil, notJSON
		}
		if _, twice := a.members[key]; twice {
			return nil, errors.New("the judge's answer has a member twice")
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, notJSON
		}
		a.members[key] = raw
	}
	if _, err := dec.Token(); err != nil {
		return nil, notJSON
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("the judge's answer goes on after the JSON object")
	}
	return a, nil
}

func (a *reply) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("the judge's answer breaks the schema: "+format, args...)
	}
}

// take reads a member into v and forgets it. v must not be a struct or map.
func (a *reply) take(name, what string, v any) {
	raw, ok := a.members[name]
	delete(a.members, name)
	if !ok || string(raw) == "null" {
		a.fail("%s is missing", name)
		return
	}
	if err := json.Unmarshal(raw, v); err != nil {
		a.fail("%s is not %s", name, what)
	}
}

func (a *reply) bool(name string) (v bool) {
	a.take(name, "true or false", &v)
	return v
}

func (a *reply) text(name string) (v string) {
	a.take(name, "text", &v)
	return v
}

// number is between least and most.
func (a *reply) number(name string, least, most float64) (v float64) {
	a.take(name, "a number", &v)
	if !(v >= least && v <= most) {
		a.fail("%s is not between %s and %s", name, numberText(least), numberText(most))
		return least
	}
	return v
}

func (a *reply) choice(name string, of ...string) (v string) {
	a.take(name, "text", &v)
	if a.err == nil && !slices.Contains(of, v) {
		a.fail("%s is none of %s", name, strings.Join(of, ", "))
	}
	return v
}

// texts are not empty.
func (a *reply) texts(name string) (v []string) {
	a.list(name, &v, func() int { return len(v) })
	for _, s := range v {
		if strings.TrimSpace(s) == "" {
			a.fail("%s has an empty text", name)
		}
	}
	return v
}

// indexes are whole numbers from 1 to n, sorted, each once.
func (a *reply) indexes(name string, n int) (out []int) {
	var v []float64
	a.list(name, &v, func() int { return len(v) })
	for _, f := range v {
		if f != math.Trunc(f) || f < 1 || f > float64(n) {
			a.fail("%s has something else than numbers from 1 to %d", name, n)
			return nil
		}
		out = append(out, int(f))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// objects are those of a list; read reads one.
func (a *reply) objects(name string, read func(*reply)) int {
	var v []json.RawMessage
	a.list(name, &v, func() int { return len(v) })
	if a.err != nil {
		return 0
	}
	for _, raw := range v {
		one, err := object(raw)
		if err != nil {
			a.fail("%s has something else than objects", name)
			return 0
		}
		read(one)
		if err := one.close(); err != nil {
			a.err = err
			return 0
		}
	}
	return len(v)
}

func (a *reply) list(name string, v any, length func() int) {
	a.take(name, "a list", v)
	if length() > maxItems {
		a.fail("%s has more than %d items", name, maxItems)
	}
}

// close is the error of all that was read. A member that nobody asked for is one.
func (a *reply) close() error {
	if len(a.members) > 0 {
		a.fail("it has members that were not asked for")
	}
	return a.err
}

// The schemas of answers have what strict modes of all endpoints know: every
// member is required, there are no others, and bounds of numbers are said in
// words and checked here.

func objectSchema(members map[string]any) map[string]any {
	required := []any{}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		required = append(required, name)
	}
	return map[string]any{"type": "object", "properties": members, "required": required, "additionalProperties": false}
}

func member(kind, description string) map[string]any {
	return map[string]any{"type": kind, "description": description}
}

func choiceSchema(description string, of ...string) map[string]any {
	list := make([]any, len(of))
	for i, s := range of {
		list[i] = s
	}
	return map[string]any{"type": "string", "description": description, "enum": list}
}

func listSchema(description string, items map[string]any) map[string]any {
	return map[string]any{"type": "array", "description": description, "items": items}
}
