package importer

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// github reads a .prompt.yml of GitHub Models.
func (r *run) github() error {
	root, err := r.parseYAML(r.text, 0)
	if err != nil {
		return err
	}
	if r.root = root; !root.table {
		return r.fail(root.line, root.col, "", "not a table of keys")
	}
	messages := root.get("messages")
	if messages == nil || !messages.list || len(messages.items) == 0 {
		return r.fail(root.line, root.col, "", "there are no messages")
	}
	d := r.draft(r.nameOf(root.get("name")))
	d.describe(root.get("name"), root.get("description"))
	d.setModel(root.get("model"))
	if p := root.get("modelParameters"); p != nil && p.table {
		p.used = true
		for _, m := range p.members {
			d.parameter(m, true)
		}
	}
	for _, m := range messages.items {
		d.githubMessage(m)
	}
	d.githubOutput(root)
	d.githubTests(root)
	d.finish()
	return nil
}

// nameOf is the source's own name where it is one already, else the file's.
func (r *run) nameOf(n *node) string {
	if n != nil {
		if s, ok := n.value.(string); ok && slug(s) == s && s != "" {
			n.used = true
			return s
		}
	}
	return slug(stem(r.file))
}

// describe keeps a title: as the description, or as a note.
func (d *draft) describe(title, description *node) {
	d.description = strings.TrimSpace(description.text())
	switch {
	case title == nil || title.used:
	case d.description == "":
		d.description = strings.TrimSpace(title.text())
	case slug(title.plain()) == d.name:
		title.used = true
	default:
		d.note(title, "%s is not carried: a prompt's name is the path of its file, here %s", title.key, d.base()+".toml")
	}
}

// setModel keeps the model as it is written.
func (d *draft) setModel(n *node) {
	s, ok := n.str()
	switch {
	case !ok || s == "":
	case strings.HasPrefix(s, "${"):
		d.fromEnvironment(n, s)
	default:
		d.model = s
		if strings.Contains(s, "/") {
			d.noteAt(n.keyLine, n.keyCol, "the model is kept as it is written, %s: see that the service's model API knows it by that name", short(s))
		}
	}
}

var envRef = regexp.MustCompile(`^\$\{env:([A-Za-z0-9_]+)(?::(.*))?\}$`)

// fromEnvironment is a model that the environment names.
func (d *draft) fromEnvironment(n *node, s string) {
	if m := envRef.FindStringSubmatch(s); m != nil && m[2] != "" {
		d.model = m[2]
		d.note(n, "%s comes from the environment variable %s: its default is written", n.key, m[1])
		return
	}
	d.modelWhy = ", it comes from the environment"
	d.note(n, "%s is not carried: it comes from the environment", n.key)
}

var githubVar = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}`)

// githubPieces knows only {{key}}; all other braces are text.
func (d *draft) githubPieces(text string) (out []piece) {
	done := 0
	for _, m := range githubVar.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > done {
			out = append(out, piece{kind: isText, text: text[done:m[0]], pos: done})
		}
		name := d.varName(text[m[2]:m[3]])
		out = append(out, piece{kind: isValue, ref: ref{name, name}, pos: m[0]})
		done = m[1]
	}
	if done < len(text) {
		out = append(out, piece{kind: isText, text: text[done:], pos: done})
	}
	return out
}

func (d *draft) githubMessage(m *node) {
	role, _ := m.get("role").str()
	content, ok := m.get("content").str()
	if !ok || role == "" {
		d.note(m, "the message is not carried: it has no role, or a content that is not a text")
		return
	}
	t := d.templateAt(m.get("content"), content)
	t.pieces = d.githubPieces(content)
	d.say(m.get("role"), role, t, t.pieces)
}

// templateAt is a template that is a value of the source.
func (r *run) templateAt(n *node, text string) *template {
	return &template{run: r, at: func(pos int) (int, int) { return r.at(n, text, pos) }}
}

var ourRoles = []string{"system", "developer", "user", "assistant"}

// say adds a message; a role that we do not have becomes user, with a note.
func (d *draft) say(at *node, role string, t *template, pieces []piece) {
	role = strings.ToLower(role)
	if role == "model" {
		role = "assistant"
	}
	if !slices.Contains(ourRoles, role) {
		line, col := 0, 0
		if at != nil {
			line, col = at.keyLine, at.keyCol
		} else if len(pieces) > 0 {
			line, col = t.at(pieces[0].pos)
		}
		d.noteAt(line, col, "the role %q is not carried: roles are %s; the message is written as user", short(role), strings.Join(ourRoles, ", "))
		role = "user"
	}
	d.messages = append(d.messages, &message{role: role, template: t, parts: []part{{pieces: pieces}}})
}

// githubOutput reads responseFormat and jsonSchema, which is JSON in a text.
func (d *draft) githubOutput(root *node) {
	format, _ := root.get("responseFormat").str()
	schema := root.get("jsonSchema")
	switch format {
	case "":
	case "text":
		d.output = &output{format: "text"}
	case "json_object", "json_schema":
		d.output = &output{format: "json"}
	default:
		d.note(root.get("responseFormat"), "the format %q is not carried: text, json_object or json_schema", short(format))
	}
	if schema == nil {
		return
	}
	v := schema.take()
	if s, ok := v.(string); ok {
		n, err := d.parseYAML(plainJSON(s), schema.line)
		if !json.Valid([]byte(s)) || err != nil {
			d.note(schema, "jsonSchema is not carried: it is not JSON")
			return
		}
		v = n.take()
	}
	d.jsonSchema(schema, v)
}

// jsonSchema takes {name, strict, schema} in OpenAI's shape, or a bare schema.
func (d *draft) jsonSchema(at *node, v any) {
	o, ok := v.(object)
	if !ok {
		d.note(at, "%s is not carried: it is not a table", at.key)
		return
	}
	if d.output == nil || d.output.format != "json" {
		d.output = &output{format: "json"}
	}
	inner, wrapped := o.get("schema").(object)
	if !wrapped {
		d.output.schema = o
		return
	}
	d.output.schema = inner
	if strict, ok := o.get("strict").(bool); ok {
		d.output.strict = strict
	}
	for _, f := range o {
		if !slices.Contains([]string{"schema", "strict", "type"}, f.key) {
			d.noteAt(at.keyLine, at.keyCol, "%s of the output's schema is not carried: the schema has no name of its own", f.key)
		}
	}
}

// githubTests makes cases of testData, and assertions for all of evaluators.
func (d *draft) githubTests(root *node) {
	if data := root.get("testData"); data != nil && data.list {
		for _, e := range data.items {
			if vars, ok := e.take().(object); ok {
				d.suite.cases = append(d.suite.cases, testCase{vars: vars})
			}
		}
	}
	list := root.get("evaluators")
	if list == nil || !list.list {
		return
	}
	for _, e := range list.items {
		name := e.get("name").text()
		before := len(d.suite.defaults.asserts)
		switch {
		case e.get("string") != nil:
			d.githubString(e.get("string"))
		case e.get("llm") != nil:
			d.githubJudge(e.get("llm"))
		case e.get("uses") != nil:
			d.githubUses(e, e.get("uses"))
		default:
			d.note(e, "the evaluator is not carried: it says neither string, llm nor uses")
		}
		for i := before; i < len(d.suite.defaults.asserts); i++ {
			if name != "" {
				a := &d.suite.defaults.asserts[i]
				*a = append(*a, field{"metric", name})
			}
		}
	}
}

func (d *draft) assert(kind string, value any, more ...field) {
	a := object{{"type", kind}}
	if value != nil {
		a = append(a, field{"value", value})
	}
	d.suite.defaults.asserts = append(d.suite.defaults.asserts, append(a, more...))
}

// githubString compares without regard to case, but for equals.
func (d *draft) githubString(n *node) {
	for _, m := range n.members {
		value, ok := m.str()
		tagged := strings.Contains(value, "{{")
		switch {
		case !ok || value == "":
		case m.key == "equals":
			d.assert("equals", value)
		case m.key == "contains":
			d.assert("icontains", value)
		case m.key == "endsWith" && !tagged:
			d.assert("regex", `(?is)`+regexp.QuoteMeta(value)+`$`)
		case m.key == "startsWith":
			d.noteAt(m.keyLine, m.keyCol, "startsWith becomes starts-with, which minds upper and lower case; GitHub Models does not")
			d.assert("starts-with", value)
		case m.key == "endsWith":
			d.note(m, "endsWith is not carried: a value with variables in it cannot become a regular expression")
		default:
			m.used = false // a leftover
		}
	}
}

// githubJudge keeps prompt and choices as the rubric.
func (d *draft) githubJudge(n *node) {
	var b strings.Builder
	if s := n.get("systemPrompt").text(); s != "" {
		b.WriteString(strings.TrimSpace(s) + "\n\n")
	}
	b.WriteString(strings.TrimSpace(n.get("prompt").text()))
	if choices := n.get("choices"); choices != nil && choices.list {
		b.WriteString("\n\nScores:")
		for _, c := range choices.items {
			b.WriteString("\n- " + c.get("choice").text() + ": " + c.get("score").text())
		}
	}
	var more []field
	if model := n.get("modelId").text(); model != "" {
		more = append(more, field{"provider", model})
	}
	d.noteAt(n.keyLine, n.keyCol, "the llm evaluator becomes llm-rubric, and passes by its threshold: GitHub Models let every score over 0 pass, so 2 of 5 stars did")
	d.assert("llm-rubric", strings.ReplaceAll(b.String(), "{{completion}}", "{{output}}"), append(more, field{"threshold", 0.5})...)
}

func (d *draft) githubUses(e, n *node) {
	s := n.text()
	kinds := map[string]string{"github/similarity": "similar", "github/relevance": "answer-relevance", "github/groundedness": "context-faithfulness"}
	rubrics := map[string]string{"github/coherence": "The answer is coherent: its parts fit together and follow from each other.", "github/fluency": "The answer is fluent: natural, correct language that is easy to read."}
	switch {
	case s == "github/similarity":
		d.noteAt(n.keyLine, n.keyCol, "%s becomes similar, which measures by embeddings; GitHub Models asked a model for 1 to 5", s)
		d.assert(kinds[s], "{{expected}}", field{"threshold", 0.8})
	case kinds[s] != "":
		d.noteAt(n.keyLine, n.keyCol, "%s becomes %s, with its own way to score", s, kinds[s])
		d.assert(kinds[s], nil, field{"threshold", 0.7})
	case rubrics[s] != "":
		d.noteAt(n.keyLine, n.keyCol, "%s becomes llm-rubric with words of our own", s)
		d.assert("llm-rubric", rubrics[s], field{"threshold", 0.5})
	default:
		d.note(e, "%q is not carried: evaluators that are built in are similarity, coherence, fluency, relevance and groundedness", short(s))
	}
}
