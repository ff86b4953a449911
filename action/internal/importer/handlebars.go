package importer

import (
	"regexp"
	"strings"
)

// handlebars parses the templates of Dotprompt.
type handlebars struct {
	src    string
	blocks []*hblock
	names  func(string) string
}

// hblock is an open {{#…}}.
type hblock struct {
	helper string // "if", "unless", "each", "with"; "" of one that cannot be said
	head   piece  // without its body
	pieces []piece
	first  []piece // the branch before {{else}}
	other  bool    // {{else}} was there
	pos    int
	text   string
}

// htag is one tag of the source.
type htag struct {
	body          string
	pos, end      int
	before, after bool // ~ on its sides
}

// parseHandlebars never fails: what it does not understand is a mark.
func parseHandlebars(src string, names func(string) string) []piece {
	h := &handlebars{src: src, names: names, blocks: []*hblock{{}}}
	tags := handlebarsTags(src)
	done := 0
	for i, t := range tags {
		end := t.pos
		if t.before {
			end = done + len(strings.TrimRight(src[done:t.pos], " \t\n"))
		}
		next := t.end
		if !t.before && !t.after && standing(t.body) {
			if from, to, ok := ownLine(src, t); ok && from >= done {
				end, next = from, to
			}
		}
		if t.after {
			next += len(src[next:]) - len(strings.TrimLeft(src[next:], " \t\n"))
		}
		h.text(src[min(done, end):end], done)
		done = next
		if i+1 < len(tags) && tags[i+1].pos < done {
			done = tags[i+1].pos
		}
		h.tag(t)
	}
	h.text(src[done:], done)
	var open []piece // of blocks that are not closed, from the outermost
	for _, b := range h.blocks[1:] {
		open = append(open, markf(b.pos, b.text, "the block is not closed"))
		open = append(append(open, b.first...), b.pieces...)
	}
	return append(h.blocks[0].pieces, orphans(open)...)
}

// handlebarsTags finds the tags; \{{ is text.
func handlebarsTags(src string) (tags []htag) {
	for i := 0; ; {
		at := strings.Index(src[i:], "{{")
		if at < 0 {
			return tags
		}
		pos := i + at
		if pos > 0 && src[pos-1] == '\\' {
			i = pos + 2
			continue
		}
		open, closing := "{{", "}}"
		switch rest := src[pos+2:]; {
		case strings.HasPrefix(rest, "{"):
			open, closing = "{{{", "}}}"
		case strings.HasPrefix(rest, "!--"), strings.HasPrefix(rest, "~!--"):
			closing = "--}}"
			if n := strings.Index(rest, "}}"); n >= 2 && strings.HasSuffix(rest[:n], "--~") {
				closing = "--~}}"
			}
		}
		size := strings.Index(src[pos+len(open):], closing)
		if size < 0 {
			return tags
		}
		t := htag{body: src[pos+len(open) : pos+len(open)+size], pos: pos, end: pos + len(open) + size + len(closing)}
		t.before = strings.HasPrefix(t.body, "~")
		t.after = strings.HasSuffix(t.body, "~") || closing == "--~}}"
		t.body = strings.TrimSpace(strings.Trim(t.body, "~"))
		tags = append(tags, t)
		i = t.end
	}
}

// standing says whether Handlebars drops the line of such a tag when nothing
// else is on it. Partials keep theirs: ours are expanded in the same way.
func standing(body string) bool {
	return body == "else" || body == "^" || strings.HasPrefix(body, "else ") || body != "" && strings.ContainsRune("#/^!", rune(body[0]))
}

func ownLine(src string, t htag) (from, to int, ok bool) {
	for from = t.pos; from > 0 && (src[from-1] == ' ' || src[from-1] == '\t'); {
		from--
	}
	for to = t.end; to < len(src) && (src[to] == ' ' || src[to] == '\t'); {
		to++
	}
	if from > 0 && src[from-1] != '\n' || to < len(src) && src[to] != '\n' {
		return 0, 0, false
	}
	return from, min(to+1, len(src)), true
}

func (h *handlebars) top() *hblock { return h.blocks[len(h.blocks)-1] }

func (h *handlebars) pop() *hblock {
	b := h.top()
	h.blocks = h.blocks[:len(h.blocks)-1]
	return b
}

func (h *handlebars) add(pieces ...piece) {
	for _, p := range pieces {
		if p.kind != isText || p.text != "" {
			h.top().pieces = append(h.top().pieces, p)
		}
	}
}

func (h *handlebars) text(s string, pos int) {
	h.add(piece{kind: isText, text: strings.ReplaceAll(s, `\{{`, "{{"), pos: pos})
}

var (
	hQuoted = regexp.MustCompile(`^(?:"([^"]*)"|'([^']*)')$`)
	hPath   = regexp.MustCompile(`^(?:(?:\.\./)+|\./|this\.|@root\.)?[A-Za-z_][\w-]*(?:[./][A-Za-z_][\w-]*)*$`)
	hMedia  = regexp.MustCompile(`^media\s+url=(\S+?|"[^"]*"|'[^']*')(\s+contentType=\S+)?$`)
	hName   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
)

func unquoted(s string) (string, bool) {
	if m := hQuoted.FindStringSubmatch(s); m != nil {
		return m[1] + m[2], true
	}
	return s, false
}

// tag is one {{…}}.
func (h *handlebars) tag(t htag) {
	body := t.body
	text := "{{" + body + "}}"
	word, rest, _ := strings.Cut(body, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case body == "":
		h.add(markf(t.pos, text, "the tag is empty"))
	case body[0] == '!':
	case body[0] == '#':
		h.open(strings.TrimSpace(body[1:]), text, t.pos)
	case body == "else" || body == "^":
		h.otherwise(text, t.pos)
	case word == "else" && h.top().helper != "" && !h.top().other:
		// {{else if x}}: a block in the other branch, closed with this one
		h.otherwise(text, t.pos)
		h.open("~"+rest, text, t.pos)
	case body[0] == '/':
		h.close(strings.TrimSpace(body[1:]), text, t.pos)
	case body[0] == '>':
		h.partial(strings.TrimSpace(body[1:]), text, t.pos)
	case word == "role":
		if role, ok := unquoted(rest); ok {
			h.add(piece{kind: isRole, text: role, pos: t.pos})
			return
		}
		h.add(markf(t.pos, text, "the role has to be a text, alone"))
	case body == "history":
		h.add(piece{kind: isHistory, text: "history", pos: t.pos, why: "assistant"})
	case word == "media":
		h.media(body, text, t.pos)
	case word == "section":
		h.add(markf(t.pos, text, "sections that another program fills have no counterpart"))
	case word == "json" && hPath.MatchString(rest):
		h.value(rest, text, t.pos, true)
	default:
		h.value(strings.TrimPrefix(body, "&"), text, t.pos, false)
	}
}

func (h *handlebars) value(path, text string, pos int, json bool) {
	r, why := h.resolve(strings.TrimSpace(path))
	if why != "" {
		h.add(markf(pos, text, "%s", why))
		return
	}
	h.add(piece{kind: isValue, ref: r, pos: pos, text: text, json: json})
}

func (h *handlebars) media(body, text string, pos int) {
	m := hMedia.FindStringSubmatch(body)
	if m == nil {
		h.add(markf(pos, text, "media wants url=…"))
		return
	}
	p := piece{kind: isMedia, pos: pos}
	if url, ok := unquoted(m[1]); ok {
		p.text = url
	} else {
		var why string
		if p.ref, why = h.resolve(m[1]); why != "" {
			h.add(markf(pos, text, "%s", why))
			return
		}
	}
	if m[2] != "" {
		p.why = strings.TrimSpace(m[2])
	}
	h.add(p)
}

func (h *handlebars) partial(body, text string, pos int) {
	name, _ := unquoted(body)
	if !hName.MatchString(name) {
		why := "a partial takes no arguments"
		if !strings.ContainsAny(body, " =") {
			why = "a partial's name is a-z, 0-9, _ and -"
		}
		h.add(markf(pos, text, "%s", why))
		return
	}
	h.add(piece{kind: isPartial, text: name, pos: pos})
}

// depth counts the scopes that are open: each and with bring one.
func (h *handlebars) scopes() (n int, dead bool) {
	for _, b := range h.blocks[1:] {
		if b.helper == "each" || b.helper == "with" {
			n++
		}
		dead = dead || b.helper == "dead"
	}
	return n, dead
}

// resolve says what Mustache calls a path, or why it cannot.
func (h *handlebars) resolve(path string) (ref, string) {
	depth, dead := h.scopes()
	switch {
	case dead:
		return ref{}, "it stands in a block that could not be carried"
	case path == "this" || path == ".":
		if depth == 0 {
			return ref{}, "all variables together have no name"
		}
		return ref{path: "."}, ""
	case strings.HasPrefix(path, "@") && !strings.HasPrefix(path, "@root."):
		return ref{}, "@variables come from the program; declare a variable and pass it"
	case !hPath.MatchString(path):
		return ref{}, "helpers and expressions have no counterpart"
	}
	up := strings.Count(path, "../")
	path = strings.TrimLeft(path, "./")
	if rest, ok := strings.CutPrefix(path, "@root."); ok {
		path, up = rest, depth
	}
	path = strings.ReplaceAll(strings.TrimPrefix(path, "this."), "/", ".")
	if depth-up > 0 {
		return ref{path: path}, ""
	}
	root, rest, nested := strings.Cut(path, ".")
	name := h.names(root)
	if nested {
		return ref{name + "." + rest, name}, ""
	}
	return ref{name, name}, ""
}

// open starts a block. A leading ~ says that it shares its end with the block around.
func (h *handlebars) open(body, text string, pos int) {
	body, shared := strings.CutPrefix(body, "~")
	word, rest, _ := strings.Cut(body, " ")
	rest = strings.TrimSpace(rest)
	b := &hblock{pos: pos, text: text, helper: word}
	kinds := map[string]kind{"if": isIf, "unless": isUnless, "each": isLoop, "with": isWith}
	k, known := kinds[word]
	why := "helpers have no counterpart"
	if known {
		var r ref
		if r, why = h.resolve(rest); why == "" {
			b.head = piece{kind: k, ref: r, pos: pos, text: body}
		}
	}
	if why != "" {
		b.head = markf(pos, body, "%s", why)
		b.helper = "skip"
		if word == "each" || word == "with" {
			b.helper = "dead"
		}
	}
	if len(h.blocks) > maxDepth {
		h.add(markf(pos, body, "blocks are nested too deeply"))
		return
	}
	if shared {
		b.text = "\x00"
	}
	h.blocks = append(h.blocks, b)
}

func (h *handlebars) otherwise(text string, pos int) {
	b := h.top()
	if len(h.blocks) == 1 || b.other {
		h.add(markf(pos, text, "else belongs to no block"))
		return
	}
	b.first, b.pieces, b.other = b.pieces, nil, true
	if b.helper == "each" || b.helper == "with" {
		b.helper = "if" // the other branch has the scope of outside
		if b.head.kind == isLoop {
			b.helper = "each-else"
		}
	}
}

func (h *handlebars) close(word, text string, pos int) {
	if len(h.blocks) == 1 {
		h.add(markf(pos, text, "the block was not opened"))
		return
	}
	for {
		b := h.pop()
		first, other := b.pieces, []piece(nil)
		if b.other {
			first, other = b.first, b.pieces
		}
		switch b.head.kind {
		case isMark:
			h.add(b.head)
			h.add(orphans(first)...)
			if b.other {
				h.add(piece{kind: isText, text: "[not imported: else]"})
				h.add(orphans(other)...)
			}
			h.add(piece{kind: isText, text: "[not imported: end]"})
		default:
			head := b.head
			head.body = first
			h.add(head)
			if b.other {
				opposite := b.head
				opposite.kind = isUnless
				if b.head.kind == isUnless {
					opposite.kind = isIf
				}
				opposite.body = other
				h.add(opposite)
			}
		}
		if b.text != "\x00" || len(h.blocks) == 1 {
			return
		}
	}
}
