package importer

import (
	"regexp"
	"slices"
	"strings"
)

// jinja parses the templates of Jinja and of Nunjucks, as far as they are alike.
type jinja struct {
	src    string
	blocks []block
	names  func(string) string // makes a variable's name valid
	noRaw  bool                // no raw block that starts from here on has an end
}

// block is an open {% … %}.
type block struct {
	name   string  // "if", "for"
	pieces []piece // of the branch that is being read
	done   []piece // of the branches before, as they will stand
	conds  []cond  // of the branches so far
	loop   string  // of a for: the item's name; "" when the loop cannot be said
	dead   []string
	pos    int
	text   string
}

// cond is a condition: all of its terms, or none if bad.
type cond struct {
	terms []piece // isIf and isUnless without bodies
	bad   string  // why it cannot be said
	text  string
	pos   int
}

// parseJinja never fails: what it does not understand is a mark.
func parseJinja(src string, names func(string) string) []piece {
	j := &jinja{src: src, names: names, blocks: []block{{}}}
	i := 0
	trim := false // the last tag said -%}
	add := func(s string) {
		if trim {
			s = strings.TrimLeft(s, " \t\n")
		}
		trim = false
		if s != "" {
			j.add(piece{kind: isText, text: s, pos: i})
		}
	}
	for i < len(src) {
		open := nextTag(src, i)
		if open < 0 {
			break
		}
		end, inner := tagEnd(src, open)
		if end < 0 {
			break // a tag that is not closed is text
		}
		text := src[i:open]
		if strings.HasPrefix(inner, "-") {
			text = strings.TrimRight(text, " \t\n")
		}
		add(text)
		trim = strings.HasSuffix(inner, "-") && len(inner) > 1
		body := strings.TrimSpace(strings.Trim(inner, "-+"))
		i = end
		switch src[open+1] {
		case '{':
			j.add(j.output(body, open))
		case '%':
			if (body == "raw" || body == "verbatim") && !j.noRaw {
				if raw, after := rawEnd(src, i); after >= 0 {
					add(raw)
					i = after
					continue
				}
				j.noRaw = true
			}
			j.statement(body, open)
		}
	}
	add(src[min(i, len(src)):])
	var open []piece // of blocks that are not closed, from the outermost
	for _, b := range j.blocks[1:] {
		open = append(open, markf(b.pos, b.text, "the block is not closed in this message"))
		open = append(append(open, b.done...), b.pieces...)
	}
	return append(j.blocks[0].pieces, orphans(open)...)
}

func nextTag(src string, from int) int {
	for i := from; i+1 < len(src); i++ {
		if src[i] == '{' && (src[i+1] == '{' || src[i+1] == '%' || src[i+1] == '#') {
			return i
		}
	}
	return -1
}

// tagEnd is the end of the tag at open, and what is inside. Quoted braces do
// not close it.
func tagEnd(src string, open int) (end int, inner string) {
	closing := map[byte]string{'{': "}}", '%': "%}", '#': "#}"}[src[open+1]]
	quote := byte(0)
	for i := open + 2; i < len(src); i++ {
		switch c := src[i]; {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && src[open+1] != '#':
			quote = c
		case strings.HasPrefix(src[i:], closing):
			return i + 2, src[open+2 : i]
		}
	}
	return -1, ""
}

var rawClose = regexp.MustCompile(`\{%-?\s*end(raw|verbatim)\s*-?%\}`)

func rawEnd(src string, from int) (raw string, after int) {
	m := rawClose.FindStringIndex(src[from:])
	if m == nil {
		return "", -1
	}
	return src[from : from+m[0]], from + m[1]
}

func (j *jinja) top() *block { return &j.blocks[len(j.blocks)-1] }

func (j *jinja) add(p piece) {
	if p.kind != isText || p.text != "" {
		j.top().pieces = append(j.top().pieces, p)
	}
}

var (
	jinjaPath  = regexp.MustCompile(`^[A-Za-z_]\w*(\.\w+|\[\s*("[\w-]+"|'[\w-]+')\s*\])*$`)
	jinjaKey   = regexp.MustCompile(`\[\s*["']([\w-]+)["']\s*\]`)
	jinjaText  = regexp.MustCompile(`^("[^"\\]*"|'[^'\\]*')$`)
	jinjaFor   = regexp.MustCompile(`^for\s+([A-Za-z_]\w*)\s+in\s+(.+)$`)
	jinjaDef   = regexp.MustCompile(`^(?:default|d)\s*\(\s*("[^"\\]*"|'[^'\\]*'|[0-9.]+|[Tt]rue|[Ff]alse)\s*(?:,\s*[Tt]rue\s*)?\)$`)
	jinjaAnd   = regexp.MustCompile(`\s+and\s+`)
	jinjaWords = []string{"true", "false", "True", "False", "none", "None", "null", "loop", "not", "and", "or", "in", "is"}
)

// output is {{ … }}.
func (j *jinja) output(body string, pos int) piece {
	text := "{{" + body + "}}"
	if jinjaText.MatchString(body) {
		return piece{kind: isText, text: body[1 : len(body)-1], pos: pos}
	}
	parts := splitOutside(body, '|')
	p := piece{kind: isValue, pos: pos, text: body}
	var why string
	p.ref, why = j.resolve(strings.TrimSpace(parts[0]))
	for _, filter := range parts[1:] {
		filter = strings.TrimSpace(filter)
		m := jinjaDef.FindStringSubmatch(filter)
		switch {
		case filter == "safe", filter == "string":
		case filter == "tojson", filter == "dump", filter == "tojson()", filter == "dump()":
			p.json = true
		case m != nil && p.ref.root != "" && p.ref.path == p.ref.root:
			p.fallback = constant(m[1])
		case why == "":
			why = "filters have no counterpart"
		}
	}
	if why != "" {
		return markf(pos, text, "%s", why)
	}
	return p
}

// constant is a literal of the template as a value.
func constant(s string) any {
	if jinjaText.MatchString(s) {
		return s[1 : len(s)-1]
	}
	switch strings.ToLower(s) {
	case "true":
		return true
	case "false":
		return false
	}
	return number(s)
}

// resolve says what Mustache calls a path, or why it cannot.
func (j *jinja) resolve(path string) (ref, string) {
	if !jinjaPath.MatchString(path) {
		return ref{}, "expressions have no counterpart"
	}
	path = jinjaKey.ReplaceAllString(path, ".$1")
	root, rest, _ := strings.Cut(path, ".")
	inner := true
	for i := len(j.blocks) - 1; i > 0; i-- {
		b := j.blocks[i]
		if slices.Contains(b.dead, root) {
			return ref{}, "its loop could not be carried"
		}
		if b.name != "for" {
			continue
		}
		if b.loop == root {
			switch {
			case rest != "":
				return ref{path: rest}, ""
			case inner:
				return ref{path: "."}, ""
			}
			return ref{}, "Mustache has no name for the item of an outer loop"
		}
		inner = false
	}
	if slices.Contains(jinjaWords, root) {
		return ref{}, "expressions have no counterpart"
	}
	name := j.names(root)
	if rest != "" {
		return ref{name + "." + rest, name}, ""
	}
	return ref{name, name}, ""
}

// condition reads what follows if and elif.
func (j *jinja) condition(word, text string, pos int) cond {
	c := cond{text: word + " " + text, pos: pos}
	terms := jinjaAnd.Split(text, -1)
	if len(terms) > maxDepth/2 {
		c.bad = "it has too many terms"
		return c
	}
	for _, term := range terms {
		k := isIf
		term = strings.TrimSpace(term)
		if rest, ok := strings.CutPrefix(term, "not "); ok {
			k, term = isUnless, strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutSuffix(term, " is defined"); ok {
			term = strings.TrimSpace(rest)
		} else if rest, ok := strings.CutSuffix(term, " is not defined"); ok && k == isIf {
			k, term = isUnless, strings.TrimSpace(rest)
		}
		r, why := j.resolve(term)
		if why != "" {
			c.bad = why
			return c
		}
		c.terms = append(c.terms, piece{kind: k, ref: r, pos: pos, text: c.text})
	}
	return c
}

// statement is {% … %}.
func (j *jinja) statement(body string, pos int) {
	text := "{% " + body + " %}"
	word, rest, _ := strings.Cut(body, " ")
	rest = strings.TrimSpace(rest)
	b := j.top()
	switch {
	case (word == "if" || word == "for") && len(j.blocks) > maxDepth, word == "elif" && len(b.conds) > maxDepth/2:
		j.add(markf(pos, text, "blocks are nested too deeply"))
	case word == "if":
		j.blocks = append(j.blocks, block{name: "if", conds: []cond{j.condition(word, rest, pos)}, pos: pos, text: text})
	case word == "for":
		j.openLoop(body, text, pos)
	case (word == "elif" || word == "elseif") && b.name == "if":
		j.branch()
		b.conds = append(b.conds, j.condition(word, rest, pos))
	case word == "else" && (b.name == "if" || b.name == "for"):
		j.branch()
		b.conds = append(b.conds, cond{text: "else", pos: pos})
	case word == "endif" && b.name == "if", word == "endfor" && b.name == "for":
		j.branch()
		done := b.done
		j.blocks = j.blocks[:len(j.blocks)-1]
		for _, p := range done {
			j.add(p)
		}
	case word == "endif" || word == "endfor" || word == "else" || word == "elif":
		j.add(markf(pos, text, "the block was not opened in this message"))
	default:
		j.add(markf(pos, text, "%s has no counterpart", short(word)))
	}
}

func (j *jinja) openLoop(body, text string, pos int) {
	b := block{name: "for", pos: pos, text: text}
	m := jinjaFor.FindStringSubmatch(body)
	if m != nil {
		r, why := j.resolve(strings.TrimSpace(m[2]))
		if why == "" {
			b.loop = m[1]
			b.conds = []cond{{terms: []piece{{kind: isLoop, ref: r, pos: pos, text: body}}, text: body, pos: pos}}
			j.blocks = append(j.blocks, b)
			return
		}
		b.dead = []string{m[1]}
	} else if vars, _, ok := strings.Cut(strings.TrimPrefix(body, "for "), " in "); ok {
		for v := range strings.SplitSeq(vars, ",") {
			b.dead = append(b.dead, strings.TrimSpace(v))
		}
	}
	b.dead = append(b.dead, "loop")
	b.conds = []cond{{bad: "such a loop has no counterpart", text: body, pos: pos}}
	j.blocks = append(j.blocks, b)
}

// branch ends the branch that is being read: its pieces under its condition,
// and under the opposite of those before.
func (j *jinja) branch() {
	b := j.top()
	last := b.conds[len(b.conds)-1]
	body := b.pieces
	b.pieces = nil
	before := b.conds[:len(b.conds)-1]
	bad := last.bad
	for _, c := range before {
		if bad == "" && (c.bad != "" || len(c.terms) != 1) {
			bad = "the condition before it could not be turned round"
		}
	}
	if bad != "" {
		b.done = append(b.done, markf(last.pos, last.text, "%s", bad))
		b.done = append(append(b.done, body...), piece{kind: isText, text: "[not imported: end]"})
		return
	}
	terms := slices.Clone(last.terms)
	for i := len(before) - 1; i >= 0; i-- {
		t := before[i].terms[0]
		t.kind = map[kind]kind{isIf: isUnless, isLoop: isUnless, isUnless: isIf}[t.kind]
		terms = append([]piece{t}, terms...)
	}
	for i := len(terms) - 1; i >= 0; i-- {
		t := terms[i]
		t.body = body
		body = []piece{t}
	}
	b.done = append(b.done, body...)
}

// splitOutside splits at a separator that is not inside quotes or brackets.
func splitOutside(s string, sep byte) []string {
	var out []string
	quote, depth, start := byte(0), 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == sep && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}
