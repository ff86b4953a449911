package importer

import (
	"strings"
)

// prompty reads a .prompty of version 1 or 2.
func (r *run) prompty() error {
	m, err := r.frontMatter(r.text, "---", "+++")
	if err != nil {
		return err
	}
	r.root = m.root
	root := m.root
	if m.body == "" {
		return r.fail(0, 0, "", "there is no text after the front matter")
	}
	d := r.draft(r.nameOf(root.get("name")))
	d.describe(root.get("displayName", "name"), root.get("description"))
	for _, tags := range []*node{root.get("tags"), root.get("metadata").get("tags")} {
		if tags != nil && tags.list {
			for _, t := range tags.items {
				if s, ok := t.str(); ok && s != "" {
					d.tags = append(d.tags, s)
				}
			}
		}
	}
	old := d.promptyModel(root.get("model"))
	old = old || root.get("sample") != nil
	special := d.promptyInputs(root.get("inputs"), old)
	d.promptySample(root.get("sample"))
	d.promptyOutputs(root.get("outputs"))
	for _, t := range entries(root.get("tools")) {
		d.promptyTool(t)
	}
	d.promptyBody(m, templateKind(root.get("template")), special, old)
	d.finish()
	return nil
}

// promptyModel reports whether the fields are those of version 1.
func (d *draft) promptyModel(n *node) (old bool) {
	if n == nil {
		return false
	}
	if !n.table {
		d.setModel(n)
		return false
	}
	old = n.get("api", "configuration", "parameters") != nil
	if api := n.get("api", "apiType"); api.text() != "chat" && api != nil {
		d.note(api, "%s is not carried: every prompt is one for chat", short(api.plain()))
	}
	d.setModel(n.get("id"))
	if c := n.get("configuration"); c != nil && d.model == "" {
		d.setModel(c.get("name", "model", "azure_deployment"))
	}
	for _, options := range []*node{n.get("options"), n.get("parameters")} {
		if options == nil || !options.table {
			continue
		}
		options.used = true
		for _, o := range options.members {
			switch {
			case o.key == "tools":
				d.openAITools(o)
			case o.key == "response_format":
				d.responseFormat(o)
			case o.key == "additionalProperties" && o.table:
				o.used = true
				for _, e := range o.members {
					d.parameter(e, true)
				}
			default:
				d.parameter(o, true)
			}
		}
	}
	return old
}

// responseFormat is OpenAI's response_format.
func (d *draft) responseFormat(n *node) {
	if !n.table {
		return
	}
	switch kind := n.get("type"); kind.text() {
	case "text":
		d.output = &output{format: "text"}
	case "json_object", "json_schema":
		d.output = &output{format: "json"}
	default:
		d.note(n, "%s is not carried: its type is none of text, json_object and json_schema", n.key)
		return
	}
	if s := n.get("json_schema"); s != nil {
		d.jsonSchema(s, s.take())
	}
}

// openAITools are tools as OpenAI's API takes them.
func (d *draft) openAITools(n *node) {
	if !n.list {
		d.note(n, "%s is not carried: it is in another file, or not a list", n.key)
		return
	}
	for _, e := range n.items {
		f := e.get("function")
		if kind := e.get("type"); !f.has("name") || kind != nil && kind.plain() != "function" {
			d.note(e, "the tool is not carried: only functions are")
			continue
		}
		e.get("type").text()
		t := tool{name: f.get("name").text(), description: f.get("description").text()}
		if p := f.get("parameters"); p != nil && p.table {
			t.parameters = p.take()
		}
		if s := f.get("strict"); s != nil && kindOf(s.value) == "boolean" {
			t.strict = s.take()
		}
		d.addTool(e, t)
	}
}

func (n *node) has(key string) bool { return n.find(key) != nil }

// entry is one of a list of {name: …}, or of a table by name.
type entry struct {
	name string
	*node
}

func entries(n *node) (out []entry) {
	switch {
	case n == nil:
	case n.list:
		for _, e := range n.items {
			out = append(out, entry{e.get("name").text(), e})
		}
	case n.table:
		for _, m := range n.members {
			out = append(out, entry{m.key, m})
		}
	}
	return out
}

// promptyInputs declares variables. Those of the kinds thread and image are not
// texts: they are returned by name.
func (d *draft) promptyInputs(n *node, old bool) map[string]string {
	special := map[string]string{}
	lenient := false
	for _, e := range entries(n) {
		if e.name == "" {
			continue
		}
		name := d.varName(e.name)
		if !e.table { // firstName: Jane
			v := d.variable(name)
			v.declared, v.at, v.preset = true, e.node, e.take()
			v.kind = kindOf(v.preset)
			continue
		}
		switch kind := e.get("kind", "type").text(); kind {
		case "thread", "image":
			special[name] = kind
			d.describeSpecial(e, name, kind)
			continue
		case "file", "audio":
			d.noteAt(e.get("kind", "type").keyLine, e.keyCol, "the kind %s of the input %q has no counterpart: it is declared as a text", kind, e.name)
		}
		v := d.variable(name)
		v.declared, v.at = true, e.node
		d.property(v, e)
		if required := e.get("required", "isRequired"); required != nil && required.value == false {
			v.optional, required.used = true, true
		} else if required != nil {
			required.used = true
		} else {
			lenient = lenient || v.preset == nil && !old
		}
	}
	if lenient {
		d.noteAt(n.keyLine, n.keyCol, "inputs that do not say required are required here: Prompty lets a caller leave them out")
	}
	return special
}

func (d *draft) describeSpecial(e entry, name, kind string) {
	if kind == "image" {
		v := d.variable(name)
		v.declared, v.at, v.kind = true, e.node, "string"
		v.description = e.get("description").text()
		return
	}
	if s := e.get("description"); s != nil {
		d.note(s, "the description of %q is not carried: a placeholder has none", name)
	}
}

// property takes what a Prompty property says of a variable.
func (d *draft) property(v *variable, e entry) {
	v.description = e.get("description").text()
	if p := e.get("default"); p != nil {
		v.preset = p.take()
	}
	if p := e.get("example", "sample"); p != nil {
		v.example = p.take()
	}
	if p := e.get("enumValues", "enum"); p != nil && p.list {
		v.enum, _ = p.take().([]any)
	}
	v.kind = d.kind(e.get("kind", "type"))
	if v.kind == "" {
		v.kind = kindOf(v.preset)
	}
	if v.kind == "array" && e.has("items") || v.kind == "object" && e.has("properties") {
		v.schema = d.propertySchema(e)
	}
}

// kind reads the kind of a property.
func (d *draft) kind(n *node) string {
	s, written := n.str()
	kind := ourKind(s)
	if written && kind == "" {
		d.note(n, "the kind %q is not carried: it is string, integer, float, number, boolean, array or object", short(s))
	}
	return kind
}

// ourKind is our name for a kind, "" for one that we do not have.
func ourKind(kind string) string {
	switch kind {
	case "float":
		return "number"
	case "list":
		return "array"
	case "dict":
		return "object"
	case "bool":
		return "boolean"
	case "int":
		return "integer"
	case "string", "integer", "number", "boolean", "array", "object":
		return kind
	case "file", "audio", "image":
		return "string"
	}
	return ""
}

// propertySchema is a Prompty property as a JSON Schema.
func (d *draft) propertySchema(e entry) object {
	out := object{}
	if kind := d.kind(e.get("kind", "type")); kind != "" {
		out = append(out, field{"type", kind})
	}
	if s := e.get("description").text(); s != "" {
		out = append(out, field{"description", s})
	}
	if p := e.get("enumValues", "enum"); p != nil && p.list {
		out = append(out, field{"enum", p.take()})
	}
	if p := e.get("default"); p != nil {
		out = append(out, field{"default", p.take()})
	}
	if p := e.get("items"); p != nil {
		out = append(out, field{"items", d.propertySchema(entry{node: p})})
	}
	if p := e.get("properties"); p != nil {
		out = append(out, without(d.propertiesSchema(p), "type")...)
	}
	return out
}

// propertiesSchema is a list or table of properties as the schema of an object.
func (d *draft) propertiesSchema(n *node) object {
	properties, required := object{}, []any{}
	for _, e := range entries(n) {
		if e.name == "" || contains(properties, e.name) {
			d.note(e.node, "a property without a name, or with one that is there already, is not carried")
			continue
		}
		properties = append(properties, field{e.name, d.propertySchema(e)})
		if r := e.get("required"); r != nil && kindOf(r.value) == "boolean" && r.take() == true {
			required = append(required, e.name)
		}
	}
	out := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out = append(out, field{"required", required})
	}
	return append(out, field{"additionalProperties", false})
}

// promptySample keeps the sample of version 1 as examples of the variables.
func (d *draft) promptySample(n *node) {
	if n == nil {
		return
	}
	if !n.table {
		d.note(n, "sample is not carried: it is in another file")
		return
	}
	for _, m := range n.members {
		v := d.variable(d.varName(m.key))
		if v.at == nil {
			v.at = m
		}
		v.example = m.take()
		if v.kind == "" {
			v.kind = kindOf(v.example)
		}
	}
}

func (d *draft) promptyOutputs(n *node) {
	if len(entries(n)) == 0 {
		return
	}
	d.output = &output{format: "json", schema: d.propertiesSchema(n)}
}

func (d *draft) promptyTool(e entry) {
	kind := e.get("kind", "type").text()
	if kind != "function" {
		d.note(e.node, "the tool %q is not carried: only functions are, this one is of the kind %s", short(e.name), short(kind))
		return
	}
	t := tool{name: e.name, description: e.get("description").text()}
	switch p := e.get("parameters"); {
	case p == nil:
	case p.table && p.has("type") && p.has("properties"):
		t.parameters = p.take()
	default:
		t.parameters = d.propertiesSchema(p)
	}
	if s := e.get("strict"); s != nil && kindOf(s.value) == "boolean" {
		t.strict = s.take()
	}
	d.addTool(e.node, t)
}

// templateKind is the language of the body.
func templateKind(n *node) string {
	if n == nil {
		return "jinja2"
	}
	if !n.table {
		return n.text()
	}
	parser := n.get("parser")
	if parser != nil && parser.table {
		parser = parser.get("kind")
	}
	if s := strings.ToLower(strings.TrimSuffix(parser.plain(), ".chat")); s == "prompty" {
		parser.used = true
	}
	f := n.get("format", "type", "kind")
	if f != nil && f.table {
		f = f.get("kind")
	}
	if s := f.text(); s != "" {
		return s
	}
	return "jinja2"
}
