package importer

import (
	"path"
	"slices"
	"strings"
)

// matter is a file with YAML at its top.
type matter struct {
	root *node
	body string
	from int // offset of the body in the file
}

// frontMatter splits a file at its marks, any of --- and +++. The body is
// trimmed. A file without them is all body.
func (r *run) frontMatter(text string, marks ...string) (matter, error) {
	offset, mark, line := 0, "", 0
	for offset < len(text) {
		s, _, _ := strings.Cut(text[offset:], "\n")
		trimmed := strings.TrimSpace(s)
		for _, m := range marks {
			if trimmed == m {
				mark = m
			}
		}
		if mark != "" || trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			break
		}
		offset += len(s) + 1
		line++
	}
	if mark == "" {
		return r.trimmed(&node{table: true, line: 1, col: 1}, text, 0), nil
	}
	start := offset + strings.IndexByte(text[offset:]+"\n", '\n') + 1
	for end := start; end < len(text); {
		s, _, _ := strings.Cut(text[end:], "\n")
		if strings.TrimRight(s, " \t") == mark {
			root, err := r.parseYAML(text[start:end], line+1)
			if err != nil {
				return matter{}, err
			}
			if !root.table {
				return matter{}, r.fail(root.line, root.col, "", "the part between the marks is not a table of keys")
			}
			return r.trimmed(root, text, min(end+len(s)+1, len(text))), nil
		}
		end += len(s) + 1
	}
	return matter{}, r.fail(line+1, 1, "", "%s is not closed by a second one", mark)
}

func (r *run) trimmed(root *node, text string, from int) matter {
	body := text[from:]
	lead := len(body) - len(strings.TrimLeft(body, " \t\n"))
	return matter{root, strings.TrimSpace(body), from + lead}
}

// bodyTemplate is a template at an offset of the file.
func (r *run) bodyTemplate(from int) *template {
	return &template{run: r, at: func(pos int) (int, int) { return position(r.text, min(from+pos, len(r.text))) }}
}

// partial is a text that the prompt includes.
type partial struct {
	template *template
	pieces   []piece
	file     string
}

// dotprompt reads a .prompt.
func (r *run) dotprompt() error {
	m, err := r.frontMatter(r.text, "---")
	if err != nil {
		return err
	}
	r.root = m.root
	root := m.root
	if m.body == "" {
		return r.fail(0, 0, "", "there is no text after the front matter")
	}
	if base := path.Base(r.file); strings.HasPrefix(base, "_") {
		d := r.draft(slug(stem(r.file)))
		p := d.partialOf(r, m, "_"+slug(stem(r.file))+".md")
		types := map[string]string{}
		var u uses
		u.collect(p.pieces, false)
		for _, x := range u.order {
			types[x.name] = x.kindOf()
		}
		r.addFile(p.file, []byte(p.template.mustache(p.pieces, types, nil, map[string]bool{})+"\n"))
		return nil
	}
	d := r.draft(r.nameOf(root.get("name")))
	d.describe(root.get("name"), root.get("description"))
	d.setModel(root.get("model"))
	if v := root.get("variant"); v != nil && strings.HasSuffix(stem(r.file), "."+v.plain()) {
		v.used = true
	}
	if v := root.get("version"); v != nil {
		r.note(v, "version is not carried: a version is the hash of its content")
	}
	if config := root.get("config"); config != nil && config.table {
		config.used = true
		for _, c := range config.members {
			d.parameter(c, true)
		}
	}
	d.dotpromptInput(root.get("input"))
	d.dotpromptTools(root)
	d.dotpromptOutput(root.get("output"))
	t := r.bodyTemplate(m.from)
	pieces := d.includes(parseHandlebars(m.body, d.varName), t)
	d.split(pieces, t, "user")
	d.finish()
	return nil
}

func (d *draft) dotpromptInput(n *node) {
	schema, preset := n.get("schema"), n.get("default")
	if schema != nil && !schema.table {
		d.note(schema, "the input's schema is not carried: it is defined in the program")
	} else if schema != nil {
		d.inputs(d.picoschema(schema), schema)
	}
	if preset == nil || !preset.table {
		return
	}
	preset.used = true
	for _, p := range preset.members {
		v := d.variable(d.varName(p.key))
		v.preset, v.at = p.take(), p
		if v.kind == "" {
			v.kind = kindOf(v.preset)
		}
	}
}

func (d *draft) dotpromptTools(root *node) {
	if list := root.get("tools"); list != nil {
		for _, e := range list.items {
			d.note(e, "the tool %q is not carried: the file names it and the program defines it; write [[tools]]", short(e.plain()))
		}
	}
	defs := root.get("toolDefs")
	if defs == nil {
		return
	}
	for _, e := range defs.items {
		name := e.get("name").text()
		t := tool{name: name, description: e.get("description").text()}
		if s := e.get("inputSchema"); s != nil {
			t.parameters = d.picoschema(s)
		}
		if s := e.get("outputSchema"); s != nil {
			d.note(s, "the output schema of the tool %q is not carried: model APIs take none", short(name))
		}
		d.addTool(e, t)
	}
}

// addTool adds a tool with a name that model APIs take.
func (d *draft) addTool(at *node, t tool) {
	ok := t.name != "" && len(t.name) <= 64 && strings.Trim(t.name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
	for _, other := range d.tools {
		ok = ok && other.name != t.name
	}
	if !ok {
		d.note(at, "the tool %q is not carried: a name is 1 to 64 letters, digits, _ and -, once", short(t.name))
		return
	}
	d.tools = append(d.tools, t)
}

func (d *draft) dotpromptOutput(n *node) {
	if n == nil {
		return
	}
	switch format := n.get("format"); format.text() {
	case "":
	case "json", "text":
		d.output = &output{format: format.text()}
	default:
		d.note(format, "the format %q is not carried: outputs are json or text", short(format.plain()))
	}
	schema := n.get("schema")
	switch {
	case schema == nil:
	case !schema.table:
		d.note(schema, "the output's schema is not carried: it is defined in the program")
	case d.output != nil && d.output.format == "text":
		d.note(schema, "the output's schema is not carried: it has no meaning for text")
	default:
		d.output = &output{format: "json", schema: d.picoschema(schema)}
	}
}

// includes reads the partials that pieces name, and those that they name.
func (d *draft) includes(pieces []piece, t *template) []piece {
	out := make([]piece, len(pieces))
	for i, p := range pieces {
		p.body = d.includes(p.body, t)
		if p.kind == isPartial {
			if why := d.include(p.text); why != "" {
				p = markf(p.pos, "> "+p.text, "the partial %s", why)
			}
		}
		out[i] = p
	}
	return out
}

func (d *draft) include(name string) (why string) {
	file := "_" + name + ".md"
	for _, p := range d.partials {
		if p.file == file {
			return ""
		}
	}
	source := path.Join(path.Dir(d.file), "_"+name+".prompt")
	text, err := d.read("_" + name + ".prompt")
	if err != nil {
		return err.Error()
	}
	sub := &run{file: source, fsys: d.fsys, text: text, lines: strings.Split(text, "\n"), result: d.result, names: d.names}
	m, err := sub.frontMatter(text, "---")
	if err != nil {
		return "is not a template: " + err.Error()
	}
	p := d.partialOf(sub, m, file)
	d.partials = append(d.partials, p)
	sub.leftovers(m.root)
	p.pieces = d.includes(p.pieces, p.template)
	return ""
}

// partialOf parses a partial; its file is beside the prompt.
func (d *draft) partialOf(r *run, m matter, file string) *partial {
	return &partial{template: r.bodyTemplate(m.from), pieces: parseHandlebars(m.body, d.varName), file: file}
}

// split makes messages of the pieces between roles, and parts of those between
// media.
func (d *draft) split(pieces []piece, t *template, role string) {
	var now []piece
	flush := func() {
		if !blank(now) {
			d.say(nil, role, t, nil)
			d.messages[len(d.messages)-1].parts = d.partsOf(now, t)
		}
		now = nil
	}
	for _, p := range pieces {
		switch p.kind {
		case isRole:
			flush()
			role = p.text
		case isHistory:
			flush()
			if d.hasPlaceholder(p.text) {
				d.say(nil, role, t, []piece{markf(p.pos, p.text, "a placeholder stands once")})
				continue
			}
			d.messages = append(d.messages, &message{placeholder: p.text})
			role = p.role(role)
		default:
			now = append(now, p)
		}
	}
	flush()
}

// role is who speaks after the history.
func (p piece) role(before string) string {
	if p.why != "" {
		return p.why
	}
	return before
}

func (d *draft) hasPlaceholder(name string) bool {
	return slices.ContainsFunc(d.messages, func(m *message) bool { return m.placeholder == name })
}

func blank(pieces []piece) bool {
	for _, p := range pieces {
		if p.kind != isText || strings.TrimSpace(p.text) != "" {
			return false
		}
	}
	return true
}

func (d *draft) partsOf(pieces []piece, t *template) (out []part) {
	var now []piece
	flush := func() {
		if !blank(now) {
			out = append(out, part{pieces: now})
		}
		now = nil
	}
	for _, p := range pieces {
		if p.kind != isMedia {
			now = append(now, p)
			continue
		}
		flush()
		url := piece{kind: isText, text: p.text, pos: p.pos}
		if p.ref.path != "" {
			url = piece{kind: isValue, ref: p.ref, pos: p.pos}
		}
		if p.why != "" {
			t.note(p.pos, "%s is not carried: an image's type is told by its URL", short(p.why))
		}
		out = append(out, part{pieces: []piece{url}, image: true})
	}
	flush()
	return out
}
