package importer

import (
	"fmt"
	"slices"
	"strings"
)

// kind is what one piece of a template does.
type kind int

const (
	isText    kind = iota
	isValue        // writes ref
	isIf           // body when ref is a yes
	isUnless       // body when ref is a no
	isLoop         // body for each item of ref
	isWith         // body with the fields of ref in scope
	isSection      // Mustache's own: whichever of these the value makes it
	isPartial      // text is its name
	isRole         // text is the role of what follows
	isHistory      // messages of the caller; text is the placeholder's name
	isMedia        // ref or text is the URL of an image
	isMark         // cannot be said: text is what the source says
)

// piece is a part of a template, whatever language it was written in.
type piece struct {
	kind kind
	text string
	ref  ref
	body []piece
	pos  int    // in the text of the source
	why  string // of isMark: the sentence of its note

	fallback any  // of isValue: written when the variable is not passed; nil for none
	json     bool // of isValue: as JSON
}

// ref is a name as Mustache looks it up.
type ref struct {
	path string // "x.y", or "." for the item
	root string // the variable it starts from; "" for a field of an item
}

// template is one parsed template of the source.
type template struct {
	*run
	pieces []piece
	at     func(pos int) (line, col int)
}

func (t *template) note(pos int, format string, args ...any) {
	if t.full() {
		return
	}
	line, col := t.at(pos)
	t.noteAt(line, col, format, args...)
}

// use is how the templates of a prompt treat one variable.
type use struct {
	name                      string
	loop, test, value, fields bool
	always                    bool // it is written outside of every condition
	fallback                  any
	fallbacks                 int
	values                    int
}

// uses collects the variables of pieces in the order of their first use.
type uses struct {
	order []*use
	by    map[string]*use
}

func (u *uses) of(name string) *use {
	if u.by == nil {
		u.by = map[string]*use{}
	}
	if u.by[name] == nil {
		u.by[name] = &use{name: name}
		u.order = append(u.order, u.by[name])
	}
	return u.by[name]
}

func (u *uses) collect(pieces []piece, inside bool) {
	for _, p := range pieces {
		if p.ref.root != "" {
			x := u.of(p.ref.root)
			x.fields = x.fields || p.ref.path != p.ref.root
			if p.ref.path == p.ref.root {
				switch p.kind {
				case isLoop:
					x.loop = true
				case isWith:
					x.fields = true
				case isSection:
					x.loop, x.test = x.loop || hasItem(p.body), true
				case isIf, isUnless:
					x.test = true
				default:
					x.value, x.always = true, x.always || !inside
					x.values++
					if p.fallback != nil && (x.fallbacks == 0 || x.fallback == p.fallback) {
						x.fallback = p.fallback
						x.fallbacks++
					}
				}
			}
		}
		u.collect(p.body, inside || p.kind == isIf || p.kind == isUnless)
	}
}

// hasItem says whether {{.}} is written.
func hasItem(pieces []piece) bool {
	for _, p := range pieces {
		if p.kind == isValue && p.ref.root == "" || hasItem(p.body) {
			return true
		}
	}
	return false
}

// kindOf is the type of a variable that the source does not declare.
func (u *use) kindOf() string {
	switch {
	case u.loop:
		return "array"
	case u.fields:
		return "object"
	case u.test && !u.value:
		return "boolean"
	}
	return "string"
}

// mustache writes pieces such that the text is the same. types are those of the
// declared variables.
// Those of defaults have the default that their fallbacks say.
// The variables that the text has in the end are added to used.
func (t *template) mustache(pieces []piece, types map[string]string, defaults, used map[string]bool) string {
	e := &emitter{template: t, types: types, defaults: defaults, used: used}
	e.flatten(pieces, nil)
	return e.join()
}

// token is a text, or a tag of Mustache.
type token struct {
	text    string
	section bool // {{#x}} {{^x}} {{/x}}: a line of its own is dropped
	wide    bool // the section has line ends in it
	tag     bool
}

type emitter struct {
	*template
	types    map[string]string
	defaults map[string]bool
	used     map[string]bool
	tokens   []token
}

// flatten turns pieces into tokens; open are the kinds around them.
func (e *emitter) flatten(pieces []piece, open []kind) {
	for _, p := range pieces {
		switch p.kind {
		case isText:
			e.tokens = append(e.tokens, token{text: p.text})
		case isPartial:
			e.tokens = append(e.tokens, token{text: "{{> " + p.text + "}}", tag: true})
		case isValue:
			e.value(p, open)
		case isIf, isUnless, isLoop, isWith, isSection:
			e.section(p, open)
		case isMark:
			e.mark(p.pos, p.text, p.why)
			e.flatten(p.body, open)
		case isRole, isHistory, isMedia:
			e.mark(p.pos, p.text, "it stands inside a block or a text, where messages and parts cannot start")
		}
	}
}

// mark leaves a visible sign of what could not be said.
func (e *emitter) mark(pos int, text, why string) {
	text = short(strings.NewReplacer("{{", "", "}}", "", "{%", "", "%}", "").Replace(text))
	e.note(pos, "%q is not carried: %s; the text says where it was", text, why)
	e.tokens = append(e.tokens, token{text: "[not imported: " + strings.Trim(text, "{} -#") + "]"})
}

func (e *emitter) value(p piece, open []kind) {
	typ := e.types[p.ref.path]
	switch {
	case p.ref.path == "." && len(open) > 0 && open[len(open)-1] == isIf:
		e.mark(p.pos, "the item", "inside a condition Mustache's {{.}} is the condition's value")
		return
	case p.json && typ != "array" && typ != "object" && typ != "integer" && typ != "number" && typ != "boolean":
		e.mark(p.pos, "json "+p.ref.path, "a text would be written without its quotes")
		return
	case p.fallback != nil && !e.defaults[p.ref.path]:
		e.mark(p.pos, p.text, "the fallback is not the variable's default everywhere")
		return
	}
	if why := e.inside(p.ref); why != "" {
		e.mark(p.pos, p.ref.path, why)
		return
	}
	if e.types[p.ref.path] != "" && p.ref.root == "" {
		e.note(p.pos, "{{%s}} means a field of the item, and the variable of that name for items without one", p.ref.path)
	}
	e.used[p.ref.root] = true
	e.tokens = append(e.tokens, token{text: "{{" + p.ref.path + "}}", tag: true})
}

// inside says why a path cannot be followed.
func (e *emitter) inside(r ref) string {
	if typ := e.types[r.root]; r.root != "" && r.path != r.root && typ != "object" {
		return "it looks inside " + r.root + ", which is of type " + typ
	}
	return ""
}

func (e *emitter) section(p piece, open []kind) {
	typ := e.types[p.ref.path]
	name := map[bool]string{true: "#", false: "^"}[p.kind != isUnless]
	why := e.inside(p.ref)
	switch {
	case why != "":
	case p.kind == isIf && typ == "array":
		if only, blanks := soleLoop(p); only != nil {
			if blanks {
				e.note(p.pos, "the blank lines around the loop over %s stay when it is empty", p.ref.path)
			}
			e.flatten(only, open)
			return
		}
		why = "a Mustache section over an array repeats; pass a boolean beside it"
	case p.kind == isLoop && typ == "object":
		why = "a Mustache section over an object does not go through its fields"
	case p.kind == isLoop && typ != "" && typ != "array":
		why = "a loop needs an array, and " + p.ref.path + " is declared as " + typ
	case p.ref.path == "." && p.kind == isLoop:
		why = "arrays in arrays have no section"
	}
	if why != "" {
		e.mark(p.pos, p.text, why)
		if p.kind != isIf && p.kind != isUnless {
			p.body = orphans(p.body)
		}
		e.flatten(p.body, append(slices.Clip(open), isMark))
		e.tokens = append(e.tokens, token{text: "[not imported: end]"})
		return
	}
	e.used[p.ref.root] = true
	wide := hasLines(p.body)
	e.tokens = append(e.tokens, token{"{{" + name + p.ref.path + "}}", true, wide, true})
	inner := append(append([]kind{}, open...), p.kind)
	if p.kind == isUnless {
		inner = open
		if len(inner) == 0 {
			inner = []kind{isUnless}
		}
	}
	e.flatten(p.body, inner)
	e.tokens = append(e.tokens, token{"{{/" + p.ref.path + "}}", true, wide, true})
}

// orphans marks what pieces say of an item, when the loop around them is gone.
func orphans(pieces []piece) []piece {
	out := make([]piece, len(pieces))
	for i, p := range pieces {
		switch {
		case p.ref.path != "" && p.ref.root == "":
			p = piece{kind: isMark, pos: p.pos, text: p.ref.path, why: "its loop could not be carried", body: orphans(p.body)}
		case p.kind != isLoop && p.kind != isWith && p.kind != isSection:
			p.body = orphans(p.body)
		}
		out[i] = p
	}
	return out
}

// soleLoop is the body of a condition that only guards a loop over the same
// array: an empty array is no repetition either way.
func soleLoop(p piece) (body []piece, blanks bool) {
	loops := 0
	for _, b := range p.body {
		switch {
		case b.kind == isText && strings.TrimSpace(b.text) == "":
			blanks = true
		case b.kind == isLoop && b.ref == p.ref:
			loops++
		default:
			return nil, false
		}
	}
	if loops != 1 {
		return nil, false
	}
	return p.body, blanks
}

func hasLines(pieces []piece) bool {
	for _, p := range pieces {
		if p.kind == isText && strings.Contains(p.text, "\n") || hasLines(p.body) {
			return true
		}
	}
	return false
}

// join lays the tokens out. Mustache drops a line with nothing but a section
// tag on it, so a section tag at the start of a line may always be given a line
// of its own.
func (e *emitter) join() string {
	var b []byte
	start := 0 // of the line that is being written
	put := func(s string) {
		if at := strings.LastIndexByte(s, '\n'); at >= 0 {
			start = len(b) + at + 1
		}
		b = append(b, s...)
	}
	for i, t := range e.tokens {
		switch {
		case !t.tag:
			put(literal(t.text, i+1 < len(e.tokens) && e.tokens[i+1].tag))
			continue
		case !t.section:
			put(t.text)
			continue
		}
		alone := e.blankAfter(i)
		if alone && len(b)-start < maxIndent && strings.Trim(string(b[start:]), " \t") == "" {
			b = b[:start] // blanks on a line of their own: nobody sees them, and Mustache drops them
		}
		first := len(b) == start
		put(t.text)
		if first && i+1 < len(e.tokens) && (alone || t.wide) {
			put("\n")
		}
	}
	return string(b)
}

// maxIndent is from where blanks before a tag are no indentation.
const maxIndent = 200

// blankAfter says whether nothing but blanks follows a token on its line.
func (e *emitter) blankAfter(i int) bool {
	for _, t := range e.tokens[i+1:] {
		if t.tag {
			return false
		}
		line, _, ended := strings.Cut(t.text, "\n")
		if strings.Trim(line, " \t") != "" {
			return false
		}
		if ended {
			return true
		}
	}
	return true
}

// literal writes braces that are meant as text.
func literal(s string, beforeTag bool) string {
	out := strings.ReplaceAll(s, "{{", "{{=<% %>=}}{{<%={{ }}=%>")
	if beforeTag && strings.HasSuffix(out, "{") {
		out = out[:len(out)-1] + "{{=<% %>=}}{<%={{ }}=%>"
	}
	return out
}

// markf is a piece that cannot be said.
func markf(pos int, text, format string, args ...any) piece {
	return piece{kind: isMark, pos: pos, text: text, why: fmt.Sprintf(format, args...)}
}
