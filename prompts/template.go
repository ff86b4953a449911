package prompts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"
)

// template is one compiled Mustache template, without partials. It renders
// concurrently: the library changes nothing of a parsed template.
type template struct {
	text     string             // what it renders to, when it has no tags
	compiled *mustache.Template // nil when it has none
}

// compile parses a template whose partials are expanded. On problems the
// template is nil.
func compile(text string) (*template, []tag, []problem) {
	if !strings.Contains(text, "{{") {
		return &template{text: text}, nil, nil
	}
	tags, problems := scanTags(text)
	for _, t := range tags {
		if t.kind == '>' {
			problems = append(problems, problem{rule: rulePartial, pos: t.pos, message: fmt.Sprintf("partial %q is not expanded", t.name)})
		}
	}
	if len(problems) > 0 {
		return nil, nil, problems
	}
	compiled, err := mustache.ParseStringPartialsRaw(plainDelims(text, tags), &mustache.StaticProvider{}, true)
	if err != nil {
		return nil, nil, []problem{{rule: ruleTemplate, message: "template: " + err.Error()}}
	}
	return &template{compiled: compiled}, tags, nil
}

// plainDelims writes set-delimiter tags as the library wants them: with one
// blank between the two.
func plainDelims(text string, tags []tag) string {
	var b strings.Builder
	done, now := 0, mustacheDelims()
	for _, t := range tags {
		if t.kind != '=' {
			continue
		}
		b.WriteString(text[done:t.pos])
		b.WriteString(now.open + "=" + t.delims.String() + "=" + now.close)
		done, now = t.end, t.delims
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// use is a tag that stands for a variable.
type use struct {
	tag
	top    bool // no section over an array or object is open: only a variable can be meant
	always bool // no section is open at all: the tag is rendered whatever the values
}

// usesOf lists the tags that stand for a variable, or ought to. Inside a section
// over an array or object, a name that is not declared is a field of the item
// and is left out. typeOf is "" for a name that is not declared.
func usesOf(tags []tag, typeOf func(variable string) string) (out []use) {
	type section struct{ fields, scalar int }
	var open []section
	var sum section // of the open sections
	for _, tag := range tags {
		switch tag.kind {
		case '=', '>':
			continue
		case '/':
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
	var names []string
	for _, u := range uses {
		if len(problems) == maxFindings {
			break
		}
		kind, declared := types[u.root()]
		switch {
		case u.name == ".":
			problems = append(problems, problem{rule: ruleTag, pos: u.pos, message: "tag {{.}} stands outside a section", hint: "write {{name}}"})
		case !declared && variablePattern.MatchString(u.root()):
			if names == nil {
				names = slices.Sorted(maps.Keys(types))
			}
			near := nearest(u.root(), names)
			p := problem{rule: ruleUndeclared, pos: u.pos, message: fmt.Sprintf("variable %q is not declared", u.root()), hint: didYouMean(near)}
			if near == "" {
				p.hint, p.variable = fmt.Sprintf("add [variables.%s]", u.root()), u.root()
			}
			problems = append(problems, p)
		case !declared:
			problems = append(problems, problem{rule: ruleTag, pos: u.pos, message: fmt.Sprintf("tag {{%s}} cannot be a variable", u.name), hint: "a variable is letters, digits and _, not starting with a digit"})
		case u.top && u.name != u.root() && kind != "object":
			problems = append(problems, problem{rule: ruleTag, pos: u.pos, message: fmt.Sprintf("tag {{%s}} looks inside %q, which has type %s", u.name, u.root(), kind), hint: "only an object has fields"})
		}
	}
	return problems
}

func (t *template) render(values map[string]any) (string, error) {
	if t.compiled == nil {
		return t.text, nil
	}
	return t.compiled.Render(values)
}
