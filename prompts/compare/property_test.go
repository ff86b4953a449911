package compare

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// draw makes small schemas and instances that meet often.
type draw struct{ *rand.Rand }

func (d draw) name() string { return []string{"a", "b", "c"}[d.IntN(3)] }

func (d draw) plainValue() any {
	return []any{nil, true, false, 0.0, 1.0, 2.0, 1.5, -1.0, "", "x", "yy", "zzz"}[d.IntN(12)]
}

func (d draw) value(depth int) any {
	switch n := d.IntN(5); {
	case n == 0 && depth > 0:
		list := []any{}
		for range d.IntN(4) {
			list = append(list, d.value(depth-1))
		}
		return list
	case n <= 2 && depth > 0:
		m := map[string]any{}
		for range d.IntN(4) {
			m[d.name()] = d.value(depth - 1)
		}
		return m
	}
	return d.plainValue()
}

func (d draw) schema(depth int) any {
	switch d.IntN(16) {
	case 0:
		return true
	case 1:
		if depth < 3 {
			return false
		}
	}
	s := map[string]any{}
	kinds := []any{"null", "boolean", "object", "array", "string", "integer", "number"}
	switch d.IntN(4) {
	case 0, 1:
		s["type"] = kinds[2+d.IntN(5)]
	case 2:
		s["type"] = []any{kinds[d.IntN(5)], kinds[5+d.IntN(2)]}
	}
	for range d.IntN(3) {
		d.keyword(s, depth)
	}
	return s
}

func (d draw) keyword(s map[string]any, depth int) {
	sub := func() any { return d.schema(depth - 1) }
	subs := func() []any { return []any{sub(), sub()} }
	n := d.IntN(26)
	if depth == 0 {
		n = d.IntN(9)
	}
	f := float64(d.IntN(3))
	switch n {
	case 0:
		s["enum"] = []any{d.plainValue(), d.plainValue(), d.plainValue()}
	case 1:
		s["const"] = d.plainValue()
	case 2:
		s["minimum"] = f
	case 3:
		s["maximum"] = f
	case 4:
		s["exclusiveMinimum"] = f
	case 5:
		s["minLength"] = f
	case 6:
		s["maxLength"] = f
	case 7:
		s["multipleOf"] = f + 1
	case 8:
		s["$ref"] = "#/$defs/d" + strconv.Itoa(d.IntN(2))
	case 9, 10, 11, 12:
		m := map[string]any{}
		for range 1 + d.IntN(2) {
			m[d.name()] = sub()
		}
		s["properties"] = m
	case 13, 14:
		s["required"] = []any{d.name()}
	case 15, 16:
		s["additionalProperties"] = false
	case 17:
		s["additionalProperties"] = sub()
	case 18:
		s["items"] = sub()
	case 19:
		s["prefixItems"] = subs()
	case 20:
		s[[]string{"minItems", "maxItems", "minProperties", "maxProperties"}[d.IntN(4)]] = f
	case 21:
		s["anyOf"] = subs()
	case 22:
		s["oneOf"] = subs()
	case 23:
		s["allOf"] = subs()
	case 24:
		s[[]string{"not", "contains", "propertyNames", "unevaluatedProperties", "if"}[d.IntN(5)]] = sub()
	case 25:
		s[[]string{"patternProperties", "dependentRequired", "uniqueItems", "dependentSchemas"}[d.IntN(4)]] = map[string]any{}
		delete(s, "uniqueItems")
		if m, ok := s["patternProperties"].(map[string]any); ok {
			m["^a"] = sub()
		}
		if m, ok := s["dependentRequired"].(map[string]any); ok {
			m["a"] = []any{d.name()}
		}
		if m, ok := s["dependentSchemas"].(map[string]any); ok {
			m["a"] = sub()
		}
	}
}

// root is a schema with definitions.
func (d draw) root() map[string]any {
	s, ok := d.schema(2).(map[string]any)
	if !ok {
		s = map[string]any{}
	}
	s["$defs"] = map[string]any{"d0": d.schema(1), "d1": d.schema(0)}
	return s
}

// mutate changes a few places of a copy.
func (d draw) mutate(s map[string]any) map[string]any {
	out := copyOf(s)
	var maps []map[string]any
	var walk func(v any, schema bool)
	walk = func(v any, schema bool) {
		switch v := v.(type) {
		case map[string]any:
			if schema {
				maps = append(maps, v)
			}
			for _, k := range sortedKeys(v) {
				walk(v[k], !schema || !holdMap[k] && k != "$defs" && k != "dependentRequired")
			}
		case []any:
			for _, e := range v {
				walk(e, true)
			}
		}
	}
	walk(out, true)
	for range 1 + d.IntN(2) {
		m := maps[d.IntN(len(maps))]
		keys := slices.DeleteFunc(sortedKeys(m), func(k string) bool { return k == "$defs" })
		if len(keys) > 0 && d.IntN(2) == 0 {
			delete(m, keys[d.IntN(len(keys))])
		} else {
			d.keyword(m, 1)
		}
	}
	return out
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func copyOf(s map[string]any) map[string]any {
	data, _ := json.Marshal(s)
	var out map[string]any
	_ = json.Unmarshal(data, &out)
	return out
}

// rewrite changes every schema below s in place.
func rewrite(s any, f func(map[string]any)) {
	m, ok := s.(map[string]any)
	if !ok {
		return
	}
	for k, v := range m {
		switch {
		case holdSchema[k]:
			rewrite(v, f)
		case holdList[k]:
			for _, e := range v.([]any) {
				rewrite(e, f)
			}
		case holdMap[k], k == "$defs":
			for _, e := range v.(map[string]any) {
				rewrite(e, f)
			}
		}
	}
	f(m)
}

func compiled(s any) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("test:///s", s); err != nil {
		return nil, err
	}
	return c.Compile("test:///s")
}

// TestSilenceIsProof: where nothing is said, every instance that the left
// schema accepts is accepted by the right one. Compatible words stand for two
// assumptions, which the schemas are given here: nobody passes what an object
// with properties does not name; nobody minds properties that he does not know.
func TestSilenceIsProof(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(2000) {
		d := draw{rand.New(rand.NewPCG(seed, 1))}
		old := d.root()
		new := d.mutate(old)
		if seed%4 == 0 {
			new = d.root()
		}
		for _, dir := range []direction{input, output, arguments} {
			checkSilence(t, d, dir, old, new, counts)
		}
		if t.Failed() {
			return
		}
	}
	t.Log(counts)
	if counts["agreed"] < 50_000 {
		t.Errorf("%d instances were accepted by both sides: the test shows nothing", counts["agreed"])
	}
}

func checkSilence(t *testing.T, d draw, dir direction, old, new map[string]any, counts map[string]int) {
	p := &prover{dir: dir, owner: "it"}
	effects := p.schemas(newNode(old), newNode(new))
	if slices.ContainsFunc(effects, Effect.Breaks) {
		counts["objected"]++
		return
	}
	left, right := copyOf(old), copyOf(new)
	if dir != input {
		left, right = right, left
	}
	counts["silent"]++
	if len(effects) > 0 {
		counts["with words"]++
		assume(dir, left, right)
	}
	a, err := compiled(left)
	b, err2 := compiled(right)
	if err != nil || err2 != nil {
		counts["not a schema"]++
		return
	}
	for range 60 {
		v := d.value(3)
		if a.Validate(v) != nil {
			continue
		}
		counts["agreed"]++
		if err := b.Validate(v); err != nil {
			t.Errorf("direction %d\nold  %s\nnew  %s\nsaid %v\n%s is accepted by one and not by the other: %v", dir, brief2(old), brief2(new), effects, brief2(v), err)
			return
		}
	}
}

func assume(dir direction, left, right map[string]any) {
	if dir == input {
		rewrite(left, func(m map[string]any) {
			if rest, ok := m["additionalProperties"]; (!ok || rest == true) && m["properties"] != nil {
				m["additionalProperties"] = false
			}
		})
		return
	}
	rewrite(right, func(m map[string]any) {
		if m["additionalProperties"] == false {
			delete(m, "additionalProperties")
		}
	})
}

func brief2(v any) string { data, _ := marshal(v); return string(data) }

// TestSameSchema: nothing is said of a schema and itself.
func TestSameSchema(t *testing.T) {
	for seed := range uint64(3000) {
		s := draw{rand.New(rand.NewPCG(seed, 2))}.root()
		for _, dir := range []direction{input, output, arguments} {
			p := &prover{dir: dir}
			if got := p.schemas(newNode(s), newNode(copyOf(s))); len(got) > 0 {
				t.Fatalf("%s against itself: %v", brief2(s), got)
			}
		}
	}
}

// TestOptionalNeverBreaks: what is only added and optional serves everybody.
func TestOptionalNeverBreaks(t *testing.T) {
	for seed := range uint64(2000) {
		d := draw{rand.New(rand.NewPCG(seed, 3))}
		property := func() map[string]any {
			m := map[string]any{}
			for range 1 + d.IntN(3) {
				m[d.name()] = d.schema(2)
			}
			return m
		}
		kind := func(m map[string]any) map[string]any {
			return map[string]any{"type": "object", "properties": m, "$defs": map[string]any{"d0": d.schema(1), "d1": d.schema(0)}}
		}
		schema := kind(property())
		wide := copyOf(schema)
		wide["properties"].(map[string]any)["new"] = d.schema(1)
		old := map[string]any{
			"variables": map[string]any{"v": map[string]any{"type": "object", "schema": schema}},
			"tools":     []any{map[string]any{"name": "t", "parameters": schema}},
			"output":    map[string]any{"format": "json", "schema": schema},
		}
		new := map[string]any{
			"variables": map[string]any{
				"v": map[string]any{"type": "object", "schema": wide},
				"w": map[string]any{"type": "string", "default": ""},
				"x": map[string]any{"type": "string", "required": false},
			},
			"tools":  []any{map[string]any{"name": "t", "parameters": wide, "description": "more"}},
			"output": map[string]any{"format": "json", "schema": wide},
		}
		if got := slices.DeleteFunc(contract(old, new), func(e Effect) bool { return !e.Breaks() }); len(got) > 0 {
			t.Fatalf("%s, %s: %v", brief2(schema), brief2(wide), got)
		}
	}
}
