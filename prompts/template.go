package prompts

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"
)

// template is one compiled Mustache template. The library renders it; the tags
// are found here as well, because the library gives neither their positions nor
// the set-delimiter tags, and drops some malformed tags in silence. It renders
// concurrently: the library changes nothing of a parsed template.
type template struct {
	compiled *mustache.Template
	tags     []tag // without comments
}

// tag is one {{…}} of a template.
type tag struct {
	kind byte   // 0 for a value, or '#', '^', '/'
	name string // "." or segments joined by '.'
	pos  int    // offset of the opening braces
}

// root is the variable that the tag starts from; "" for {{.}}.
func (t tag) root() string {
	root, _, _ := strings.Cut(t.name, ".")
	return root
}

// problem is something wrong at an offset of a template.
type problem struct {
	pos           int
	message, hint string
}

var (
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	tagPattern      = regexp.MustCompile(`^(\.|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)$`)
)

// compile parses a template. On problems the template is nil.
func compile(text string) (*template, []problem) {
	tags, problems := scanTags(text)
	problems = append(problems, unbalanced(tags)...)
	if len(problems) > 0 {
		return nil, problems
	}
	compiled, err := mustache.ParseStringPartialsRaw(text, &mustache.StaticProvider{}, true)
	if err != nil {
		return nil, []problem{{message: "template: " + err.Error()}}
	}
	return &template{compiled: compiled, tags: tags}, nil
}

func scanTags(text string) (tags []tag, problems []problem) {
	for i := 0; ; {
		open := strings.Index(text[i:], "{{")
		if open < 0 {
			return tags, problems
		}
		pos := i + open
		closing := "}}"
		if strings.HasPrefix(text[pos:], "{{{") {
			closing = "}}}"
		}
		size := strings.Index(text[pos+2:], closing)
		if size < 0 {
			return tags, append(problems, problem{pos, "tag is not closed",
				"braces that are meant as text cannot stand in a template: pass them in as a variable's value"})
		}
		i = pos + 2 + size + len(closing)
		inner := text[pos+2 : i-2]
		t, p := parseTag(inner, pos)
		if p != nil {
			problems = append(problems, *p)
		} else if t.kind != '!' {
			tags = append(tags, t)
		}
	}
}

func parseTag(inner string, pos int) (tag, *problem) {
	t := tag{pos: pos, name: strings.TrimSpace(inner)}
	if t.name == "" {
		return t, &problem{pos, "tag is empty", "write {{name}}"}
	}
	switch c := t.name[0]; c {
	case '!':
		t.kind = c
		return t, nil
	case '#', '^', '/':
		t.kind = c
		t.name = strings.TrimSpace(t.name[1:])
	case '&':
		t.name = strings.TrimSpace(t.name[1:])
	case '{':
		if strings.HasPrefix(inner, "{") && strings.HasSuffix(inner, "}") {
			t.name = strings.TrimSpace(inner[1 : len(inner)-1])
		}
	case '>':
		return t, &problem{pos, fmt.Sprintf("partial {{%s}} is not supported yet", shorten(t.name)), "write its text here"}
	case '=':
		return t, &problem{pos, "the delimiters of a template cannot be changed", "remove this tag and write {{name}}"}
	}
	if !tagPattern.MatchString(t.name) {
		return t, &problem{pos, fmt.Sprintf("tag {{%s}} is not a name", shorten(inner)),
			"templates are Mustache: {{name}}, {{#name}}…{{/name}}, {{^name}}…{{/name}}, {{! comment}}"}
	}
	return t, nil
}

// unbalanced reports sections that are not closed in the order they were opened.
func unbalanced(tags []tag) (problems []problem) {
	var open []tag
	for _, t := range tags {
		switch {
		case t.kind == '#' || t.kind == '^':
			if len(open) == maxDepth {
				return append(problems, problem{t.pos, fmt.Sprintf("sections are nested deeper than %d", maxDepth), ""})
			}
			open = append(open, t)
		case t.kind != '/':
		case len(open) == 0:
			return append(problems, problem{t.pos, fmt.Sprintf("section {{/%s}} was never opened", t.name), ""})
		case open[len(open)-1].name != t.name:
			return append(problems, problem{t.pos, fmt.Sprintf("section {{/%s}} closes {{%c%s}}", t.name, open[len(open)-1].kind, open[len(open)-1].name),
				"close sections in the reverse order of opening"})
		default:
			open = open[:len(open)-1]
		}
	}
	for _, t := range open {
		problems = append(problems, problem{t.pos, fmt.Sprintf("section {{%c%s}} is not closed", t.kind, t.name), fmt.Sprintf("add {{/%s}}", t.name)})
	}
	return problems
}

// use is a tag that stands for a variable.
type use struct {
	tag
	top    bool // no section over an array or object is open: only a variable can be meant
	always bool // no section is open at all: the tag is rendered whatever the values
}

// uses lists the tags that stand for a variable, or ought to. Inside a section
// over an array or object, a name that is not declared is a field of the item
// and is left out. typeOf is "" for a name that is not declared.
func (t *template) uses(typeOf func(variable string) string) (out []use) {
	type section struct{ fields, scalar int }
	var open []section
	var sum section // of the open sections
	for _, tag := range t.tags {
		if tag.kind == '/' {
			last := open[len(open)-1]
			open = open[:len(open)-1]
			sum = section{sum.fields - last.fields, sum.scalar - last.scalar}
			continue
		}
		kind := typeOf(tag.root())
		inContext := tag.name == "." && sum.fields+sum.scalar > 0
		isField := tag.name != "." && kind == "" && sum.fields > 0
		if !inContext && !isField {
			out = append(out, use{tag, sum.fields == 0, len(open) == 0})
		}
		if tag.kind == 0 {
			continue
		}
		s := section{}
		switch {
		case tag.kind == '^': // brings nothing into scope
		case kind == "" || kind == "array" || kind == "object" || sum.fields > 0:
			s.fields = 1
		default:
			s.scalar = 1
		}
		open = append(open, s)
		sum = section{sum.fields + s.fields, sum.scalar + s.scalar}
	}
	return out
}

// checkUses compares uses with the declared variables.
func checkUses(uses []use, types map[string]string) (problems []problem) {
	names := slices.Sorted(maps.Keys(types))
	for _, u := range uses {
		if len(problems) == maxFindings {
			break
		}
		kind, declared := types[u.root()]
		switch {
		case u.name == ".":
			problems = append(problems, problem{u.pos, "tag {{.}} stands outside a section", "write {{name}}"})
		case !declared && variablePattern.MatchString(u.root()):
			hint := didYouMean(u.root(), names)
			problems = append(problems, problem{u.pos, fmt.Sprintf("variable %q is not declared", u.root()),
				cmp.Or(hint, fmt.Sprintf("add [variables.%s]", u.root()))})
		case !declared:
			problems = append(problems, problem{u.pos, fmt.Sprintf("tag {{%s}} cannot be a variable", u.name), "a variable is letters, digits and _, not starting with a digit"})
		case u.top && u.name != u.root() && kind != "object":
			problems = append(problems, problem{u.pos, fmt.Sprintf("tag {{%s}} looks inside %q, which has type %s", u.name, u.root(), kind), "only an object has fields"})
		}
	}
	return problems
}

func (t *template) render(values map[string]any) (string, error) {
	return t.compiled.Render(values)
}
