package gen

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// source is what a prompt says about one input.
type source struct {
	key         string
	placeholder bool
	variable    prompts.Variable
	doc         prompts.InputDoc
}

// inputs are the variables and placeholders of a prompt, those that callers
// must pass and those that they may, each by name. It declares their types.
func (g *generator) inputs(d *prompts.Definition, typ string) (required, optional []input) {
	var sources []source
	for _, v := range d.Prompt.Variables() {
		sources = append(sources, source{key: v.Name, variable: v, doc: d.Inputs[v.Name]})
	}
	for _, m := range d.Prompt.Messages() {
		if m.Placeholder != "" {
			sources = append(sources, source{key: m.Placeholder, placeholder: true, variable: prompts.Variable{Required: true}})
		}
	}
	slices.SortFunc(sources, func(a, b source) int { return strings.Compare(a.key, b.key) })
	exports, fields := newScope(), newScope("made", "v")
	for _, s := range sources {
		export := exports.take(exported(s.key, "V"))
		field := fields.take(unexported(export))
		in := input{key: s.key, field: field, param: field, doc: s.about(d.Prompt.Name())}
		if s.variable.Required {
			in.typ, in.plain = g.requiredType(s, typ+export, in.doc)
			required = append(required, in)
			continue
		}
		in.method = "With" + export
		in.typ = g.inputType(s, typ+export, in.doc)
		in.plain = g.plainOf(s, in.typ)
		optional = append(optional, in)
	}
	return required, optional
}

// about says what an input is, after the name of what is declared for it.
func (s source) about(prompt string) string {
	if s.placeholder {
		return "the messages that go where " + prompt + " has the placeholder " + s.key + "; there may be none."
	}
	about := "the variable " + s.key + " of " + prompt + "."
	if text := sentence(s.doc.Description); text != "" {
		about = "the variable " + s.key + " of " + prompt + ": " + text
	}
	switch {
	case s.variable.Default != nil:
		data, err := json.Marshal(s.variable.Default)
		if err == nil {
			about += " Without it, " + shorten(string(data), 60) + " is used."
		}
	case !s.variable.Required:
		about += " Without it, nothing is written in its place."
	}
	if s.doc.Example != nil {
		if data, err := json.Marshal(s.doc.Example); err == nil {
			about += " For example " + shorten(string(data), 60) + "."
		}
	}
	return about
}

// requiredType is a type that no other input has.
func (g *generator) requiredType(s source, want, about string) (typ, plain string) {
	before := len(g.declared)
	typ = g.inputType(s, want, about)
	if len(g.declared) > before && !strings.ContainsAny(typ, "[]*") {
		return typ, g.plainOf(s, typ)
	}
	name := g.package_.take(want)
	g.declared = slices.Insert(g.declared, before, comment("", name+" is "+about)+fmt.Sprintf("type %s %s\n", name, typ))
	return name, typ
}

// inputType is the Go type of an input, which may be one that it declares.
func (g *generator) inputType(s source, want, about string) string {
	if s.placeholder {
		return "[]prompts.Message"
	}
	v := s.variable
	fallback := map[string]string{"array": "[]any", "object": "map[string]any"}[v.Type]
	switch {
	case len(v.Enum) > 0:
		if typ := g.enum(v.Type, v.Enum, want, about); typ != "any" {
			return typ
		}
		return scalarType(v.Type)
	case fallback == "":
		return scalarType(v.Type)
	case v.Schema == nil:
		return fallback
	}
	if kind, null := kindOf(v.Schema); kind != v.Type || null {
		return fallback
	}
	if typ := g.typeOf(v.Schema, want, strings.TrimSuffix(about, "."), 0); typ != "any" {
		return typ
	}
	return fallback
}

// plainOf is the conversion that makes a value of typ one of Go's own types.
func (g *generator) plainOf(s source, typ string) string {
	if plain := scalarType(s.variable.Type); len(s.variable.Enum) > 0 && plain != typ {
		return plain
	}
	return ""
}

// output declares the type of the answer, and returns the function that reads one.
func (g *generator) output(d *prompts.Definition, n promptNames) string {
	o, ok := d.Prompt.Output()
	if kind, null := kindOf(o.Schema); !ok || kind != "object" || null {
		return ""
	}
	before := len(g.declared)
	typ := g.typeOf(o.Schema, n.typ+"Output", "an answer to the prompt "+d.Prompt.Name(), 0)
	if len(g.declared) == before || strings.HasPrefix(typ, "map[") || typ == "any" {
		g.declared = g.declared[:before]
		return ""
	}
	g.parses = true
	var required []string
	list, _ := o.Schema["required"].([]any)
	for _, v := range list {
		if name, ok := v.(string); ok {
			required = append(required, ", "+strconv.Quote(name))
		}
	}
	parse := g.package_.take("Parse" + typ)
	return comment("", parse+" reads an answer of the model. It reports properties that the outermost object must have and has not; everything else in the schema is the model's promise.") +
		fmt.Sprintf(`func %[1]s(data []byte) (%[2]s, error) {
	var out %[2]s
	if err := requireProperties(data%[3]s); err != nil {
		return %[2]s{}, fmt.Errorf("output of %%s: %%w", %[4]s, err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return %[2]s{}, fmt.Errorf("output of %%s: %%w", %[4]s, err)
	}
	return out, nil
}

`, parse, typ, strings.Join(required, ""), n.name)
}
