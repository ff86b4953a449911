package prompts

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
)

// Prompt is one version of a prompt. It is immutable and safe to share between
// goroutines; every accessor that returns a slice or map returns a fresh copy.
//
// Printing or logging a Prompt shows its ref and never its content.
type Prompt struct {
	ref      Ref
	artifact []byte
	decoded  atomic.Pointer[parts] // made again when first asked for
}

// parts is a decoded artifact.
type parts struct {
	name       string
	structure  map[string]any // the artifact, decoded; parameters, schemas and defaults are parts of it
	model      string
	parameters map[string]any
	variables  []variable // sorted by name
	messages   []message
	examples   []Example
	tools      []Tool
	output     *Output
}

// parts decodes the artifact when somebody wants to see inside, the first time:
// a service has more prompts in memory than it renders, and what is inside takes
// several times the room of the bytes. Decode has found that it can be done.
func (p *Prompt) parts() *parts {
	if d := p.decoded.Load(); d != nil {
		return d
	}
	d, _ := decodeParts(p.artifact)
	if !p.decoded.CompareAndSwap(nil, d) {
		return p.decoded.Load()
	}
	return d
}

// Variable is an input that Render takes.
type Variable struct {
	Name     string
	Type     string         // string, integer, number, boolean, array or object
	Required bool           // callers must pass a value: no default was written, nor required = false
	Default  any            // as encoding/json decodes it; nil when none was written
	Enum     []any          // the only values allowed; empty means any
	Schema   map[string]any // JSON Schema of an array or object; nil when not written
}

// Tool is a function that the model may call.
type Tool struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Parameters  map[string]any `json:"parameters,omitempty"` // JSON Schema; nil when not written
	Strict      *bool          `json:"strict,omitempty"`     // nil when not written
}

// Output is the form of answer that the prompt asks for.
type Output struct {
	Format string         `json:"format,omitempty"` // json, text, or "" when not written
	Schema map[string]any `json:"schema,omitempty"` // JSON Schema; nil when not written
	Strict *bool          `json:"strict,omitempty"` // nil when not written
}

// Name is the prompt's name, as written inside the artifact.
func (p *Prompt) Name() string { return p.ref.Name }

// Digest is the SHA-256 of Artifact.
func (p *Prompt) Digest() Digest { return p.ref.Digest }

// Version is the first 12 hex digits of the digest.
func (p *Prompt) Version() string { return p.ref.Version() }

// Ref is name and digest together.
func (p *Prompt) Ref() Ref { return p.ref }

// Artifact is a copy of the exact bytes that the digest names.
func (p *Prompt) Artifact() []byte { return append([]byte(nil), p.artifact...) }

// Model is the model's name, or "" when the artifact has none.
func (p *Prompt) Model() string { return p.parts().model }

// Parameters are the model parameters by their OpenAI name, numbers as float64.
// The map is empty, never nil, when the author wrote none.
func (p *Prompt) Parameters() map[string]any {
	m, _ := clone(p.parts().parameters).(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	return m
}

// Variables are the declared inputs, sorted by name.
func (p *Prompt) Variables() []Variable {
	variables := p.parts().variables
	out := make([]Variable, len(variables))
	for i, v := range variables {
		out[i] = v.Variable
		out[i].Default = clone(v.Default)
		out[i].Enum, _ = clone(v.Enum).([]any)
		out[i].Schema, _ = clone(v.Schema).(map[string]any)
	}
	return out
}

// Messages are the message templates in order, not rendered. One of them may
// stand for the examples, others for messages that the caller passes.
func (p *Prompt) Messages() []Message {
	messages := p.parts().messages
	out := make([]Message, len(messages))
	for i, m := range messages {
		out[i] = m.Message.clone()
	}
	return out
}

// Examples are the pairs that Render puts where a message says so, in order.
func (p *Prompt) Examples() []Example { return slices.Clone(p.parts().examples) }

// Tools are the functions offered to the model, in order.
func (p *Prompt) Tools() []Tool {
	tools := p.parts().tools
	out := make([]Tool, len(tools))
	for i, t := range tools {
		t.Parameters, _ = clone(t.Parameters).(map[string]any)
		t.Strict = cloneBool(t.Strict)
		out[i] = t
	}
	return out
}

// Output reports the form of answer and whether the author wrote one.
func (p *Prompt) Output() (Output, bool) {
	output := p.parts().output
	if output == nil {
		return Output{}, false
	}
	o := *output
	o.Schema, _ = clone(o.Schema).(map[string]any)
	o.Strict = cloneBool(o.Strict)
	return o, true
}

// MarshalJSON is the artifact. json.Marshal may escape '<', '>' and '&' in it:
// use Artifact where the bytes matter.
func (p *Prompt) MarshalJSON() ([]byte, error) { return p.Artifact(), nil }

// String is the ref.
func (p *Prompt) String() string { return p.ref.String() }

// GoString is the ref.
func (p *Prompt) GoString() string { return p.ref.String() }

// LogValue is the ref.
func (p *Prompt) LogValue() slog.Value { return slog.StringValue(p.ref.String()) }

// Format writes the ref for every verb.
func (p *Prompt) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.ref.String()) }

// clone copies a tree of maps and slices as encoding/json makes them. A nil map
// or slice gives a nil interface.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return nil
		}
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = clone(e)
		}
		return m
	case []any:
		if v == nil {
			return nil
		}
		s := make([]any, len(v))
		for i, e := range v {
			s[i] = clone(e)
		}
		return s
	}
	return v
}

func cloneBool(b *bool) *bool {
	if b == nil {
		return nil
	}
	c := *b
	return &c
}
