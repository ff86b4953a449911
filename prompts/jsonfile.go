package prompts

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// jsonObject decodes a JSON file that holds one object, into what a TOML table
// would give, with the place of every value.
func (c *checker) jsonObject(src []byte) (table, bool) {
	if !c.textFile(src) {
		return table{}, false
	}
	r := &jsonReader{checker: c, dec: json.NewDecoder(strings.NewReader(c.text))}
	r.dec.UseNumber()
	root := &node{}
	before := len(c.findings)
	v, err := r.value(root, 0)
	if err == nil {
		if _, more := r.dec.Token(); more != io.EOF {
			c.add(ruleSyntax, r.next(), "one file holds one value", "there is something after the end of the JSON value")
			return table{}, false
		}
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		c.add(ruleSyntax, c.syntaxError(syntax), "", "not JSON: %s", syntax)
		return table{}, false
	case err == errTooDeep:
		return table{}, false
	case err != nil:
		c.add(ruleSyntax, len(c.text), "", "not JSON: %s", err)
		return table{}, false
	}
	m, ok := v.(map[string]any)
	if !ok {
		c.add(ruleWrongType, root.pos(), "", "want a JSON object, got %s", kindOf(v))
		return table{}, false
	}
	c.plain(m, root, 0)
	return table{checker: c, m: m, n: root}, len(c.findings.Errors()) == len(c.findings[:before].Errors())
}

// syntaxError is where a syntax error is. A decoder that reads tokens counts
// some of them wrong; one that reads the whole does not.
func (c *checker) syntaxError(err *json.SyntaxError) int {
	var whole *json.SyntaxError
	var v any
	if errors.As(json.Unmarshal([]byte(c.text), &v), &whole) {
		err = whole
	}
	return c.character(int(err.Offset) - 1)
}

// errTooDeep ends the reading; it has a finding.
var errTooDeep = errors.New("nested too deeply")

// jsonReader builds values and nodes at once.
type jsonReader struct {
	*checker
	dec *json.Decoder
}

// next is where the token after this one starts.
func (r *jsonReader) next() int {
	at := int(r.dec.InputOffset())
	return at + len(r.text[at:]) - len(strings.TrimLeft(r.text[at:], " \t\n,:"))
}

func (r *jsonReader) value(n *node, depth int) (any, error) {
	n.start = r.next()
	if n.key == 0 {
		n.key = n.start
	}
	token, err := r.dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	var v any = token
	switch token := token.(type) {
	case json.Number:
		v = r.number(token, n)
	case json.Delim:
		if depth > maxDepth {
			r.add(ruleTooLarge, n.start, "", "nested deeper than %d", maxDepth)
			return nil, errTooDeep
		}
		if token == '{' {
			v, err = r.object(n, depth)
		} else {
			v, err = r.array(n, depth)
		}
	}
	n.end = int(r.dec.InputOffset())
	return v, err
}

func (r *jsonReader) object(n *node, depth int) (any, error) {
	m := map[string]any{}
	n.keys = map[string]*node{}
	for r.dec.More() {
		at := r.next()
		token, err := r.dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		if _, twice := m[key]; twice {
			r.add(ruleSyntax, at, "", "key %q is there twice", shorten(key))
		}
		child := &node{key: at}
		if m[key], err = r.value(child, depth+1); err != nil {
			return nil, err
		}
		n.keys[key] = child
	}
	_, err := r.dec.Token()
	return m, err
}

func (r *jsonReader) array(n *node, depth int) (any, error) {
	list := []any{}
	for r.dec.More() {
		item := &node{key: r.next()}
		v, err := r.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		list, n.items = append(list, v), append(n.items, item)
	}
	_, err := r.dec.Token()
	return list, err
}

func (r *jsonReader) number(text json.Number, n *node) any {
	if i, err := strconv.ParseInt(text.String(), 10, 64); err == nil {
		return i
	}
	f, err := text.Float64()
	if err != nil && !math.IsInf(f, 0) {
		f = math.NaN()
	}
	return f // plain refuses what is not finite or not exact
}
