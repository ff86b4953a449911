package prompts

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

var (
	variableKeys  = []string{"type", "required", "default", "enum", "schema", "schema_file", "description", "example"}
	variableTypes = []string{"string", "integer", "number", "boolean", "array", "object"}
)

// inputs are the declared variables of a prompt.
type inputs struct {
	table table             // [variables]; empty when there is none
	types map[string]string // by name, whatever else is wrong with the variable
	used  map[string]bool   // by name: some template uses it
}

// read checks [variables] and returns what is identity: everything but
// description and example, which d gets.
func (v *inputs) read(c *checker, d *Definition) map[string]any {
	out := map[string]any{}
	folded := map[string]string{}
	for _, name := range v.table.keys() {
		at := v.table.n.child(name).pos()
		if !variablePattern.MatchString(name) {
			c.add(ruleVariableName, at, "letters, digits and _, not starting with a digit", "%q cannot be the name of a variable", shorten(name))
			continue
		}
		if other, twice := folded[strings.ToLower(name)]; twice {
			c.add(ruleSimilar, at, "rename one of them", "variables %q and %q differ in upper and lower case only", other, name)
		}
		folded[strings.ToLower(name)] = name
		v.types[name] = "string" // declared, whatever is wrong with it
		t, ok := v.table.table(name)
		if !ok {
			continue
		}
		t.known(variableKeys, nil)
		identity := maps.Clone(t.m)
		if kind := t.variable(identity, d); kind != "" {
			v.types[name] = kind
		}
		doc := InputDoc{Example: t.m["example"]}
		doc.Description, _ = t.m["description"].(string)
		if d.Inputs == nil {
			d.Inputs = map[string]InputDoc{}
		}
		d.Inputs[name] = doc
		delete(identity, "description")
		delete(identity, "example")
		out[name] = identity
	}
	return out
}

// declare is the change that declares a variable.
func (v *inputs) declare(c *checker, name string) *Fix {
	if n := v.table.n; n != nil && n.end > 0 { // variables = { … } takes no tables after it
		return nil
	}
	return &Fix{len(c.text), len(c.text), fmt.Sprintf("\n[variables.%s]\ntype = \"string\"\n", name)}
}

// variable checks one [variables.x] and returns its type, "" when that is wrong.
func (t table) variable(identity map[string]any, d *Definition) string {
	t.str("description")
	t.boolean("required")
	t.required("type", `type = "string"`)
	t.oneOf("type", variableTypes)
	kind, _ := t.m["type"].(string)
	if !slices.Contains(variableTypes, kind) {
		return ""
	}
	enum := t.enum(kind)
	t.ofType("example", kind)
	isDefault := t.ofType("default", kind)
	if isDefault && len(enum) > 0 && !enum[scalar(t.m["default"])] {
		t.add(ruleDefault, t.n.child("default").value(), "", "%s is not in its enum", t.name("default"))
	}
	if t.m["required"] == true && t.has("default") {
		t.add(ruleDefault, t.n.child("default").pos(), "remove one of them", "%s: a required variable has no use for a default", t.name("default"))
	}
	t.variableSchema(kind, identity, d)
	return kind
}

// variableSchema checks the JSON Schema of an array or object.
func (t table) variableSchema(kind string, identity map[string]any, d *Definition) {
	for _, key := range []string{"schema", "schema_file"} {
		if t.has(key) && kind != "array" && kind != "object" {
			t.add(ruleContradiction, t.n.child(key).pos(), "use enum, or change the type", "%s: a variable of type %s cannot have a schema", t.name(key), kind)
		}
	}
	s := t.schemaOf("schema", "schema_file", identity, d)
	if s == nil {
		return
	}
	for _, key := range []string{"default", "example"} {
		v := t.m[key]
		if !isType(kind, v) {
			continue
		}
		s.fits(t, asJSON(v), t.n.child(key).value(), ruleSchemaValue, t.name(key), "its schema")
	}
}

// asJSON is a plain value as encoding/json would decode it.
func asJSON(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case int:
		return float64(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = asJSON(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[key] = asJSON(e)
		}
		return out
	}
	return v
}

// enum checks the allowed values and returns them as a set.
func (t table) enum(kind string) map[any]bool {
	if !t.has("enum") {
		return nil
	}
	n := t.n.child("enum")
	array, ok := t.m["enum"].([]any)
	switch {
	case !ok:
		t.want("enum", "an array")
		return nil
	case len(array) == 0:
		t.add(ruleEmpty, n.value(), "remove it, or list the values", "%s is empty", t.name("enum"))
		return nil
	case kind != "string" && kind != "integer" && kind != "number":
		t.add(ruleContradiction, n.pos(), "", "%s: a variable of type %s cannot have an enum", t.name("enum"), kind)
		return nil
	}
	seen := map[any]bool{}
	for i, v := range array {
		switch {
		case isBad(v):
		case !isType(kind, v):
			t.add(ruleWrongType, n.item(i).value(), "", "%s[%d]: want %s, got %s", t.name("enum"), i, kind, kindOf(v))
		case seen[scalar(v)]:
			t.add(ruleDefault, n.item(i).value(), "", "%s[%d] is there twice", t.name("enum"), i)
		default:
			seen[scalar(v)] = true
		}
	}
	return seen
}

func (t table) ofType(key, kind string) bool {
	if !t.has(key) {
		return false
	}
	if !isType(kind, t.m[key]) {
		t.want(key, kind)
		return false
	}
	return true
}

// isType says whether a plain value fits a variable's type.
func isType(kind string, v any) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case int64:
		return kind == "integer" || kind == "number"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// scalar makes equal strings or numbers equal: 1 and 1.0 are one value.
func scalar(v any) any {
	if f, ok := asFloat(v); ok {
		return f
	}
	return v
}
