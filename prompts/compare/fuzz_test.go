package compare

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// FuzzSchemas: any two JSON values are compared within the bounds, and the same
// twice says nothing.
func FuzzSchemas(f *testing.F) {
	for _, s := range []string{
		`true`, `{"$ref":"#"}`, `{"allOf":[{"$ref":"#"}]}`, `{"anyOf":[{"$ref":"#"},{"type":"string"}]}`,
		`{"properties":{"a":{"$ref":"#/properties/a"}}}`, `{"$ref":"#/$defs/a~1b%20","$defs":{"a/b ":{"minimum":1e300}}}`,
		`{"type":7,"enum":{},"required":"a","properties":[],"items":null,"anyOf":{},"multipleOf":0}`,
		`{"oneOf":[{"properties":{"k":{"const":1}},"required":["k"]},{"properties":{"k":{"const":2}},"required":["k"]}]}`,
		`{"$id":"x","$anchor":"a","$dynamicRef":"#a"}`, `{"prefixItems":[{},{}],"items":false}`,
	} {
		f.Add(s, `{"type":"object","properties":{"a":{"type":"string"}}}`)
		f.Add(`{"type":"array","items":{"$ref":"#"}}`, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var old, new, again any
		if json.Unmarshal([]byte(a), &old) != nil || json.Unmarshal([]byte(b), &new) != nil {
			return
		}
		_ = json.Unmarshal([]byte(a), &again)
		for _, dir := range []direction{input, output, arguments} {
			p := &prover{dir: dir}
			if got := p.schemas(newNode(old), newNode(new)); len(got) > maxEffects || p.steps < -maxSteps {
				t.Errorf("%d effects, %d steps left", len(got), p.steps)
			}
		}
		if _, ok := old.(map[string]any); ok && !strings.Contains(a, "$") {
			if got := (&prover{}).schemas(newNode(old), newNode(again)); len(got) > 0 {
				t.Errorf("%s against itself: %v", a, got)
			}
		}
	})
}

// TestBounds: schemas whose comparison would never end are doubts, not hangs.
func TestBounds(t *testing.T) {
	deep := func(n int, leaf string) string {
		return strings.Repeat(`{"properties":{"a":`, n) + `{"type":"` + leaf + `"}` + strings.Repeat(`}}`, n)
	}
	double := func(leaf string) string { // 2^40 ways to the leaf
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, `"d%d":{"properties":{"a":{"$ref":"#/$defs/d%d"},"b":{"$ref":"#/$defs/d%d"}}},`, i, i+1, i+1)
		}
		return `{"$ref":"#/$defs/d0","$defs":{` + b.String() + `"d40":{"type":"` + leaf + `"}}}`
	}
	choices := func(n int, leaf string) string { // 2^n cases on the left side
		return `{"type":"object","allOf":[` + strings.TrimSuffix(strings.Repeat(`{"anyOf":[{"required":["a"]},{"required":["b"]}]},`, n), ",") + `],"properties":{"z":{"type":"` + leaf + `"}}}`
	}
	wide := func(leaf string) string {
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, `"p%d":{"type":"%s"},`, i, leaf)
		}
		return `{"type":"object","properties":{` + strings.TrimSuffix(b.String(), ",") + `}}`
	}
	for name, pair := range map[string][2]string{
		"deep":    {deep(2000, "number"), deep(2000, "integer")},
		"double":  {double("number"), double("integer")},
		"choices": {choices(40, "number"), choices(40, "integer")},
		"wide":    {wide("number"), wide("integer")},
		"loop":    {`{"$ref":"#"}`, `{"anyOf":[{"$ref":"#"},{"type":"string"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			var old, new any
			if json.Unmarshal([]byte(pair[0]), &old) != nil || json.Unmarshal([]byte(pair[1]), &new) != nil {
				t.Fatal("not JSON")
			}
			p := &prover{dir: input}
			got := p.schemas(newNode(old), newNode(new))
			if worst(got) == "nothing" || worst(got) == "compatible" || len(got) > maxEffects {
				t.Errorf("%d effects, worst %s", len(got), worst(got))
			}
		})
	}
}
