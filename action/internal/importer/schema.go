package importer

import (
	"slices"
	"strings"
)

var schemaTypes = []string{"string", "number", "integer", "boolean", "null", "array", "object"}

// picoschema is Dotprompt's short form as a JSON Schema; a JSON Schema stays as
// it is.
func (r *run) picoschema(n *node) any {
	switch {
	case n == nil:
		return nil
	case n.table:
		if t := n.get("type"); t != nil && slices.Contains(append(schemaTypes, "any"), t.plain()) {
			return n.take()
		}
		if p := n.get("properties"); p != nil && p.table {
			if t := n.get("type"); t != nil {
				r.note(t, "the type of %s is not carried: what has properties is an object", short(n.key))
			}
			o, _ := n.take().(object)
			return append(object{{"type", "object"}}, without(o, "type")...)
		}
		return r.picoObject(n)
	case n.list:
		r.note(n, "%s is not carried: Picoschema has no bare lists", n.key)
		return object{}
	}
	return r.picoScalar(n)
}

// plain is the text of a scalar, without taking it.
func (n *node) plain() string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

func (r *run) picoScalar(n *node) any {
	kind, description, _ := strings.Cut(n.text(), ",")
	kind, description = strings.TrimSpace(kind), strings.TrimSpace(description)
	out := object{}
	switch {
	case slices.Contains(schemaTypes, kind) && kind != "array" && kind != "object":
		out = append(out, field{"type", kind})
	case kind == "any":
	default:
		r.note(n, "the type %q is not carried: it is defined in the program; anything is allowed there", short(kind))
	}
	if description != "" {
		out = append(out, field{"description", description})
	}
	return out
}

func (r *run) picoObject(n *node) object {
	properties, required := object{}, []any{}
	var extra any = false
	for _, m := range n.members {
		if m.key == "(*)" {
			extra = r.picoschema(m)
			continue
		}
		name, optional, schema := r.picoProperty(m)
		if contains(properties, name) {
			r.note(m, "property %q is not carried: it is there already", short(name))
			continue
		}
		if !optional {
			required = append(required, name)
		}
		properties = append(properties, field{name, schema})
	}
	n.used = true
	out := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out = append(out, field{"required", required})
	}
	return append(out, field{"additionalProperties", extra})
}

// picoProperty reads "name?(array, what it is): type".
func (r *run) picoProperty(m *node) (name string, optional bool, schema object) {
	name, info, typed := strings.Cut(m.key, "(")
	name = strings.TrimSpace(name)
	name, optional = strings.CutSuffix(name, "?")
	kind, description, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(info), ")"), ",")
	kind, description = strings.TrimSpace(kind), strings.TrimSpace(description)
	switch {
	case !typed || kind == "object":
		schema, _ = r.picoschema(m).(object)
	case kind == "array":
		schema = object{{"type", "array"}, {"items", r.picoschema(m)}}
	case kind == "enum":
		values, _ := m.take().([]any)
		if optional && !slices.Contains(values, nil) {
			values = append(values, nil)
		}
		schema = object{{"enum", values}}
	default:
		r.note(m, "%q is not carried: the type in brackets is array, object or enum", short(m.key))
	}
	if description != "" {
		schema = append(without(schema, "description"), field{"description", description})
	}
	if optional {
		for i, f := range schema {
			if s, ok := f.value.(string); ok && f.key == "type" {
				schema[i].value = []any{s, "null"}
			}
		}
	}
	return name, optional, schema
}

func without(o object, key string) object {
	return slices.DeleteFunc(slices.Clone(o), func(f field) bool { return f.key == key })
}

// inputs declares a variable for each property of an object schema.
func (d *draft) inputs(schema any, at *node) {
	o, _ := schema.(object)
	properties, ok := o.get("properties").(object)
	if !ok {
		if schema != nil {
			d.note(at, "the schema of the input is not carried: it names no properties")
		}
		return
	}
	required, _ := o.get("required").([]any)
	if extra := o.get("additionalProperties"); extra != nil && extra != false {
		line, col := at.keyLine, at.keyCol
		d.noteAt(line, col, "other inputs than those named are not carried: a caller passes declared variables")
	}
	for _, p := range properties {
		s, _ := p.value.(object)
		v := d.variable(d.varName(p.key))
		v.declared, v.at = true, propertyOf(at, p.key)
		v.optional = !slices.Contains(required, any(p.key))
		v.fromSchema(d, s)
	}
	for _, name := range required {
		if key, ok := name.(string); !ok || !contains(properties, key) {
			line, col := at.keyLine, at.keyCol
			if n := at.get("required"); n != nil {
				line, col = n.keyLine, n.keyCol
			}
			d.noteAt(line, col, "the required %q is not carried: it is no property", short(key))
		}
	}
	for _, f := range o {
		if !slices.Contains([]string{"type", "properties", "required", "additionalProperties"}, f.key) {
			d.noteAt(at.keyLine, at.keyCol, "%s of the input's schema is not carried: variables are declared one by one", f.key)
		}
	}
}

// propertyOf is where a schema of the source declares a property.
func propertyOf(at *node, name string) *node {
	if p := at.get("properties").get(name); p != nil {
		return p
	}
	for _, m := range at.members {
		key, _, _ := strings.Cut(m.key, "(")
		if strings.TrimSuffix(strings.TrimSpace(key), "?") == name {
			return m
		}
	}
	return at
}

// fromSchema takes what a JSON Schema says of one value.
func (v *variable) fromSchema(d *draft, s object) {
	kind := s.get("type")
	if list, ok := kind.([]any); ok { // ["string", "null"]
		list = slices.DeleteFunc(slices.Clone(list), func(e any) bool { return e == "null" })
		if kind = nil; len(list) == 1 {
			kind = list[0]
		} else {
			d.noteAt(v.at.keyLine, v.at.keyCol, "the types of the variable %q are not carried: a variable has one", v.name)
		}
	}
	if description, ok := s.get("description").(string); ok {
		v.description = description
	}
	if values, ok := s.get("enum").([]any); ok {
		values = slices.DeleteFunc(slices.Clone(values), func(e any) bool { return e == nil })
		if len(values) > 0 {
			v.enum = values
			if kind == nil {
				kind = kindOf(values[0])
			}
			for _, e := range values {
				if kindOf(e) != kind || kindOf(e) == "boolean" {
					d.noteAt(v.at.keyLine, v.at.keyCol, "the enum of %q is not carried: its values are not all of one type", v.name)
					v.enum = nil
					break
				}
			}
		}
	}
	if v.preset == nil {
		v.preset = s.get("default")
	}
	v.kind, _ = kind.(string)
	switch v.kind {
	case "array", "object":
		v.schema = append(object{{"type", v.kind}}, without(without(without(s, "type"), "description"), "default")...)
	case "string", "integer", "number", "boolean":
		for _, f := range s {
			if !slices.Contains([]string{"type", "description", "enum", "default", "nullable"}, f.key) {
				d.noteAt(v.at.keyLine, v.at.keyCol, "%s of the variable %q is not carried: only arrays and objects have a schema", f.key, v.name)
			}
		}
	default:
		d.noteAt(v.at.keyLine, v.at.keyCol, "the variable %q has no single type in the source: it is declared by how the text uses it", v.name)
		v.kind = ""
	}
}
