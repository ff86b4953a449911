package prompts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	fileKeys = []string{
		"description", "owners", "tags", "moved_from", "deprecated", "rollout",
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
	messageKeys = []string{"role", "content", "content_file", "examples", "placeholder"}
	toolKeys    = []string{"name", "description", "parameters", "parameters_file", "strict"}
	outputKeys  = []string{"format", "schema", "schema_file", "strict"}

	roles           = []string{"system", "developer", "user", "assistant"}
	formats         = []string{"json", "text"}
	toolNamePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// identity reads what makes the artifact, and writes into it what the author
// wrote: no default is added and no zero, false or "" is dropped.
func (c *checker) identity(file table, artifact map[string]any) {
	file.known(fileKeys, fileHints)
	file.later("write the pairs as user and assistant messages", "examples")
	if !file.has("model") {
		c.addFile(`add model = "…" at the top`, "model is missing")
	}
	if model := file.text("model"); model != "" {
		artifact["model"] = model
	}
	if t, ok := file.table("parameters"); ok {
		t.parameters()
		artifact["parameters"] = t.m
	}
	types := map[string]string{}
	variables, ok := file.table("variables")
	if ok {
		artifact["variables"] = variables.variables(types)
	}
	messages := file.messages()
	artifact["messages"] = contents(messages)
	c.templates(variables, messages, types)
	if tools := file.tables("tools"); file.has("tools") {
		checkTools(tools)
		artifact["tools"] = file.m["tools"]
	}
	if t, ok := file.table("output"); ok {
		t.output()
		artifact["output"] = t.m
	}
}

func (t table) messages() []table {
	messages := t.tables("messages")
	if array, ok := t.m["messages"].([]any); !t.has("messages") || ok && len(array) == 0 {
		t.addFile("add [[messages]] with role and content", "prompt has no messages")
	}
	for _, m := range messages {
		m.known(messageKeys, nil)
		m.later("write the text as content", "content_file")
		m.later("write the pairs as user and assistant messages", "examples")
		m.later("", "placeholder")
		if m.has("content_file") || m.has("examples") || m.has("placeholder") {
			continue
		}
		m.required("role", "role = \"user\"")
		m.required("content", "content = \"…\"")
		m.oneOf("role", roles)
		m.str("content")
	}
	return messages
}

// contents are the members of messages that are identity: all of them.
func contents(messages []table) []any {
	out := make([]any, len(messages))
	for i, m := range messages {
		out[i] = m.m
	}
	return out
}

// templates compiles every content and compares it with the declared variables.
func (c *checker) templates(variables table, messages []table, types map[string]string) {
	used := map[string]bool{}
	complete := true // every template compiled, so "nobody uses" can be told
	for _, m := range messages {
		content, ok := m.m["content"].(string)
		if !ok {
			complete = false
			continue
		}
		place := func(pos int) int {
			n := m.n.child("content")
			return n.value() + offsetIn(c.text[n.start:n.end], pos)
		}
		t, problems := compile(content)
		if t == nil {
			complete = false
		} else {
			uses := t.uses(func(v string) string { return types[v] })
			problems = checkUses(uses, types)
			for _, u := range uses {
				used[u.root()] = true
			}
		}
		for _, p := range problems[:min(len(problems), maxFindings)] {
			c.add(place(p.pos), p.hint, "%s", p.message)
		}
	}
	for _, name := range variables.keys() {
		if _, declared := types[name]; complete && declared && !used[name] {
			c.add(variables.n.child(name).pos(), "remove it, or use it in a message", "variable %q is declared and nobody uses it", name)
		}
	}
}

func checkTools(tools []table) {
	seen := map[string]bool{}
	for _, t := range tools {
		t.known(toolKeys, nil)
		t.later("write the schema as parameters = { … }", "parameters_file")
		t.required("name", "name = \"search\"")
		name, ok := t.str("name")
		switch {
		case ok && !toolNamePattern.MatchString(name):
			t.add(t.n.child("name").value(), "1 to 64 letters, digits, _ and -", "%s: %q is not the name of a function", t.name("name"), shorten(name))
		case ok && seen[name]:
			t.add(t.n.child("name").value(), "", "%s: there is already a tool %q", t.name("name"), name)
		}
		seen[name] = true
		t.str("description")
		t.boolean("strict")
		t.schema("parameters")
	}
}

func (t table) output() {
	t.known(outputKeys, nil)
	t.later("write the schema as [output.schema]", "schema_file")
	t.oneOf("format", formats)
	t.boolean("strict")
	t.schema("schema")
	if t.m["format"] == "text" && t.has("schema") {
		t.add(t.n.child("schema").pos(), `write format = "json"`, "%s has no meaning for format \"text\"", t.name("schema"))
	}
}

// required reports a key that the table must have.
func (t table) required(key, example string) {
	if !t.has(key) {
		t.add(t.n.pos(), "add "+example, "%s is missing", t.name(key))
	}
}

// oneOf reports a string that is none of the words.
func (t table) oneOf(key string, words []string) {
	s, ok := t.str(key)
	if !ok || slices.Contains(words, s) {
		return
	}
	hint := didYouMean(s, words)
	if hint == "" {
		hint = "one of " + strings.Join(words, ", ")
	}
	t.add(t.n.child(key).value(), hint, "%s: unknown %s %q", t.name(key), key, shorten(s))
}

// schema checks a JSON Schema written as a table.
func (t table) schema(key string) {
	s, ok := t.table(key)
	if !ok {
		return
	}
	for _, fault := range checkSchema(s.m) {
		n := s.n
		for _, step := range fault.path {
			if next := n.step(step); next != nil {
				n = next
			}
		}
		t.add(n.pos(), fault.hint, "%s: %s", t.name(key), fmt.Sprint(fault.message))
	}
}
