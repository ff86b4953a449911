package importer

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	maxNodes = 50_000 // after aliases are expanded
	maxDepth = 60
)

// node is a value of the source that remembers whether it was taken.
type node struct {
	value           any // of a scalar: string, int64, float64, bool or nil
	table, list     bool
	members         []*node // of a table, in order
	items           []*node // of a list
	key, path       string
	keyLine, keyCol int // of the key; of an item its own
	line, col       int
	block           bool // a literal block: its text starts on the next line
	used, noted     bool
}

// object is a table of the source with its order.
type object []field

type field struct {
	key   string
	value any // string, int64, float64, bool, nil, []any or object
}

func (o object) get(key string) any {
	for _, f := range o {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// parseYAML reads one document. The first line of text is line first+1 of the file.
func (r *run) parseYAML(text string, first int) (root *node, err error) {
	defer func() {
		if p := recover(); p != nil { // a bug of the library is an error of the file
			root, err = nil, r.fail(0, 0, "", "not YAML")
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(text))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return &node{table: true, line: first + 1, col: 1}, nil
	} else if err != nil {
		return nil, r.yamlError(err, first)
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, r.fail(more.Line+first, 1, "split the file", "there is a second document")
	case !errors.Is(err, io.EOF):
		return nil, r.yamlError(err, first)
	}
	b := &builder{run: r, first: first}
	root = b.build(doc.Content[0], 0)
	if b.err != nil {
		return nil, b.err
	}
	return root, nil
}

func (r *run) yamlError(err error, first int) error {
	var syntax *yaml.ParserError
	if errors.As(err, &syntax) {
		return r.fail(first+max(syntax.Line, 1), max(syntax.Column, 1), "", "not YAML: %s", syntax.Message)
	}
	return r.fail(first+1, 1, "", "not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
}

var surrogates = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

// plainJSON writes JSON such that a reader of YAML takes it: no tabs, which
// JSON has between values only, and no pairs of escapes for one character.
func plainJSON(text string) string {
	text = strings.ReplaceAll(text, "\t", " ")
	return surrogates.ReplaceAllStringFunc(text, func(pair string) string {
		high, _ := strconv.ParseUint(pair[2:6], 16, 32)
		low, _ := strconv.ParseUint(pair[8:], 16, 32)
		return string(utf16.DecodeRune(rune(high), rune(low)))
	})
}

// builder makes our tree out of the library's, with aliases and merges expanded.
type builder struct {
	*run
	first, nodes int
	err          error
}

func (b *builder) stop(n *yaml.Node, format string, args ...any) *node {
	if b.err == nil {
		b.err = b.fail(n.Line+b.first, n.Column, "", format, args...)
	}
	return &node{}
}

func (b *builder) build(n *yaml.Node, depth int) *node {
	b.nodes++
	switch {
	case b.err != nil:
		return &node{}
	case b.nodes > maxNodes:
		return b.stop(n, "more than %d values, counting those that aliases stand for", maxNodes)
	case depth > maxDepth:
		return b.stop(n, "nested deeper than %d", maxDepth)
	case n.Kind == yaml.AliasNode:
		return b.build(n.Alias, depth+1)
	}
	out := &node{line: n.Line + b.first, col: n.Column}
	out.keyLine, out.keyCol = out.line, out.col
	switch n.Kind {
	case yaml.ScalarNode:
		out.value = scalar(n)
		out.block = n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	case yaml.SequenceNode:
		out.list = true
		for i, e := range n.Content {
			item := b.build(e, depth+1)
			item.path = fmt.Sprint(i)
			if e.Kind == yaml.AliasNode {
				item.keyLine, item.keyCol = e.Line+b.first, e.Column
			}
			out.items = append(out.items, item)
		}
	case yaml.MappingNode:
		out.table = true
		b.mapping(out, n, depth)
	default:
		return b.stop(n, "not a value")
	}
	return out
}

func (b *builder) mapping(out *node, n *yaml.Node, depth int) {
	seen := map[string]bool{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content) && b.err == nil; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			b.stop(n.Content[i], "a key must be a text")
			return
		}
		if key.ShortTag() == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if seen[key.Value] {
			b.stop(n.Content[i], "key %q is there twice", short(key.Value))
			return
		}
		seen[key.Value] = true
		child := b.build(value, depth+1)
		child.key, child.keyLine, child.keyCol = key.Value, n.Content[i].Line+b.first, n.Content[i].Column
		out.members = append(out.members, child)
	}
	if len(merges) > 0 {
		b.merge(out, merges, seen, depth)
	}
}

// merge takes the members of << that the table does not write itself.
func (b *builder) merge(out *node, values []*yaml.Node, seen map[string]bool, depth int) {
	for _, value := range values {
		merged := b.build(value, depth+1)
		from := []*node{merged}
		if merged.list {
			from = merged.items
		}
		for _, m := range from {
			if !m.table {
				b.stop(value, "<< wants a table")
				return
			}
			for _, child := range m.members {
				if !seen[child.key] {
					seen[child.key] = true
					out.members = append(out.members, child)
				}
			}
		}
	}
}

// scalar is a value as YAML means it; a number that JSON could not carry exactly
// is its text.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var v bool
		if n.Decode(&v) == nil {
			return v
		}
	case "!!int":
		var v int64
		if n.Decode(&v) == nil && -1<<53 <= v && v <= 1<<53 {
			return v
		}
	case "!!float":
		var v float64
		if n.Decode(&v) == nil && !math.IsNaN(v) && !math.IsInf(v, 0) && (v != math.Trunc(v) || math.Abs(v) < 1<<53) {
			return v
		}
	}
	return n.Value
}

func (n *node) find(key string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.key == key {
			return m
		}
	}
	return nil
}

// get is the member of that name, or nil; a nil node has no members.
func (n *node) get(keys ...string) *node {
	for _, key := range keys {
		if m := n.find(key); m != nil {
			return m
		}
	}
	return nil
}

// str takes a text; numbers and booleans are their text. ok is false when it is
// not there or not a scalar.
func (n *node) str() (s string, ok bool) {
	if n == nil || n.table || n.list || n.value == nil {
		return "", false
	}
	n.used = true
	if s, ok := n.value.(string); ok {
		return s, true
	}
	return fmt.Sprint(n.value), true
}

// text is str without the ok.
func (n *node) text() string {
	s, _ := n.str()
	return s
}

// take takes the value with everything below, but for texts under the names of
// keys and secrets: those stay behind, and are noted.
func (n *node) take() any {
	if n == nil {
		return nil
	}
	n.used = true
	switch {
	case n.table:
		out := make(object, 0, len(n.members))
		for _, m := range n.members {
			if !m.secret() {
				out = append(out, field{m.key, m.take()})
			}
		}
		return out
	case n.list:
		out := make([]any, 0, len(n.items))
		for _, e := range n.items {
			out = append(out, e.take())
		}
		return out
	}
	return n.value
}

// secret says whether the value is a text, and its key the name of one that
// nobody should see.
func (n *node) secret() bool {
	s, ok := n.value.(string)
	return ok && s != "" && secretKey.MatchString(n.key)
}

// accounted says whether anything at or below the node was taken or noted.
func (n *node) accounted() bool {
	if n.used || n.noted {
		return true
	}
	for _, list := range [][]*node{n.members, n.items} {
		for _, e := range list {
			if e.accounted() {
				return true
			}
		}
	}
	return false
}

var secretKey = regexp.MustCompile(`(?i)(secret|password|passwd|credential|authorization|headers|connection|(^|[_-])(token|key)$|(api|auth|access|bearer|private|subscription)[_-]?(key|token))`)

// leftovers notes everything that nobody took.
func (r *run) leftovers(n *node) {
	if n == nil || n.noted {
		return
	}
	for _, m := range append(n.members, n.items...) {
		r.leftover(m, m.key)
	}
}

func (r *run) leftover(n *node, path string) {
	switch {
	case n.noted:
	case n.accounted():
		for _, m := range n.members {
			r.leftover(m, path+"."+m.key)
		}
		for i, e := range n.items {
			r.leftover(e, fmt.Sprintf("%s[%d]", path, i))
		}
	case secretKey.MatchString(n.key):
		r.note(n, "%s is not carried: keys, connections and headers are never imported", short(path))
	case n.value == nil && len(n.members)+len(n.items) == 0:
		// says nothing, so nothing is lost
	default:
		r.note(n, "%s is not carried: the importer has no place for it", short(path))
	}
}

// at is the position of an offset in a text of the source.
func (r *run) at(n *node, text string, offset int) (line, col int) {
	offset = min(max(offset, 0), len(text))
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	k := strings.Count(before, "\n")
	end := len(text)
	if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
		end = start + i
	}
	line = n.line + k
	if n.block {
		line++
	}
	if !n.block && k > 0 || line < 1 || line > len(r.lines) {
		return n.line, n.col
	}
	indent := strings.Index(r.lines[line-1], text[start:end])
	if indent < 0 {
		return n.line, n.col
	}
	return line, utf8.RuneCountInString(r.lines[line-1][:indent]) + utf8.RuneCountInString(before[start:]) + 1
}

// short cuts a text of the source for a message.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= 80 {
		return s
	}
	return string([]rune(s)[:79]) + "…"
}
