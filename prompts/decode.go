package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrUnsupported marks an artifact that needs a newer promptflag: another major
// version, a requirement this one does not know, or a part it cannot honour.
var ErrUnsupported = errors.New("needs a newer promptflag")

// major is the version of the artifact's form that this package reads and writes.
const major = 1

// Decode reads an artifact of at most 1 MiB. The digest is that of the bytes as
// they are; they need not be canonical. Members that this version does not know
// are kept in Artifact and Structure and otherwise ignored, unless "requires"
// names them: then the error wraps ErrUnsupported.
func Decode(artifact []byte) (*Prompt, error) {
	return DecodeOwned(slices.Clone(artifact))
}

// DecodeOwned is Decode of bytes that the caller gives away: the Prompt keeps
// them and no copy.
func DecodeOwned(artifact []byte) (*Prompt, error) {
	p, err := decode(artifact)
	if err != nil {
		return nil, fmt.Errorf("decode artifact: %w", err)
	}
	return p, nil
}

// From makes a Prompt from what an OpenFeature provider returned: a *Prompt, the
// artifact as string or bytes, or a map[string]any such as Structure gives.
//
// A map has no bytes of its own: it is made canonical first. The digest is
// therefore the published one for every artifact that promptflag wrote.
func From(v any) (*Prompt, error) {
	switch v := v.(type) {
	case *Prompt:
		if v == nil {
			return nil, errors.New("prompt from a nil *Prompt")
		}
		return v, nil
	case string:
		return Decode([]byte(v))
	case []byte:
		return Decode(v)
	case json.RawMessage:
		return Decode(v)
	case map[string]any:
		data, err := canonical(v)
		if err != nil {
			return nil, fmt.Errorf("prompt from a map: %w", err)
		}
		return Decode(data)
	}
	return nil, fmt.Errorf("prompt from a %T: want *prompts.Prompt, map[string]any, string or []byte", v)
}

// Structure is the artifact as encoding/json decodes it into a map, unknown
// members included. The map is the caller's own.
func (p *Prompt) Structure() map[string]any {
	m, _ := clone(p.parts().structure).(map[string]any)
	return m
}

// decode reads everything, so that nothing can be wrong later, and keeps the bytes.
func decode(artifact []byte) (*Prompt, error) {
	d, err := decodeParts(artifact)
	if err != nil {
		return nil, err
	}
	return &Prompt{ref: Ref{Name: strings.Clone(d.name), Digest: DigestOf(artifact)}, artifact: artifact}, nil
}

// decodeWritten is DecodeOwned of the canonical bytes of m, which saves reading
// them: m holds plain values, and is as encoding/json would decode the bytes.
func decodeWritten(artifact []byte, m map[string]any) (*Prompt, error) {
	if _, depth := extent(artifact); depth > maxDepth {
		return DecodeOwned(artifact) // and say so
	}
	structure, _ := asJSON(m).(map[string]any)
	d, err := partsOf(structure)
	if err != nil {
		return nil, fmt.Errorf("decode artifact: %w", err)
	}
	return &Prompt{ref: Ref{Name: d.name, Digest: DigestOf(artifact)}, artifact: artifact}, nil
}

func decodeParts(artifact []byte) (*parts, error) {
	v, err := decodeJSON(artifact)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return partsOf(m)
}

// partsOf reads a decoded artifact.
func partsOf(m map[string]any) (*parts, error) {
	if err := supported(m); err != nil {
		return nil, err
	}
	name, _ := m["name"].(string)
	if err := ValidName(name); err != nil {
		return nil, err
	}
	p := &parts{structure: m, name: name}
	r := reader{}
	p.model = r.text(m, "model")
	p.parameters = r.object(m, "parameters")
	p.variables = r.variables(m)
	p.messages = r.messages(m, p.types())
	p.examples = r.examples(m)
	p.tools = r.tools(m)
	p.output = r.output(m)
	return p, r.err
}

// supported refuses what this version cannot honour.
func supported(m map[string]any) error {
	version, ok := m["promptflag"].(float64)
	if !ok {
		return errors.New(`no "promptflag" number: not an artifact`)
	}
	if version != major {
		return fmt.Errorf("artifact has version %s, this is %d: %w", numberText(version), major, ErrUnsupported)
	}
	requires, written := m["requires"]
	array, ok := requires.([]any)
	switch {
	case written && !ok:
		return fmt.Errorf("requires is not an array: %w", ErrUnsupported)
	case len(array) > 0:
		return fmt.Errorf("artifact requires %s: %w", shorten(fmt.Sprint(array[0])), ErrUnsupported)
	}
	return nil
}

// reader takes an artifact's members and keeps the first error.
type reader struct{ err error }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) text(m map[string]any, key string) string {
	s, ok := m[key].(string)
	if _, written := m[key]; written && !ok {
		r.fail("%s is not a string", key)
	}
	return s
}

func (r *reader) flag(m map[string]any, key string) *bool {
	b, ok := m[key].(bool)
	if _, written := m[key]; !written {
		return nil
	} else if !ok {
		r.fail("%s is not true or false", key)
	}
	return &b
}

func (r *reader) object(m map[string]any, key string) map[string]any {
	o, ok := m[key].(map[string]any)
	if _, written := m[key]; written && !ok {
		r.fail("%s is not an object", key)
	}
	return o
}

func (r *reader) objects(m map[string]any, key string) []map[string]any {
	array, ok := m[key].([]any)
	if _, written := m[key]; written && !ok {
		r.fail("%s is not an array", key)
	}
	out := make([]map[string]any, len(array))
	for i, v := range array {
		if out[i], ok = v.(map[string]any); !ok {
			r.fail("%s[%d] is not an object", key, i)
		}
	}
	return out
}

func (r *reader) variables(m map[string]any) []variable {
	object := r.object(m, "variables")
	out := make([]variable, 0, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		o := r.object(object, name)
		v := variable{Variable: Variable{Name: name, Type: r.text(o, "type")}}
		if !variablePattern.MatchString(name) {
			r.fail("%q cannot be the name of a variable", shorten(name))
		}
		if !slices.Contains(variableTypes, v.Type) {
			r.fail("variable %q has type %q: %w", name, shorten(v.Type), ErrUnsupported)
		}
		if enum, written := o["enum"]; written {
			var ok bool
			if v.Enum, ok = enum.([]any); !ok {
				r.fail("variable %q: enum is not an array", name)
			}
		}
		_, written := o["default"]
		v.Default, v.Required = o["default"], !written
		if required := r.flag(o, "required"); required != nil && !written {
			v.Required = *required
		}
		v.Schema = r.object(o, "schema")
		if err := v.prepare(); err != nil {
			r.fail("variable %q: %w", name, err)
		}
		out = append(out, v)
	}
	return out
}

func (r *reader) messages(m map[string]any, types map[string]string) []message {
	objects := r.objects(m, "messages")
	if len(objects) == 0 {
		r.fail("no messages")
	}
	out := make([]message, len(objects))
	for i, o := range objects {
		out[i] = r.message(o, types, i)
	}
	return out
}

func (r *reader) message(o map[string]any, types map[string]string, i int) message {
	var m message
	if name, ok := o["placeholder"].(string); ok {
		if !variablePattern.MatchString(name) || types[name] != "" {
			r.fail("messages[%d]: %q cannot be the name of a placeholder", i, shorten(name))
		}
		m.Placeholder = name
		return m
	}
	if o["examples"] == true {
		m.Examples = true
		return m
	}
	role, isRole := o["role"].(string)
	m.Role = role
	template := func(text string) *template {
		t, tags, problems := compile(text)
		if t != nil {
			uses := usesOf(tags, func(v string) string { return types[v] })
			problems = checkUses(uses, types)
			m.fields = append(m.fields, fieldsOf(uses)...)
		}
		if len(problems) > 0 {
			r.fail("messages[%d]: %s", i, problems[0].message)
		}
		return t
	}
	switch content := o["content"].(type) {
	case string:
		m.Content = content
		m.text = template(content)
	case []any:
		m.Parts = []Part{}
		for j, v := range content {
			object, _ := v.(map[string]any)
			p, err := partFrom(object)
			if err == nil && !slices.Contains(partTypes, p.Type) {
				err = fmt.Errorf("has the unknown type %q", shorten(p.Type))
			}
			if err != nil {
				r.fail("messages[%d]: part %d %s: %w", i, j, err, ErrUnsupported)
			}
			m.Parts = append(m.Parts, p)
			m.parts = append(m.parts, partTemplate(p, template))
		}
	default:
		isRole = false
	}
	if !isRole {
		r.fail("messages[%d] is not a role with a text: %w", i, ErrUnsupported)
	}
	return m
}

func (r *reader) examples(m map[string]any) []Example {
	objects := r.objects(m, "examples")
	out := make([]Example, len(objects))
	for i, o := range objects {
		out[i] = Example{r.text(o, "input"), r.text(o, "output")}
	}
	return out
}

func (r *reader) tools(m map[string]any) []Tool {
	objects := r.objects(m, "tools")
	out := make([]Tool, len(objects))
	for i, o := range objects {
		out[i] = Tool{
			Name:        r.text(o, "name"),
			Description: r.text(o, "description"),
			Parameters:  r.object(o, "parameters"),
			Strict:      r.flag(o, "strict"),
		}
	}
	return out
}

func (r *reader) output(m map[string]any) *Output {
	if _, written := m["output"]; !written {
		return nil
	}
	o := r.object(m, "output")
	return &Output{Format: r.text(o, "format"), Schema: r.object(o, "schema"), Strict: r.flag(o, "strict")}
}
