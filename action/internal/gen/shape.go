package gen

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxShapeDepth = 8   // of structs in structs
	maxShapes     = 200 // types of one prompt
)

// shaping are the keywords that typeOf reads, others those that leave the shape
// of a value as it is. A schema with any other keyword is any.
const (
	shaping = " type properties required items additionalProperties enum "
	others  = " $schema $id $comment title description default examples deprecated readOnly writeOnly format pattern" +
		" minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems uniqueItems minProperties maxProperties "
)

// typeOf returns the Go type of the values of a schema, and declares what it
// needs, under name or names that start with it. "any" is what it cannot say.
func (g *generator) typeOf(schema any, name, about string, depth int) string {
	s, ok := schema.(map[string]any)
	if !ok || depth > maxShapeDepth || len(g.declared) > maxShapes {
		return "any"
	}
	for key := range s {
		if !strings.Contains(shaping+others, " "+key+" ") {
			return "any"
		}
	}
	kind, null := kindOf(s)
	if _, isEnum := s["enum"]; isEnum {
		values, _ := s["enum"].([]any)
		return g.pointer(g.enum(kind, values, name, about), null)
	}
	switch kind {
	case "string", "integer", "number", "boolean":
		return g.pointer(scalarType(kind), null)
	case "array":
		return "[]" + g.typeOf(s["items"], name+"Item", "an item of "+about, depth+1)
	case "object":
		return g.pointer(g.object(s, name, about, depth), null)
	}
	return "any"
}

// pointer is the type whose nil is null.
func (g *generator) pointer(typ string, null bool) string {
	if !null || typ == "any" || strings.HasPrefix(typ, "[]") || strings.HasPrefix(typ, "map[") {
		return typ
	}
	return "*" + typ
}

// kindOf is the one type of a schema, and whether null is another.
func kindOf(s map[string]any) (kind string, null bool) {
	switch t := s["type"].(type) {
	case string:
		return t, false
	case []any:
		rest := slices.DeleteFunc(slices.Clone(t), func(v any) bool { return v == "null" })
		if kind, ok := rest[0:min(1, len(rest))], len(rest) == 1; ok {
			name, _ := kind[0].(string)
			return name, len(t) > 1
		}
		return "several", false
	}
	switch {
	case s["properties"] != nil:
		return "object", false
	case s["items"] != nil:
		return "array", false
	}
	return "", false
}

func scalarType(kind string) string {
	switch kind {
	case "string":
		return "string"
	case "integer":
		return "int64"
	case "number":
		return "float64"
	case "boolean":
		return "bool"
	}
	return ""
}

// object declares a struct for a schema with properties. Without any, all
// properties have one type.
func (g *generator) object(s map[string]any, name, about string, depth int) string {
	properties, _ := s["properties"].(map[string]any)
	if len(properties) == 0 {
		if more, ok := s["additionalProperties"].(map[string]any); ok {
			return "map[string]" + g.typeOf(more, name+"Value", "a value of "+about, depth+1)
		}
		return "map[string]any"
	}
	keys := slices.Sorted(maps.Keys(properties))
	if slices.ContainsFunc(keys, func(key string) bool { return !isTag(key) }) {
		return "map[string]any"
	}
	required, _ := s["required"].([]any)
	name = g.package_.take(name)
	at := len(g.declared)
	g.declared = append(g.declared, "") // before the types of its fields
	fields := newScope()
	var b strings.Builder
	b.WriteString(comment("", name+" is "+sentence(about)+" "+description(s)))
	fmt.Fprintf(&b, "type %s struct {\n", name)
	for _, key := range keys {
		field := fields.take(exported(key, "X"))
		typ := g.typeOf(properties[key], name+field, strconv.Quote(key)+" of "+about, depth+1)
		tag := key
		if !slices.Contains(required, any(key)) {
			if !strings.HasPrefix(typ, "*") {
				typ = g.pointer(typ, true)
			}
			tag += ",omitzero"
		} else if key == "-" {
			tag += "," // alone it would mean no property
		}
		if d := description(properties[key]); d != "" {
			b.WriteString(comment("\t", field+": "+d))
		}
		fmt.Fprintf(&b, "\t%s %s `json:%s`\n", field, typ, strconv.Quote(tag))
	}
	b.WriteString("}\n")
	g.declared[at] = b.String()
	return name
}

// isTag reports whether encoding/json takes a property's name from a tag.
func isTag(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r)
	})
}

func description(schema any) string {
	s, _ := schema.(map[string]any)
	text, _ := s["description"].(string)
	return sentence(text)
}

// enum declares a type with a constant for each value. Values of more than one
// type are any.
func (g *generator) enum(kind string, values []any, name, about string) string {
	literals := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			if kind == "" {
				kind = "string"
			}
			if kind != "string" {
				return "any"
			}
			literals[i] = strconv.Quote(v)
		case float64:
			if kind != "number" && (kind != "integer" || v != math.Trunc(v)) {
				return "any"
			}
			data, err := json.Marshal(v)
			if err != nil {
				return "any"
			}
			literals[i] = string(data)
			if kind == "integer" {
				literals[i] = strconv.FormatInt(int64(v), 10)
			}
		default:
			return "any"
		}
	}
	typ := scalarType(kind)
	if len(values) == 0 || typ == "" {
		return "any"
	}
	name = g.package_.take(name)
	var b strings.Builder
	b.WriteString(comment("", name+" is "+sentence(about)))
	fmt.Fprintf(&b, "type %s %s\n\n", name, typ)
	b.WriteString(comment("", "The values of "+name+"."))
	b.WriteString("const (\n")
	for i, literal := range literals {
		fmt.Fprintf(&b, "\t%s %s = %s\n", g.package_.take(name+valueName(values[i], i)), name, literal)
	}
	b.WriteString(")\n")
	g.declared = append(g.declared, b.String())
	return name
}

// valueName is what a constant's name says of its value.
func valueName(v any, i int) string {
	text := fmt.Sprint(v)
	if number, ok := v.(float64); ok {
		data, _ := json.Marshal(number)
		text = strings.NewReplacer("-", "Minus", ".", "Point", "+", "").Replace(string(data))
	}
	switch name := exported(text, ""); {
	case text == "":
		return "Empty"
	case name == "" || len(name) > 60:
		return "Value" + strconv.Itoa(i+1)
	default:
		return name
	}
}
