package prompts

import "strings"

// The TOML library gives positions for syntax errors only. scan finds where
// every key and value of a document stands, so that a finding can point at it.
// It is lenient: the library decides what is TOML. On text that the library
// accepts, the tree has a node for every value decoded (FuzzScan).

const (
	maxDepth = 100     // nesting of tables and arrays, and parts of one key
	maxCost  = 8 << 20 // bytes of key paths that the library builds and keeps
)

// node is one key or array item. Methods on a nil node give nil or 0, so a
// lookup can be chained along a path that may not exist.
type node struct {
	key        int // offset of the key; of the value for an array item
	start, end int // span of the value; both 0 for a table made by headers
	keys       map[string]*node
	items      []*node
}

func (n *node) child(key string) *node {
	if n == nil {
		return nil
	}
	return n.keys[key]
}

func (n *node) item(i int) *node {
	if n == nil || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

func (n *node) pos() int {
	if n == nil {
		return 0
	}
	return n.key
}

// value is where the value starts, or the key where the value has no place of its own.
func (n *node) value() int {
	if n == nil || n.end == 0 {
		return n.pos()
	}
	return n.start
}

// scan returns the tree and the offset where the document became too costly to
// decode (too deep, or keys that are quadratic in the library), or -1.
func scan(text string) (root *node, costly int) {
	s := &scanner{text: text, costly: -1}
	root = &node{}
	table := scope{node: root}
	for s.blank(); s.i < len(text); s.blank() {
		if text[s.i] == '[' {
			table = s.header(root)
		} else {
			s.keyValue(table)
		}
		s.line()
	}
	return root, s.costly
}

type scanner struct {
	text   string
	i      int
	cost   int
	costly int
}

// scope is a node with the size of the path that leads to it.
type scope struct {
	*node
	depth, bytes int
}

type keyPart struct {
	name string
	pos  int
}

// spend counts what the library does with a key path, and stops the scan when
// that is more than any real prompt needs.
func (s *scanner) spend(to scope, times int) bool {
	s.cost += times * (to.bytes + 16*to.depth)
	if to.depth <= maxDepth && s.cost <= maxCost {
		return true
	}
	s.costly = min(s.i, len(s.text))
	s.i = len(s.text)
	return false
}

func (s *scanner) header(root *node) scope {
	s.i++
	array := s.accept('[')
	parts := s.key()
	to := scope{node: root}
	for i, part := range parts {
		to = to.step(part)
		switch {
		case array && i == len(parts)-1:
			item := &node{key: part.pos}
			to.items = append(to.items, item)
			to.node = item
		case len(to.items) > 0:
			to.node = to.items[len(to.items)-1]
		}
	}
	s.spend(to, len(parts))
	return to
}

func (s *scanner) keyValue(table scope) {
	parts := s.key()
	to := table
	for _, part := range parts {
		to = to.step(part)
	}
	if s.spend(to, max(1, len(parts))) && s.accept('=') {
		s.value(to)
	}
}

func (to scope) step(part keyPart) scope {
	child := to.keys[part.name]
	if child == nil {
		child = &node{key: part.pos}
		if to.keys == nil {
			to.keys = map[string]*node{}
		}
		to.keys[part.name] = child
	}
	return scope{node: child, depth: to.depth + 1, bytes: to.bytes + len(part.name) + 1}
}

// key reads a dotted key, and leaves the scanner at the first byte after it.
func (s *scanner) key() []keyPart {
	var parts []keyPart
	for len(parts) <= maxDepth {
		s.space()
		start := s.i
		name := ""
		if quote := s.peek(); quote == '"' || quote == '\'' {
			s.skipString()
			name = unquote(s.text[start:s.i])
		} else {
			for s.i < len(s.text) && isBare(s.text[s.i]) {
				s.i++
			}
			name = s.text[start:s.i]
		}
		parts = append(parts, keyPart{name, start})
		s.space()
		if !s.accept('.') {
			break
		}
	}
	return parts
}

func (s *scanner) value(to scope) {
	s.space()
	to.start = s.i
	switch s.peek() {
	case '"', '\'':
		s.skipString()
	case '[':
		if s.spend(to, 1) {
			s.array(to)
		}
	case '{':
		if s.spend(to, 1) {
			s.inlineTable(to)
		}
	default:
		if n := strings.IndexAny(s.text[s.i:], ",]}#\n"); n >= 0 {
			s.i += n
		} else {
			s.i = len(s.text)
		}
	}
	to.end = s.i
	to.end = to.start + len(strings.TrimRight(s.text[to.start:to.end], " \t"))
}

func (s *scanner) array(to scope) {
	s.i++
	for s.blank(); s.i < len(s.text); s.blank() {
		if s.accept(']') {
			return
		}
		if s.accept(',') {
			continue
		}
		before := s.i
		item := &node{key: s.i}
		to.items = append(to.items, item)
		s.value(scope{node: item, depth: to.depth + 1, bytes: to.bytes})
		if s.i == before {
			s.i++ // not TOML; go on
		}
	}
}

func (s *scanner) inlineTable(to scope) {
	s.i++
	for s.blank(); s.i < len(s.text); s.blank() {
		if s.accept('}') {
			return
		}
		if s.accept(',') {
			continue
		}
		before := s.i
		s.keyValue(to)
		if s.i == before {
			s.i++ // not TOML; go on
		}
	}
}

// skipString moves past a string of any of the four kinds; an unclosed string
// ends with its line, or with the text when it is a multi-line one.
func (s *scanner) skipString() {
	quote := s.text[s.i : s.i+1]
	triple := strings.Repeat(quote, 3)
	if strings.HasPrefix(s.text[s.i:], triple) {
		s.i += 3
		for s.i < len(s.text) {
			switch {
			case quote == `"` && s.text[s.i] == '\\':
				s.i += 2
			case strings.HasPrefix(s.text[s.i:], triple):
				s.i += 3
				for s.accept(quote[0]) { // the last three of a run close the string
				}
				return
			default:
				s.i++
			}
		}
		s.i = len(s.text)
		return
	}
	for s.i++; s.i < len(s.text) && s.text[s.i] != '\n'; s.i++ {
		if s.text[s.i] == quote[0] {
			s.i++
			return
		}
		if quote == `"` && s.text[s.i] == '\\' && s.i+1 < len(s.text) && s.text[s.i+1] != '\n' {
			s.i++
		}
	}
}

func (s *scanner) peek() byte {
	if s.i < len(s.text) {
		return s.text[s.i]
	}
	return 0
}

func (s *scanner) accept(c byte) bool {
	if s.i < len(s.text) && s.text[s.i] == c {
		s.i++
		return true
	}
	return false
}

// space skips blanks within a line.
func (s *scanner) space() {
	for s.i < len(s.text) && (s.text[s.i] == ' ' || s.text[s.i] == '\t') {
		s.i++
	}
}

// blank skips blanks, newlines and comments.
func (s *scanner) blank() {
	for s.i < len(s.text) {
		switch s.text[s.i] {
		case ' ', '\t', '\n':
			s.i++
		case '#':
			s.line()
		default:
			return
		}
	}
}

// line skips what is left of the line.
func (s *scanner) line() {
	if n := strings.IndexByte(s.text[s.i:], '\n'); n >= 0 {
		s.i += n + 1
	} else {
		s.i = len(s.text)
	}
}

func isBare(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
