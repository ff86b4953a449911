package importer

import (
	"regexp"
	"slices"
	"strings"
)

var mustacheName = regexp.MustCompile(`^(\.|[A-Za-z_][\w-]*(\.[\w-]+)*)$`)

// parseMustache reads a template that is Mustache already, or Handlebars. A
// name inside a section is taken for a field of its item when the section is
// over one: which it is, nobody can tell before there are values.
func parseMustache(src string, names func(string) string, language string) []piece {
	if language == "handlebars" {
		return parseHandlebars(src, names)
	}
	type open struct {
		head   piece
		pieces []piece
		name   string
	}
	stack := []open{{}}
	add := func(p piece) {
		top := &stack[len(stack)-1]
		if p.kind != isText || p.text != "" {
			top.pieces = append(top.pieces, p)
		}
	}
	done := 0
	for _, t := range handlebarsTags(src) {
		end, next := t.pos, t.end
		if standing(t.body) {
			if from, to, ok := ownLine(src, t); ok && from >= done {
				end, next = from, to
			}
		}
		add(piece{kind: isText, text: src[min(done, end):end], pos: done})
		done = next
		if t.body == "" {
			add(markf(t.pos, "{{}}", "the tag is empty"))
			continue
		}
		name := strings.TrimSpace(strings.TrimLeft(t.body, "#^/&"))
		r := ref{path: name}
		if root, rest, _ := strings.Cut(name, "."); mustacheName.MatchString(name) && name != "." && len(stack) == 1 {
			r.root = names(root)
			r.path = strings.TrimSuffix(r.root+"."+rest, ".")
		}
		switch c := t.body[0]; {
		case c == '!':
		case !mustacheName.MatchString(name):
			add(markf(t.pos, "{{"+t.body+"}}", "it is not a name"))
		case name == "." && !slices.ContainsFunc(stack, func(o open) bool { return o.head.kind == isSection }):
			add(markf(t.pos, "{{"+t.body+"}}", "there is no item outside of a section"))
		case (c == '#' || c == '^') && len(stack) > maxDepth:
			add(markf(t.pos, "{{"+t.body+"}}", "sections are nested too deeply"))
		case c == '#':
			stack = append(stack, open{piece{kind: isSection, ref: r, pos: t.pos, text: name}, nil, name})
		case c == '^':
			stack = append(stack, open{piece{kind: isUnless, ref: r, pos: t.pos, text: name}, nil, name})
		case c == '/' && len(stack) > 1 && stack[len(stack)-1].name == name:
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			top.head.body = top.pieces
			add(top.head)
		case c == '/':
			add(markf(t.pos, "{{"+t.body+"}}", "the section was not opened in this message"))
		default:
			add(piece{kind: isValue, ref: r, pos: t.pos})
		}
	}
	add(piece{kind: isText, text: src[done:], pos: done})
	var rest []piece // of sections that are not closed, from the outermost
	for _, b := range stack[1:] {
		rest = append(rest, markf(b.head.pos, "#"+b.name, "the section is not closed in this message"))
		rest = append(rest, b.pieces...)
	}
	return append(stack[0].pieces, orphans(rest)...)
}
