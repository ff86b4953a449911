package importer

import (
	"path"
	"slices"
	"strings"
)

// promptfoo reads a configuration: its prompts times its first provider, and
// its tests as the suite of each.
func (r *run) promptfoo() error {
	text := r.text
	if strings.HasSuffix(strings.ToLower(r.file), ".json") {
		text = plainJSON(text)
	}
	root, err := r.parseYAML(text, 0)
	if err != nil {
		return err
	}
	if r.root = root; !root.table {
		return r.fail(root.line, root.col, "", "not a table of keys")
	}
	f := &foo{run: r, description: root.get("description").text()}
	if err := f.prompts(root.get("prompts")); err != nil {
		return err
	}
	if len(f.found) == 0 {
		line, col := root.line, root.col
		if p := root.get("prompts"); p != nil {
			line, col = p.keyLine, p.keyCol
		}
		return r.fail(line, col, "prompts are texts, chats, or file:// of .txt, .md, .j2, .json and .yaml", "no prompt can be imported")
	}
	if n := len(f.found); n > maxPrompts {
		f.noteAt(0, 0, "%d prompts are not carried: at most %d at a time", n-maxPrompts, maxPrompts)
		f.found = f.found[:maxPrompts]
	}
	provider := f.provider(root.get("providers", "targets"))
	f.tests(root)
	for i, p := range f.found {
		f.write(p, provider, i)
	}
	return nil
}

// maxPrompts is how many prompts one configuration may have.
const maxPrompts = 50

// foo is one import of a promptfoo configuration.
type foo struct {
	*run
	description string
	found       []source
	suite       suite
}

// source is a prompt of the configuration.
type source struct {
	name     string // "" when nothing names it
	messages []said
	text     bool // one text, not a chat
}

type said struct {
	role    string
	content any // string or []any of parts
	at      *node
	tell    func(text string) *template
}

func (f *foo) prompts(n *node) error {
	switch {
	case n == nil:
	case n.list:
		for _, e := range n.items {
			f.prompt(e)
		}
	case n.table:
		for _, m := range n.members { // file: label
			f.named(m, m.key, m.text())
		}
	default:
		f.prompt(n)
	}
	return nil
}

func (f *foo) prompt(n *node) {
	label := ""
	at := n
	if n.table {
		label = n.get("label").text()
		at = n.get("raw", "id", "file", "path")
		if at != nil && at.key == "id" && n.has("label") {
			at.text()
		}
	}
	text, ok := at.str()
	if !ok {
		f.note(n, "the prompt is not carried: it is neither a text nor a file")
		return
	}
	f.named(at, text, label)
}

// named is a prompt as the configuration names it: mostly a file, or the text.
func (f *foo) named(at *node, text, label string) {
	name, isFile := strings.CutPrefix(text, "file://")
	ext := strings.ToLower(path.Ext(name))
	scheme, _, hasScheme := strings.Cut(text, "://")
	switch {
	case strings.HasPrefix(text, "exec:"), strings.HasPrefix(text, "python:"), hasScheme && !isFile && !strings.ContainsAny(scheme, " \n{"):
		f.note(at, "the prompt %q is not carried: it is made by a program or another service", short(text))
	case !isFile && (strings.ContainsAny(text, " \n{") || !slices.Contains([]string{".txt", ".md", ".j2", ".json", ".yaml", ".yml", ".js", ".py", ".csv"}, ext)):
		f.inline(at, text, label)
	case strings.ContainsAny(name, "*?["):
		f.note(at, "the prompts %q are not carried: name the files one by one", short(text))
	case slices.Contains([]string{".js", ".cjs", ".mjs", ".ts", ".py", ".csv"}, path.Ext(strings.SplitN(name, ":", 2)[0])):
		f.note(at, "the prompt %q is not carried: it is a program or a table", short(text))
	default:
		content, err := f.read(name)
		if err != nil {
			f.note(at, "the prompt is not carried: %s", err)
			return
		}
		sub := &run{file: path.Join(path.Dir(f.file), name), fsys: f.fsys, text: content, lines: strings.Split(content, "\n"), result: f.result, names: f.names}
		f.contents(sub, at, content, label, slug(stem(name)), ext)
	}
}

// inline is a prompt in the configuration itself.
func (f *foo) inline(at *node, text, label string) {
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "[") && strings.Contains(trimmed, `"role"`) {
		if n, err := f.parseYAML(plainJSON(text), at.line-1); err == nil && f.chat(f.run, n, label) {
			return
		}
		f.noteAt(at.line, at.col, "the chat is built by a template and is no JSON before it is rendered: it is written as one user message; write [[messages]]")
	}
	tell := func(s string) *template { return f.templateAt(at, s) }
	f.found = append(f.found, source{slug(label), []said{{"user", text, at, tell}}, true})
}

// contents is a prompt in a file of its own.
func (f *foo) contents(sub *run, at *node, text, label, name, ext string) {
	if ext == ".json" || ext == ".yaml" || ext == ".yml" {
		if ext == ".json" {
			text = plainJSON(text)
		}
		n, err := sub.parseYAML(text, 0)
		if err != nil || !f.chat(sub, n, label+name) {
			f.note(at, "the prompt in %s is not carried: it is not a list of messages", sub.file)
			return
		}
		sub.leftovers(n)
		f.found[len(f.found)-1].name = first(slug(label), name)
		return
	}
	parts := []string{text}
	if ext == ".txt" {
		parts = strings.Split(text, "\n---\n")
	}
	offset := 0
	for _, p := range parts {
		lead := len(p) - len(strings.TrimLeft(p, " \t\n"))
		from := offset + lead
		offset += len(p) + len("\n---\n")
		if p = strings.TrimSpace(p); p != "" {
			tell := func(string) *template { return sub.bodyTemplate(from) }
			f.found = append(f.found, source{first(slug(label), name), []said{{"user", p, nil, tell}}, true})
		}
	}
}

func first(s ...string) string {
	for _, e := range s {
		if e != "" {
			return e
		}
	}
	return ""
}

// chat reads a list of messages.
func (f *foo) chat(r *run, n *node, label string) bool {
	if n == nil || !n.list || len(n.items) == 0 {
		return false
	}
	s := source{name: slug(label)}
	for _, m := range n.items {
		role, ok := m.get("role").str()
		content := m.get("content")
		if !ok || content == nil {
			return false
		}
		at := content
		tell := func(text string) *template { return r.templateAt(at, text) }
		s.messages = append(s.messages, said{role, content.take(), content, tell})
	}
	f.found = append(f.found, s)
	return true
}

// provider takes the first one; the others are noted.
func (f *foo) provider(n *node) *node {
	list := []*node{n}
	switch {
	case n == nil:
		return nil
	case n.list:
		list = n.items
	}
	for _, p := range list[min(1, len(list)):] {
		id := p.get("id").text()
		if id == "" {
			id = p.plain()
		}
		f.note(p, "the provider %q is not carried: a prompt has one model, that of the first provider", short(id))
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// write makes one prompt.
func (f *foo) write(p source, provider *node, index int) {
	name := p.name
	if name == "" && len(f.description) <= 40 {
		name = slug(f.description)
	}
	if s := slug(stem(f.file)); name == "" && s != "promptfooconfig" {
		name = s
	}
	d := f.draft(name)
	d.description = f.description
	d.fooProvider(provider, index)
	for _, m := range p.messages {
		d.fooMessage(m)
	}
	d.suite = f.suite
	d.suite.cases = slices.Clone(f.suite.cases)
	d.guess()
	d.finish()
}

func (d *draft) fooMessage(m said) {
	if text, ok := m.content.(string); ok {
		t := m.tell(text)
		d.say(m.at, m.role, t, parseJinja(text, d.varName))
		return
	}
	d.say(m.at, m.role, m.tell(""), nil)
	last := d.messages[len(d.messages)-1]
	last.parts = nil
	list, _ := m.content.([]any)
	for _, e := range list {
		o, _ := e.(object)
		image, _ := o.get("image_url").(object)
		switch url, text := image.get("url"), o.get("text"); {
		case kindOf(text) == "string":
			last.parts = append(last.parts, part{pieces: parseJinja(text.(string), d.varName)})
		case kindOf(url) == "string":
			detail, _ := image.get("detail").(string)
			last.parts = append(last.parts, part{pieces: parseJinja(url.(string), d.varName), image: true, detail: detail})
		default:
			d.note(m.at, "a part of the message is not carried: parts are texts and images")
		}
	}
}

// fooProvider reads the model and its parameters.
func (d *draft) fooProvider(n *node, index int) {
	if n == nil {
		return
	}
	id, config := n.plain(), (*node)(nil)
	n.used = n.used || !n.table
	if n.table {
		id, config = n.get("id").text(), n.get("config")
		if id == "" && len(n.members) == 1 { // openai:gpt-4o: {config}
			id, config = n.members[0].key, n.members[0].get("config")
			n.members[0].used = true
		}
	}
	vendor, rest, ok := strings.Cut(id, ":")
	if !ok || vendor == "file" || vendor == "exec" || vendor == "python" || strings.HasPrefix(id, "http") {
		d.modelWhy = ", its provider is " + short(id)
		if index == 0 {
			d.noteAt(n.keyLine, n.keyCol, "the provider %q is not carried: it names no model", short(id))
		}
	} else {
		for _, api := range []string{"chat:", "completion:", "responses:", "messages:", "deployment:"} {
			rest = strings.TrimPrefix(rest, api)
		}
		d.model = rest
		if index == 0 {
			d.noteAt(n.keyLine, n.keyCol, "the model of %s is written as %s: the service knows the vendor", short(id), short(rest))
		}
	}
	if config == nil || !config.table {
		return
	}
	config.used = true
	for _, c := range config.members {
		switch c.key {
		case "response_format":
			d.responseFormat(c)
		case "tools":
			d.openAITools(c)
		default:
			d.parameter(c, false)
		}
	}
}

// guess gives variables the type of their values in the tests.
func (d *draft) guess() {
	kinds := map[string]string{}
	for _, c := range append([]testCase{d.suite.defaults}, d.suite.cases...) {
		for _, f := range c.vars {
			name, kind := d.renamed[f.key], kindOf(f.value)
			switch before, seen := kinds[name]; {
			case name == "" || f.value == nil:
			case !seen:
				kinds[name] = kind
			case before != kind:
				kinds[name] = "string"
			}
		}
	}
	var u uses
	for _, m := range d.messages {
		for _, p := range m.parts {
			u.collect(p.pieces, false)
		}
	}
	for _, x := range u.order {
		if kind := kinds[x.name]; kind != "" && (kind != "string" || x.kindOf() == "boolean") {
			d.variable(x.name).kind = kind
		}
	}
}
