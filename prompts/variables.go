package prompts

import (
	"maps"
	"math"
	"slices"
)

var (
	variableKeys  = []string{"type", "default", "enum", "description", "example"}
	variableTypes = []string{"string", "integer", "number", "boolean", "array", "object"}
)

// variables checks [variables], fills types by name, and returns what is
// identity: everything but description and example.
func (t table) variables(types map[string]string) map[string]any {
	out := map[string]any{}
	for _, name := range t.keys() {
		if !variablePattern.MatchString(name) {
			t.add(t.n.child(name).pos(), "letters, digits and _, not starting with a digit", "%q cannot be the name of a variable", shorten(name))
			continue
		}
		types[name] = "string" // declared, whatever is wrong with it
		v, ok := t.table(name)
		if !ok {
			continue
		}
		v.known(variableKeys, map[string]string{"required": "remove it: a variable without a default is required"})
		if kind := v.variable(); kind != "" {
			types[name] = kind
		}
		identity := maps.Clone(v.m)
		delete(identity, "description")
		delete(identity, "example")
		out[name] = identity
	}
	return out
}

// variable checks one [variables.x] and returns its type, "" when that is wrong.
func (t table) variable() string {
	t.str("description")
	t.required("type", `type = "string"`)
	t.oneOf("type", variableTypes)
	kind, _ := t.m["type"].(string)
	if !slices.Contains(variableTypes, kind) {
		return ""
	}
	enum := t.enum(kind)
	t.ofType("example", kind)
	if t.ofType("default", kind) && len(enum) > 0 && !enum[scalar(t.m["default"])] {
		t.add(t.n.child("default").value(), "", "%s is not in its enum", t.name("default"))
	}
	return kind
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
		t.add(n.value(), "remove it, or list the values", "%s is empty", t.name("enum"))
		return nil
	case kind != "string" && kind != "integer" && kind != "number":
		t.add(n.pos(), "", "%s: a variable of type %s cannot have an enum", t.name("enum"), kind)
		return nil
	}
	seen := map[any]bool{}
	for i, v := range array {
		switch {
		case isBad(v):
		case !isType(kind, v):
			t.add(n.item(i).value(), "", "%s[%d]: want %s, got %s", t.name("enum"), i, kind, kindOf(v))
		case seen[scalar(v)]:
			t.add(n.item(i).value(), "", "%s[%d] is there twice", t.name("enum"), i)
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
