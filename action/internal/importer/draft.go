package importer

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// draft is a prompt on its way to TOML.
type draft struct {
	*run
	name, description, model string
	modelWhy                 string // why there is none
	tags                     []any
	parameters, extra        object
	variables                []*variable
	messages                 []*message
	partials                 []*partial
	tools                    []tool
	output                   *output
	suite                    suite
	renamed                  map[string]string // our names of variables by those of the source
	taken                    map[string]bool   // our names
	byName                   map[string]*variable
}

type variable struct {
	name, kind           string
	optional             bool // required = false
	preset               any  // default; nil for none
	enum                 []any
	schema               any
	description, example any
	declared             bool // by the source
	at                   *node
}

// message is a role with a text or parts, or a placeholder.
type message struct {
	role, placeholder string
	template          *template
	parts             []part // nil when it is a text
}

// part is a piece of the content: a text or an image.
type part struct {
	pieces []piece
	image  bool
	detail string
	text   string
}

type tool struct {
	name, description string
	parameters        any
	strict            any
}

type output struct {
	format string
	schema any
	strict any
}

func (r *run) draft(name string) *draft {
	return &draft{run: r, name: r.unique(name), renamed: map[string]string{}, taken: map[string]bool{}, byName: map[string]*variable{}}
}

// variable finds or makes a variable.
func (d *draft) variable(name string) *variable {
	if v := d.byName[name]; v != nil {
		return v
	}
	v := &variable{name: name}
	d.byName[name] = v
	d.variables = append(d.variables, v)
	return v
}

// varName makes a name valid; the first time it changes one, it says so.
func (d *draft) varName(name string) string {
	if to, ok := d.renamed[name]; ok {
		return to
	}
	var b strings.Builder
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= '0' && c <= '9' && i > 0:
			b.WriteRune(c)
		case c >= '0' && c <= '9':
			b.WriteString("_" + string(c))
		default:
			b.WriteByte('_')
		}
	}
	to := b.String()
	if to == "" {
		to = "_"
	}
	for d.taken[to] {
		to += "_"
	}
	d.taken[to] = true
	d.renamed[name] = to
	if to != name {
		d.noteAt(0, 0, "variable %q is called %s: letters, digits and _ only", short(name), to)
	}
	return to
}

// settle declares what templates use, decides types, and writes the texts.
func (d *draft) settle() {
	var u uses
	for _, m := range d.messages {
		for _, p := range m.parts {
			u.collect(p.pieces, false)
		}
	}
	for _, p := range d.partials {
		u.collect(p.pieces, true)
	}
	types, defaults := map[string]string{}, map[string]bool{}
	for _, x := range u.order {
		v := d.variable(x.name)
		if v.kind == "" {
			v.kind = x.kindOf()
			if !v.declared && x.test && !x.always {
				v.optional = true
			}
		}
		if x.fallback != nil && x.fallbacks == x.values && (v.preset == nil || v.preset == x.fallback) && kindOf(x.fallback) == v.kind {
			v.preset, defaults[x.name] = x.fallback, true
		}
	}
	for _, v := range d.variables {
		types[v.name] = v.kind
	}
	used := map[string]bool{}
	for _, p := range d.partials {
		text := p.template.mustache(p.pieces, types, defaults, used)
		d.addFile(path.Join(path.Dir(d.base()), p.file), []byte(text+"\n"))
	}
	for _, m := range d.messages {
		for i := range m.parts {
			p := &m.parts[i]
			p.text = m.template.mustache(p.pieces, types, defaults, used)
		}
	}
	d.variables = slices.DeleteFunc(d.variables, func(v *variable) bool {
		if !used[v.name] && !d.hasPlaceholder(v.name) {
			line, col := 0, 0
			if v.at != nil {
				line, col = v.at.keyLine, v.at.keyCol
			}
			d.noteAt(line, col, "variable %q is not carried: no message uses it", v.name)
		}
		return !used[v.name]
	})
}

// base is the file of the prompt, folder the one it is in, without extension.
func (d *draft) base() string { return strings.ReplaceAll(d.name, ".", "/") }

// schema writes key = {…}, or key_file when it is large or has nulls.
func (d *draft) schema(w *writer, key, what string, v any) {
	if line := tomlValue(v); !hasNull(v) && len(key)+len(line) <= lineWidth {
		w.line("%s = %s", key, line)
		return
	}
	file := fmt.Sprintf("schemas/%s.%s.json", path.Base(d.base()), what)
	d.addFile(path.Join(path.Dir(d.base()), file), jsonFile(v))
	w.line("%s_file = %s", key, tomlString(file))
}

// finish writes the prompt, its suite and its files.
func (d *draft) finish() {
	d.settle()
	d.suite.rename(d.renamed)
	var w writer
	w.comment("Imported from " + path.Base(d.file) + ".")
	if d.description != "" {
		w.pair("description", d.description)
	}
	if len(d.owners) > 0 {
		owners := make([]any, len(d.owners))
		for i, o := range d.owners {
			owners[i] = o
		}
		w.pair("owners", owners)
	}
	if len(d.tags) > 0 {
		w.pair("tags", d.tags)
	}
	w.line("")
	if d.model == "" {
		d.model = "unset"
		d.noteAt(0, 0, "%s: the source names no model%s; write one in place of \"unset\"", d.base()+".toml", d.modelWhy)
		w.comment("the source names no model: write one")
	}
	w.pair("model", d.model)
	if len(d.parameters)+len(d.extra) > 0 {
		if len(d.parameters) > 0 {
			w.head("[parameters]")
		}
		for _, p := range d.parameters {
			w.pair(p.key, p.value)
		}
		if len(d.extra) > 0 {
			w.head("[parameters.extra]")
		}
		for _, p := range d.extra {
			w.pair(p.key, p.value)
		}
	}
	for _, v := range d.variables {
		d.writeVariable(&w, v)
	}
	for _, m := range d.messages {
		writeMessage(&w, m)
	}
	for _, t := range d.tools {
		w.head("[[tools]]")
		w.pair("name", t.name)
		if t.description != "" {
			w.pair("description", t.description)
		}
		if t.parameters != nil {
			d.schema(&w, "parameters", t.name, t.parameters)
		}
		if t.strict != nil {
			w.pair("strict", t.strict)
		}
	}
	if d.output != nil {
		w.head("[output]")
		w.pair("format", d.output.format)
		if d.output.schema != nil {
			d.schema(&w, "schema", "output", d.output.schema)
		}
		if d.output.strict != nil {
			w.pair("strict", d.output.strict)
		}
	}
	d.result.Prompts = append(d.result.Prompts, Prompt{d.name, d.base() + ".toml", []byte(w.String())})
	d.suite.write(d)
}

// guard keeps texts out that are secrets, or come from somewhere else.
func (d *draft) guard(v *variable, what string, value *any) {
	s, ok := (*value).(string)
	line, col := 0, 0
	if v.at != nil {
		line, col = v.at.keyLine, v.at.keyCol
	}
	switch {
	case !ok || s == "":
		return
	case secretKey.MatchString(v.name):
		d.noteAt(line, col, "the %s of %q is not carried: keys and secrets are never imported", what, v.name)
	case strings.HasPrefix(s, "${env:"), strings.HasPrefix(s, "${file:"):
		d.noteAt(line, col, "the %s of %q is not carried: it comes from the environment or a file", what, v.name)
	default:
		return
	}
	*value = nil
}

func (d *draft) writeVariable(w *writer, v *variable) {
	d.guard(v, "default", &v.preset)
	d.guard(v, "example", &v.example)
	w.head("[variables.%s]", v.name)
	w.pair("type", v.kind)
	if v.description != nil && v.description != "" {
		w.pair("description", v.description)
	}
	switch {
	case v.preset != nil && kindOf(v.preset) == v.kind || v.kind == "number" && kindOf(v.preset) == "integer":
		if hasNull(v.preset) {
			d.note(v.at, "the default of %q is not carried: TOML has no null", v.name)
			w.line("required = false")
			break
		}
		w.pair("default", v.preset)
	case v.preset != nil:
		d.note(v.at, "the default of %q is not carried: it is of type %s, not %s", v.name, kindOf(v.preset), v.kind)
		w.line("required = false")
	case v.optional:
		w.line("required = false")
	}
	if len(v.enum) > 0 {
		w.pair("enum", v.enum)
	}
	if v.schema != nil && (v.kind == "array" || v.kind == "object") {
		d.schema(w, "schema", v.name, v.schema)
	}
	if v.example != nil {
		if kind := kindOf(v.example); (kind == v.kind || v.kind == "number" && kind == "integer") && !hasNull(v.example) {
			w.pair("example", v.example)
		} else {
			d.note(v.at, "the example of %q is not carried: it is not of type %s", v.name, v.kind)
		}
	}
}

func writeMessage(w *writer, m *message) {
	w.head("[[messages]]")
	if m.placeholder != "" {
		w.pair("placeholder", m.placeholder)
		return
	}
	w.pair("role", m.role)
	if len(m.parts) == 0 {
		w.pair("content", "")
		return
	}
	if len(m.parts) == 1 && !m.parts[0].image {
		w.pair("content", m.parts[0].text)
		return
	}
	w.line("content = [")
	for _, p := range m.parts {
		v := object{{"type", "text"}, {"text", p.text}}
		if p.image {
			image := object{{"url", p.text}}
			if p.detail != "" {
				image = append(image, field{"detail", p.detail})
			}
			v = object{{"type", "image_url"}, {"image_url", image}}
		}
		w.line("  %s,", tomlValue(v))
	}
	w.line("]")
}

// kindOf is our name for the type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case int64:
		return "integer"
	case float64:
		return "number"
	case []any:
		return "array"
	case object:
		return "object"
	}
	return ""
}
