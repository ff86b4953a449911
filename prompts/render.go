package prompts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// RenderError lists everything wrong with the values given to Render. It names
// variables and never quotes values.
type RenderError struct {
	Ref      Ref
	Problems []Problem // by variable
}

// Problem is what is wrong with one variable.
type Problem struct {
	Variable string // "ticket", or "order.id" for a field of an object
	Message  string // "is missing"
	Hint     string // may be empty
}

// Error is one line.
func (e *RenderError) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = fmt.Sprintf("variable %q %s", p.Variable, p.Message)
		if p.Hint != "" {
			parts[i] += " (" + p.Hint + ")"
		}
	}
	return fmt.Sprintf("render %s: %s", e.Ref, strings.Join(parts, "; "))
}

type message struct {
	Message
	template *template
	fields   []string // dotted tags that are rendered whatever the values: the fields must exist
}

type variable struct {
	Variable
	value   any      // Default as templates see it
	allowed []string // Enum as JSON
}

// prepare converts default and enum once.
func (v *variable) prepare() (err error) {
	if !v.Required {
		if v.value, err = valueOf(v.Type, v.Default); err != nil {
			return fmt.Errorf("default: %w", err)
		}
	}
	for _, e := range v.Enum {
		allowed, err := valueOf(v.Type, e)
		if err != nil {
			return fmt.Errorf("enum: %w", err)
		}
		v.allowed = append(v.allowed, string(appendJSON(nil, allowed)))
	}
	return nil
}

func (p *parts) types() map[string]string {
	types := make(map[string]string, len(p.variables))
	for _, v := range p.variables {
		types[v.Name] = v.Type
	}
	return types
}

// Render fills the templates. Each value must fit the type of its variable: any
// Go string, integer, float or bool kind, and for arrays and objects anything
// that encodes to JSON so. The map is not kept or changed.
//
// A missing variable, one that nobody declared, a value of the wrong type or not
// in the enum: all are reported at once, as a *RenderError.
func (p *Prompt) Render(values map[string]any) ([]Message, error) {
	d := p.parts()
	context, problems := d.context(values)
	for _, m := range d.messages {
		for _, field := range m.fields {
			if !hasField(context, field) {
				problems = append(problems, Problem{Variable: field, Message: "is missing"})
			}
		}
	}
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int { return strings.Compare(a.Variable, b.Variable) })
		return nil, &RenderError{Ref: p.ref, Problems: slices.Compact(problems)}
	}
	out := make([]Message, len(d.messages))
	for i, m := range d.messages {
		content, err := m.template.render(context)
		if err != nil {
			return nil, fmt.Errorf("render %s: messages[%d]: %w", p.ref, i, err)
		}
		out[i] = Message{Role: m.Role, Content: content}
	}
	return out, nil
}

// context is every declared variable as templates see it.
func (p *parts) context(values map[string]any) (map[string]any, []Problem) {
	context := make(map[string]any, len(p.variables))
	var problems []Problem
	supplied := 0
	for i := range p.variables {
		v := &p.variables[i]
		given, ok := values[v.Name]
		switch {
		case ok:
			supplied++
			value, err := v.accept(given)
			if err != nil {
				problems = append(problems, Problem{Variable: v.Name, Message: err.Error()})
			}
			context[v.Name] = value
		case v.Required:
			problems = append(problems, Problem{Variable: v.Name, Message: "is missing"})
		default:
			context[v.Name] = v.value
		}
	}
	if supplied < len(values) {
		problems = append(problems, p.undeclared(values)...)
	}
	return context, problems
}

func (p *parts) undeclared(values map[string]any) (problems []Problem) {
	names := make([]string, len(p.variables))
	for i, v := range p.variables {
		names[i] = v.Name
	}
	for name := range values {
		if !slices.Contains(names, name) {
			problems = append(problems, Problem{name, "is not declared", didYouMean(name, names)})
		}
	}
	return problems
}

func (v *variable) accept(given any) (any, error) {
	value, err := valueOf(v.Type, given)
	if err != nil {
		return nil, err
	}
	if len(v.allowed) > 0 && !slices.Contains(v.allowed, string(appendJSON(nil, value))) {
		return nil, errors.New("must be one of " + strings.Join(v.allowed, ", "))
	}
	return value, nil
}

// hasField follows a dotted name. A variable that is not there has its own problem.
func hasField(context map[string]any, name string) bool {
	root, rest, _ := strings.Cut(name, ".")
	v, ok := context[root]
	if !ok || v == nil {
		return true
	}
	for part := range strings.SplitSeq(rest, ".") {
		object, _ := v.(fields)
		if v, ok = object[part]; !ok {
			return false
		}
	}
	return true
}

// fieldsOf lists the dotted tags that are rendered whatever the values are.
func fieldsOf(uses []use) (out []string) {
	for _, u := range uses {
		if u.always && u.kind == 0 && u.name != u.root() {
			out = append(out, u.name)
		}
	}
	return out
}
