package prompts

import "github.com/santhosh-tekuri/jsonschema/v6"

// maxTrials bounds the schemas that one value may be tried against. A few lines
// of $ref and allOf are enough for more than anybody can wait for.
const maxTrials = 1_000_000

// trials is how many schemas the library tries a value against, at most; more
// than maxTrials is all the same. Schemas that come back to themselves count
// once: how often they are tried is up to the value.
type trials map[*jsonschema.Schema]int

func (t trials) of(s *jsonschema.Schema) int {
	if s == nil {
		return 0
	}
	if n, known := t[s]; known {
		return n
	}
	t[s] = 1
	// every one of these is tried against the value itself
	n := 1 + t.of(s.Ref) + t.of(s.RecursiveRef) + t.of(s.Not) + t.of(s.If) + t.of(s.Then) + t.of(s.Else)
	if s.DynamicRef != nil {
		n += t.of(s.DynamicRef.Ref)
	}
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		for _, e := range list {
			n = min(n+t.of(e), maxTrials+1)
		}
	}
	for _, e := range s.DependentSchemas {
		n = min(n+t.of(e), maxTrials+1)
	}
	for _, e := range s.Dependencies {
		e, _ := e.(*jsonschema.Schema)
		n = min(n+t.of(e), maxTrials+1)
	}
	// of these, mostly one against each part of the value
	part := max(t.of(s.PropertyNames), t.of(s.UnevaluatedProperties), t.of(s.Contains), t.of(s.Items2020), t.of(s.UnevaluatedItems), t.of(s.ContentSchema))
	for _, e := range s.Properties {
		part = max(part, t.of(e))
	}
	for _, e := range s.PatternProperties {
		part = max(part, t.of(e))
	}
	for _, e := range s.PrefixItems {
		part = max(part, t.of(e))
	}
	for _, v := range []any{s.AdditionalProperties, s.Items, s.AdditionalItems} {
		switch v := v.(type) {
		case *jsonschema.Schema:
			part = max(part, t.of(v))
		case []*jsonschema.Schema:
			for _, e := range v {
				part = max(part, t.of(e))
			}
		}
	}
	t[s] = min(n+part, maxTrials+1)
	return t[s]
}
