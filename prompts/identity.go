package prompts

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	fileKeys = []string{
		"description", "owners", "tags", "moved_from", "deprecated", "rollout", "breaking", "check",
		"model", "parameters", "variables", "messages", "examples", "tools", "output",
	}
	fileHints = map[string]string{
		"name":            "a prompt's name is the path of its file",
		"prompt":          "write [[messages]]",
		"system":          "write [[messages]] with role = \"system\"",
		"response_format": "write [output]",
		"schema":          "write it under [output]",
		"temperature":     "write it under [parameters]",
		"max_tokens":      "write it under [parameters]",
	}
	toolKeys   = []string{"name", "description", "parameters", "parameters_file", "strict"}
	outputKeys = []string{"format", "schema", "schema_file", "strict"}

	formats         = []string{"json", "text"}
	toolNamePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// identity reads what makes the artifact, and writes into it what the author
// wrote: no default is added and no zero, false or "" is dropped. What d says
// about variables and files is filled in as well.
func (c *checker) identity(file table, d *Definition, artifact map[string]any) {
	file.known(fileKeys, fileHints)
	if !file.has("model") {
		c.addFile(ruleMissing, `add model = "…" at the top`, "model is missing")
	}
	if model := file.words("model"); model != "" {
		artifact["model"] = model
	}
	if t, ok := file.table("parameters"); ok {
		t.parameters()
		t.suits(file.m["model"])
		artifact["parameters"] = t.m
	}
	v := &inputs{types: map[string]string{}, used: map[string]bool{}}
	if t, ok := file.table("variables"); ok {
		v.table = t
		artifact["variables"] = v.read(c, d)
	}
	m := &messages{checker: c, d: d, inputs: v, placeholders: map[string]bool{}, included: map[*partial]bool{}}
	artifact["messages"] = m.read(file)
	m.unused()
	examples := file.examples()
	if file.has("examples") {
		artifact["examples"] = file.m["examples"]
	}
	m.place(file, examples)
	if tools := file.tables("tools"); file.has("tools") {
		artifact["tools"] = c.tools(tools, d)
	}
	if t, ok := file.table("output"); ok {
		out, schema := t.output(d)
		artifact["output"] = out
		t.agree(examples, schema)
	}
	d.Partials = filesOf(m.partials)
	slices.Sort(d.Files)
	d.Files = slices.Compact(d.Files)
}

func (c *checker) tools(tools []table, d *Definition) []any {
	seen := map[string]bool{}
	out := []any{}
	for _, t := range tools {
		t.known(toolKeys, nil)
		t.required("name", "name = \"search\"")
		name, ok := t.str("name")
		switch {
		case ok && !toolNamePattern.MatchString(name):
			t.add(ruleToolName, t.n.child("name").value(), "1 to 64 letters, digits, _ and -", "%s: %q is not the name of a function", t.name("name"), shorten(name))
		case ok && seen[name]:
			t.add(ruleToolName, t.n.child("name").value(), "", "%s: there is already a tool %q", t.name("name"), name)
		}
		seen[name] = true
		t.str("description")
		t.boolean("strict")
		tool := maps.Clone(t.m)
		if s := t.schemaOf("parameters", "parameters_file", tool, d); s != nil && t.m["strict"] == true {
			s.strict()
		}
		out = append(out, tool)
	}
	return out
}

// output returns what is identity, and the schema when there is a sound one.
func (t table) output(d *Definition) (map[string]any, *schema) {
	t.known(outputKeys, nil)
	t.oneOf("format", formats)
	t.boolean("strict")
	out := maps.Clone(t.m)
	s := t.schemaOf("schema", "schema_file", out, d)
	for _, key := range []string{"schema", "schema_file"} {
		if t.m["format"] == "text" && t.has(key) {
			t.add(ruleContradiction, t.n.child(key).pos(), `write format = "json"`, "%s has no meaning for format \"text\"", t.name(key))
		}
	}
	if s != nil && t.m["strict"] == true {
		s.strict()
	}
	return out, s
}

// examples checks [[examples]].
func (t table) examples() []table {
	examples := t.tables("examples")
	for _, e := range examples {
		e.known([]string{"input", "output"}, nil)
		for _, key := range []string{"input", "output"} {
			e.required(key, key+` = "…"`)
			text, ok := e.str(key)
			if at := strings.Index(text, "{{"); ok && at >= 0 && strings.Contains(text[at:], "}}") {
				n := e.n.child(key)
				e.add(ruleExampleTag, n.value()+offsetIn(e.text[n.start:n.end], at), "write the text itself", "%s contains a tag: examples are not templates", e.name(key))
			}
		}
	}
	return examples
}

// agree compares the outputs of examples with what [output] asks for.
func (t table) agree(examples []table, s *schema) {
	if t.m["format"] != "json" && s == nil {
		return
	}
	for _, e := range examples {
		output, ok := e.m["output"].(string)
		if !ok || e.full() {
			continue
		}
		at := e.n.child("output").value()
		v, err := decodeJSON([]byte(output))
		switch {
		case err != nil:
			e.add(ruleExampleOutput, at, "", "%s is not JSON, which [output] asks for: %s", e.name("output"), err)
		case s != nil:
			s.fits(e, v, at, ruleExampleOutput, e.name("output"), "the output schema")
		}
	}
}

// required reports a key that the table must have.
func (t table) required(key, example string) {
	if !t.has(key) {
		t.add(ruleMissing, t.n.pos(), "add "+example, "%s is missing", t.name(key))
	}
}

// oneOf reports a string that is none of the words.
func (t table) oneOf(key string, words []string) {
	s, ok := t.str(key)
	if !ok || slices.Contains(words, s) {
		return
	}
	near := nearest(s, words)
	hint := didYouMean(near)
	var fix *Fix
	if n := t.n.child(key); near != "" && n != nil && n.end > n.start {
		fix = &Fix{n.start, n.end, strconv.Quote(near)}
	}
	if near == "" {
		hint = "one of " + strings.Join(words, ", ")
	}
	t.addFix(ruleUnknownWord, t.n.child(key).value(), fix, hint, "%s: unknown %s %q", t.name(key), key, shorten(s))
}

// excludes reports key when another key is there too.
func (t table) excludes(key string, others ...string) {
	for _, other := range others {
		if t.has(key) && t.has(other) {
			t.add(ruleContradiction, t.n.child(key).pos(), "remove one of them", "%s and %s exclude each other", t.name(key), other)
		}
	}
}
