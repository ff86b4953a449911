package prompts

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxEffort bounds comparing values with schemas: the schemas that the library
// tries at all places of a value, each as often as it does. They are 2 to the
// power of n for n definitions that each refer to the next one twice, and for a
// value n levels deep when a schema has itself below two of its branches.
const maxEffort = 200_000

// effort is how many schemas the library tries to compare v, as encoding/json
// decodes it, with s: at most, and not counted beyond maxEffort.
func effort(s *jsonschema.Schema, v any) int { return (&valueEffort{}).of(s, v) }

// valueEffort are the efforts of one place of a value, and of the places below.
type valueEffort struct {
	known map[*jsonschema.Schema]int
	below map[any]*valueEffort // by key or index
}

func (e *valueEffort) of(s *jsonschema.Schema, v any) int {
	if s == nil {
		return 0
	}
	if n, ok := e.known[s]; ok {
		return n
	}
	if e.known == nil {
		e.known = map[*jsonschema.Schema]int{}
	}
	e.known[s] = 1 // a schema that is its own branch: the library stops there
	sum := 1
	for _, branch := range branches(s) {
		if sum += e.of(branch, v); sum > maxEffort {
			break
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			if sum > maxEffort {
				break
			}
			sum += e.property(s, key, item)
		}
	case []any:
		for i, item := range v {
			if sum > maxEffort {
				break
			}
			sum += e.item(s, i, item)
		}
	}
	e.known[s] = min(sum, maxEffort+1)
	return e.known[s]
}

// branches are the schemas that are tried for the same place.
func branches(s *jsonschema.Schema) []*jsonschema.Schema {
	out := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	if s.DynamicRef != nil {
		out = append(out, s.DynamicRef.Ref)
	}
	out = slices.Concat(out, s.AllOf, s.AnyOf, s.OneOf)
	for _, key := range slices.Sorted(maps.Keys(s.DependentSchemas)) {
		out = append(out, s.DependentSchemas[key])
	}
	for _, key := range slices.Sorted(maps.Keys(s.Dependencies)) {
		out = append(out, oneSchema(s.Dependencies[key]))
	}
	return out
}

func oneSchema(v any) *jsonschema.Schema {
	s, _ := v.(*jsonschema.Schema)
	return s
}

func (e *valueEffort) at(place any) *valueEffort {
	if e.below == nil {
		e.below = map[any]*valueEffort{}
	}
	if e.below[place] == nil {
		e.below[place] = &valueEffort{}
	}
	return e.below[place]
}

func (e *valueEffort) property(s *jsonschema.Schema, key string, v any) int {
	below := e.at(key)
	sum := below.of(s.Properties[key], v) + below.of(oneSchema(s.AdditionalProperties), v) + below.of(s.UnevaluatedProperties, v)
	for _, pattern := range s.PatternProperties {
		sum += below.of(pattern, v)
	}
	return sum + (&valueEffort{}).of(s.PropertyNames, key)
}

func (e *valueEffort) item(s *jsonschema.Schema, i int, v any) int {
	below := e.at(i)
	sum := below.of(oneSchema(s.Items), v) + below.of(s.Items2020, v) + below.of(oneSchema(s.AdditionalItems), v) + below.of(s.Contains, v) + below.of(s.UnevaluatedItems, v)
	positional, _ := s.Items.([]*jsonschema.Schema)
	for _, at := range [][]*jsonschema.Schema{positional, s.PrefixItems} {
		if i < len(at) {
			sum += below.of(at[i], v)
		}
	}
	return sum
}
