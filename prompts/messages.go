package prompts

import (
	"fmt"
	"maps"
	"slices"
)

var (
	messageKeys = []string{"role", "content", "content_file", "examples", "placeholder"}
	roles       = []string{"system", "developer", "user", "assistant"}
	partTypes   = []string{"text", "image_url", "file"}
	details     = []string{"auto", "low", "high"}
)

// messages checks [[messages]] and every template in them.
type messages struct {
	*checker
	d            *Definition
	inputs       *inputs
	unknown      bool // some template could not be read, so nobody can tell what is unused
	placeholders map[string]bool
	partials     []*partial // that the templates include, each once
	included     map[*partial]bool
	size         int     // of the texts so far, in bytes
	examples     []table // messages that say examples = true
}

// read returns the messages as the artifact has them.
func (m *messages) read(file table) []any {
	list := file.tables("messages")
	if array, ok := file.m["messages"].([]any); !file.has("messages") || ok && len(array) == 0 {
		file.addFile(ruleMissing, "add [[messages]] with role and content", "prompt has no messages")
	}
	out := make([]any, len(list))
	for i, t := range list {
		t.known(messageKeys, nil)
		switch {
		case t.has("examples"):
			t.excludes("examples", "role", "content", "content_file", "placeholder")
			if v, ok := t.m["examples"].(bool); ok && !v {
				t.add(ruleUnknownWord, t.n.child("examples").value(), "remove the message", "%s is true or not written", t.name("examples"))
			}
			t.boolean("examples")
			m.examples = append(m.examples, t)
			out[i] = t.m
		case t.has("placeholder"):
			t.excludes("placeholder", "role", "content", "content_file")
			m.placeholder(t)
			out[i] = t.m
		default:
			out[i] = m.message(t)
		}
	}
	return out
}

func (m *messages) placeholder(t table) {
	name, ok := t.str("placeholder")
	if !ok {
		return
	}
	at := t.n.child("placeholder").value()
	_, isVariable := m.inputs.types[name]
	switch {
	case !variablePattern.MatchString(name):
		t.add(rulePlaceholder, at, "letters, digits and _, not starting with a digit", "%q cannot be the name of a placeholder", shorten(name))
	case isVariable:
		t.add(rulePlaceholder, at, "rename one of them", "%q is a variable already", name)
	case m.placeholders[name]:
		t.add(rulePlaceholder, at, "", "there is already a placeholder %q", name)
	}
	m.placeholders[name] = true
}

// message checks a message with a role and a content.
func (m *messages) message(t table) map[string]any {
	t.required("role", "role = \"user\"")
	t.oneOf("role", roles)
	t.excludes("content", "content_file")
	if !t.has("content") && !t.has("content_file") {
		t.required("content", "content = \"…\"")
	}
	out := maps.Clone(t.m)
	delete(out, "content_file")
	switch content := t.m["content"].(type) {
	case string:
		out["content"] = m.template(t.checker, t.inline("content", content))
	case []any:
		out["content"] = m.parts(t)
	default:
		if t.has("content") {
			t.want("content", "a string or an array of parts")
		}
		m.unknown = m.unknown || !t.has("content_file")
	}
	if t.has("content_file") {
		if file, c := t.reference("content_file", m.d); c != nil {
			out["content"] = m.contentFile(c, file)
		} else {
			m.unknown = true
		}
	}
	return out
}

// inline is a string of the table as a template.
func (t table) inline(key, s string) text {
	n := t.n.child(key)
	return text{s, t.file, func(pos int) (line, col int) {
		return t.at(n.value() + offsetIn(t.text[n.start:n.end], pos))
	}}
}

// contentFile is the content of a file of its own.
func (m *messages) contentFile(c *checker, src []byte) string {
	if !c.textFile(src) {
		m.unknown = true
		return ""
	}
	written := c.text
	if n := len(written); n > 0 && written[n-1] == '\n' {
		written = written[:n-1]
	}
	return m.template(c, text{written, c.file, c.at})
}

// template checks one template, and returns it with its partials expanded.
func (m *messages) template(c *checker, t text) string {
	tags, problems := scanTags(t.written)
	if len(tags) == 0 && len(problems) == 0 {
		return m.bounded(t.written)
	}
	if m.size > maxSize && slices.ContainsFunc(tags, func(g tag) bool { return g.kind == '>' }) {
		m.unknown = true
		return ""
	}
	e, includes, ok := c.include(t, true, tags)
	for _, p := range includes {
		if !m.included[p] {
			m.included[p] = true
			m.partials = append(m.partials, p)
		}
	}
	switch {
	case len(problems) > 0: // positions are those of the text as written
		e = expanded{}
	case !ok: // what the text itself uses can be told all the same
		m.unknown, m.broken = true, true
		e = expanded{}
	case len(includes) > 0:
		tags, problems = scanTags(e.text)
	}
	if len(problems) == 0 {
		uses := usesOf(tags, func(v string) string { return m.inputs.types[v] })
		problems = checkUses(uses, m.inputs.types)
		for _, u := range uses {
			m.inputs.used[u.root()] = true
		}
	} else {
		m.unknown = true
	}
	for _, p := range problems[:min(len(problems), maxFindings)] {
		m.report(p, e, t)
	}
	return m.bounded(e.text)
}

// bounded is a text of the artifact, until these are larger together than the
// artifact may be: a short file can name a long one, or a partial, many times.
func (m *messages) bounded(text string) string {
	if m.size > maxSize {
		return ""
	}
	if m.size += len(text); m.size > maxSize {
		m.addFile(ruleTooLarge, "", "prompt is larger than %d bytes", maxSize)
		return ""
	}
	return text
}

// report says where a problem of an expanded template is: at the tag of the
// partial that it is in, or where it is written.
func (m *messages) report(p problem, e expanded, t text) {
	if m.full() {
		return
	}
	src, partial := e.origin(p.pos)
	message := p.message
	if partial != "" {
		message = fmt.Sprintf("%s: %s", partial, message)
	}
	f := Finding{File: t.file, Rule: p.rule, Message: message, Hint: p.hint}
	f.Line, f.Col = t.at(src)
	switch {
	case p.variable == "":
	case t.file == m.file:
		f.Fix = m.inputs.declare(m.checker, p.variable)
	default: // several prompts may have this file
		f.Hint += " to " + m.file
	}
	m.checker.report(f)
}

// parts checks a content that is a list of parts, in the shape that OpenAI's
// chat completions have.
func (m *messages) parts(t table) []any {
	list := t.tables("content")
	if array, _ := t.m["content"].([]any); len(array) == 0 {
		t.add(rulePart, t.n.child("content").value(), "add a part", "%s is empty", t.name("content"))
	}
	out := make([]any, len(list))
	for i, p := range list {
		p.required("type", `type = "text"`)
		p.oneOf("type", partTypes)
		part := maps.Clone(p.m)
		switch kind, _ := p.m["type"].(string); kind {
		case "text":
			p.known([]string{"type", "text"}, nil)
			m.field(p, "text", true, part)
		case "image_url":
			p.known([]string{"type", "image_url"}, nil)
			if image, ok := m.inner(p, "image_url", part); ok {
				image.table.known([]string{"url", "detail"}, nil)
				m.field(image.table, "url", true, image.out)
				image.table.oneOf("detail", details)
			}
		case "file":
			p.known([]string{"type", "file"}, nil)
			if f, ok := m.inner(p, "file", part); ok {
				f.table.known([]string{"file_data", "file_id", "filename"}, nil)
				if f.table.has("file_data") == f.table.has("file_id") {
					f.table.add(rulePart, f.table.n.pos(), "write file_data with filename, or file_id", "%s needs one of file_data and file_id", f.table.path)
				}
				for _, key := range []string{"file_data", "file_id", "filename"} {
					m.field(f.table, key, false, f.out)
				}
			}
		}
		out[i] = part
	}
	return out
}

// member is a table inside of a part, and its copy for the artifact.
type member struct {
	table table
	out   map[string]any
}

func (m *messages) inner(p table, key string, part map[string]any) (member, bool) {
	p.required(key, key+" = { … }")
	t, ok := p.table(key)
	if !ok {
		return member{}, false
	}
	out := maps.Clone(t.m)
	part[key] = out
	return member{t, out}, true
}

// field is a string of a part, which is a template.
func (m *messages) field(t table, key string, required bool, out map[string]any) {
	if required {
		t.required(key, key+` = "…"`)
	}
	if s, ok := t.str(key); ok {
		out[key] = m.template(t.checker, t.inline(key, s))
	}
}

// unused reports variables that no template uses.
func (m *messages) unused() {
	if m.unknown {
		return
	}
	for _, name := range m.inputs.table.keys() {
		if _, declared := m.inputs.types[name]; declared && !m.inputs.used[name] {
			m.add(ruleUnused, m.inputs.table.n.child(name).pos(), "remove it, or use it in a message", "variable %q is declared and nobody uses it", name)
		}
	}
}

// place reports examples without a place, and places without examples.
func (m *messages) place(file table, examples []table) {
	for i, t := range m.examples {
		switch {
		case !file.has("examples"):
			t.add(ruleExamples, t.n.child("examples").pos(), "add [[examples]] with input and output", "there are no examples to put here")
		case i > 0:
			t.add(ruleExamples, t.n.child("examples").pos(), "remove it", "the examples have a place already")
		}
	}
	if len(examples) > 0 && len(m.examples) == 0 && file.has("messages") {
		file.add(ruleExamples, examples[0].n.pos(), "add [[messages]] with examples = true before the last message", "no message says examples = true: the model would never see them")
	}
}
