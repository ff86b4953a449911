package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
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
	text   *template
	parts  []partTemplates
	fields []string // dotted tags that are rendered whatever the values: the fields must exist
}

// partTemplates are the templates of a part's strings; nil where it has none.
type partTemplates struct{ text, url, data, id, name *template }

func partTemplate(p Part, compile func(string) *template) (t partTemplates) {
	switch {
	case p.Image != nil:
		t.url = compile(p.Image.URL)
	case p.File != nil:
		t.data, t.id, t.name = compile(p.File.Data), compile(p.File.ID), compile(p.File.Name)
	default:
		t.text = compile(p.Text)
	}
	return t
}

type variable struct {
	Variable
	value    any                                // Default as templates see it
	optional bool                               // neither Required nor with a default
	allowed  []string                           // Enum as JSON
	schema   func() (*jsonschema.Schema, error) // nil without a schema; compiled at the first use
}

// prepare converts default and enum once.
func (v *variable) prepare() (err error) {
	v.optional = !v.Required && v.Default == nil
	switch {
	case v.Required:
	case v.optional:
		v.value = null{}
	default:
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
	if v.Schema != nil {
		v.schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
			compiled, faults := compileSchema(v.Schema)
			if compiled == nil {
				return nil, fmt.Errorf("has a schema that is at fault: %v", faults)
			}
			return compiled, nil
		})
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

// Render fills the templates. Each value must fit the type, enum and schema of
// its variable: any Go string, integer, float or bool kind, and for arrays and
// objects anything that encodes to JSON so. For each placeholder there must be
// messages: a []Message, or what encodes to the JSON of one. The map is not kept
// or changed.
//
// A missing variable, one that nobody declared, a value of the wrong type or not
// in the enum: all are reported at once, as a *RenderError.
func (p *Prompt) Render(values map[string]any) ([]Message, error) {
	d := p.parts()
	passed, problems := d.passed(values)
	context, more := d.context(values, len(passed))
	problems = append(problems, more...)
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
	out := make([]Message, 0, len(d.messages))
	for i := range d.messages {
		m := &d.messages[i]
		switch {
		case m.Placeholder != "":
			out = append(out, passed[m.Placeholder]...)
		case m.Examples:
			for _, e := range d.examples {
				out = append(out, Message{Role: "user", Content: e.Input}, Message{Role: "assistant", Content: e.Output})
			}
		default:
			rendered, err := m.render(context)
			if err != nil {
				return nil, fmt.Errorf("render %s: messages[%d]: %w", p.ref, i, err)
			}
			out = append(out, rendered)
		}
	}
	return out, nil
}

func (m *message) render(context map[string]any) (out Message, err error) {
	out.Role = m.Role
	if m.text != nil {
		out.Content, err = m.text.render(context)
		return out, err
	}
	out.Parts = m.Message.clone().Parts
	for i, t := range m.parts {
		p := &out.Parts[i]
		fill := func(to *string, t *template) {
			if t != nil && err == nil {
				*to, err = t.render(context)
			}
		}
		switch {
		case p.Image != nil:
			fill(&p.Image.URL, t.url)
		case p.File != nil:
			fill(&p.File.Data, t.data)
			fill(&p.File.ID, t.id)
			fill(&p.File.Name, t.name)
		default:
			fill(&p.Text, t.text)
		}
	}
	return out, err
}

// passed are the messages for the placeholders, by name.
func (p *parts) passed(values map[string]any) (out map[string][]Message, problems []Problem) {
	for _, m := range p.messages {
		if m.Placeholder == "" {
			continue
		}
		given, ok := values[m.Placeholder]
		if !ok {
			problems = append(problems, Problem{Variable: m.Placeholder, Message: "is missing", Hint: "pass a []prompts.Message, empty if there is none yet"})
			continue
		}
		messages, err := messagesOf(given)
		if err != nil {
			problems = append(problems, Problem{Variable: m.Placeholder, Message: err.Error()})
		}
		if out == nil {
			out = map[string][]Message{}
		}
		out[m.Placeholder] = messages
	}
	return out, problems
}

// messagesOf takes what a caller passes for a placeholder.
func messagesOf(v any) ([]Message, error) {
	if messages, ok := v.([]Message); ok {
		out := make([]Message, len(messages))
		for i, m := range messages {
			if m.Role == "" || m.Placeholder != "" || m.Examples {
				return nil, fmt.Errorf("has a message %d without a role", i)
			}
			out[i] = m.clone()
		}
		return out, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, errors.New("cannot be encoded as JSON")
	}
	var list []map[string]any
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, errors.New("must be a list of messages")
	}
	out := make([]Message, len(list))
	for i, members := range list {
		if out[i], err = messageFrom(members); err != nil {
			return nil, fmt.Errorf("has a message %d that %w", i, err)
		}
	}
	return out, nil
}

// context is every declared variable as templates see it.
func (p *parts) context(values map[string]any, passed int) (map[string]any, []Problem) {
	context := make(map[string]any, len(p.variables))
	var problems []Problem
	supplied := passed
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
	for _, m := range p.messages {
		if m.Placeholder != "" {
			names = append(names, m.Placeholder)
		}
	}
	for name := range values {
		if !slices.Contains(names, name) {
			problems = append(problems, Problem{name, "is not declared", didYouMean(nearest(name, names))})
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
	if v.schema != nil {
		return value, v.fits(value)
	}
	return value, nil
}

// fits compares a value with the schema. The error names places and keywords: a
// value may be personal data.
func (v *variable) fits(value any) error {
	compiled, err := v.schema()
	if err != nil {
		return err
	}
	decoded := asDecoded(value)
	if effort(compiled, decoded) > maxEffort {
		return errors.New("takes too long to compare with its schema")
	}
	var invalid *jsonschema.ValidationError
	if err := compiled.Validate(decoded); !errors.As(err, &invalid) {
		return err
	}
	var faults []string
	leaves(invalid, func(leaf *jsonschema.ValidationError) {
		keyword := strings.Join(leaf.ErrorKind.KeywordPath(), "/")
		faults = append(faults, fmt.Sprintf("%q at /%s", keyword, strings.Join(leaf.InstanceLocation, "/")))
	})
	slices.Sort(faults) // the library has them in no order
	return errors.New("does not fit its schema: " + shorten(strings.Join(faults, ", ")))
}

// hasField follows a dotted name. A variable that is not there has its own problem.
func hasField(context map[string]any, name string) bool {
	root, rest, _ := strings.Cut(name, ".")
	v, ok := context[root]
	if _, none := v.(null); !ok || v == nil || none && rest != "" {
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
