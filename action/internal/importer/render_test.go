package importer

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
)

// TestRender compares what an import renders to with what the documentation of
// the source's tool says that it sends.
func TestRender(t *testing.T) {
	people := []any{map[string]any{"name": "Ada", "age": 36, "note": "ill"}, map[string]any{"name": "Bob", "age": 7, "note": ""}}
	for _, test := range []struct {
		file, name string
		values     map[string]any
		want       []string // role: text
	}{
		{"github/summarizer.prompt.yml", "summarizer", map[string]any{"input": "a {{b}}"},
			[]string{"system: Be short.", "user: Summarize: a {{b}}"}},
		{"github/extract.prompt.yml", "extract", map[string]any{"text": "T", "user_language": "de"},
			[]string{"system: Answer with JSON such as {\"name\": \"Ada\"}.\nLeave out what the text does not say.\n", "user: Text: T\nLanguage: de"}},
		{"github/chat.prompt.yml", "chat", map[string]any{"this": "X", "result": "R", "name": "N"},
			[]string{`system: You are "Kim". Paths look like C:\temp and braces like X.`, "assistant: Hello!", "user: R", "user: Raw braces: {{#if}} {N}"}},
		{"dotprompt/extract.prompt", "extract", map[string]any{"text": "Ada, 36"},
			[]string{"system: Extract the data.\n", "user: Ada, 36"}},
		{"dotprompt/plain.prompt", "plain", map[string]any{"name": "Ada"}, []string{"user: Say hello to Ada."}},
		{"dotprompt/vision.prompt", "vision", map[string]any{"photo": "https://x.test/a.png", "kind": "plant"},
			[]string{"user: What is this? (plant)\n<https://x.test/a.png>\nCompare with this:\n<https://example.com/oak.png>\n[not imported: > absent]"}},
		{"dotprompt/items.prompt", "items", map[string]any{"vip": true, "title": "Ms", "items": []any{
			map[string]any{"name": "oak", "price": 2.5, "parts": []any{"leaf", "root"}}, map[string]any{"name": "elm", "price": 1, "parts": []any{}}}},
			[]string{"user: Dear Ms\nLiteral {{braces}} and Ms.\n* oak: 2.5 (vip)\n  <leaf><root>\n* elm: 1 (vip)\n  \nok[not imported: custom x]inside Ms[not imported: end]"}},
		{"prompty/structured.prompty", "structured-output", nil,
			[]string{"system: Extract weather data.", "user: Sunny"}},
		{"prompty/basic.prompty", "basic", map[string]any{"question": "Why?", "photo": "https://x.test/a.png", "history": []prompts.Message{{Role: "user", Content: "hi"}}},
			[]string{"system: You help people. Address them as Jane.", "user: hi", "user: Look at this:<https://x.test/a.png>Why?"}},
		{"prompty/loops.prompty", "loops", map[string]any{"people": people, "name": "Eve", "order": map[string]any{"id": 7}, "formal": true},
			[]string{"system: Dear Eve[not imported: elif order.id]Order 7[not imported: end][not imported: else]Hi[not imported: end],\n",
				"user: People:\n\n* Ada is 36 (ill)\n\n* Bob is 7\n\n[not imported: for k, v in order.items()][not imported: k]=[not imported: v][not imported: end]\n" +
					"{\"id\":7} [not imported: name | upper] text Eve\n\n  indented\n\ndone"}},
		{"prompty/loops.prompty", "loops", map[string]any{"people": []any{}, "name": "Eve", "order": map[string]any{"id": 7}},
			[]string{"system: [not imported: elif order.id]Order 7[not imported: end][not imported: else]Hi[not imported: end],\n\nrelax.\n",
				"user: People:\n\nnobody\n\n[not imported: for k, v in order.items()][not imported: k]=[not imported: v][not imported: end]\n" +
					"{\"id\":7} [not imported: name | upper] text Eve\n\ndone"}},
		{"prompty/mustache.prompty", "mustache", map[string]any{"title": "T", "items": []string{"a", "b"}},
			[]string{"system: Title: T\n\n- a\n- b\n", "user: Go."}},
		{"promptfoo/promptfooconfig.yaml", "chat", map[string]any{"question": "Capital of France?"},
			[]string{"system: You answer in one word.\nBe exact.", "user: Capital of France?"}},
		{"promptfoo/promptfoo-many.yaml", "seeing", map[string]any{"tone": "kind", "text": "T", "photo": "https://x.test/a.png"},
			[]string{"system: Be kind.", "user: T<https://x.test/a.png>"}},
		{"promptfoo/promptfoo-json.json", "promptfoo-json", map[string]any{"word": "ho"},
			[]string{`user: Say ho twice, as {"a": ho}`}},
		{"promptfoo/promptfoo-chat.yaml", "talk", map[string]any{"who": "Kim"},
			[]string{"system: You are Kim.", "developer: Be kind.", "user: Say something."}},
	} {
		got, err := rendered(t, importFixture(t, test.file), test.name, test.values)
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
		} else if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.file, diff)
		}
	}
}

func rendered(t *testing.T, r *Result, name string, values map[string]any) ([]string, error) {
	t.Helper()
	tree, err := prompts.Load(folder(r), "prompts", nil)
	if err != nil {
		return nil, err
	}
	d, ok := tree.Lookup(name)
	if !ok {
		t.Fatalf("there is no prompt %q", name)
	}
	messages, err := d.Prompt.Render(values)
	var out []string
	for _, m := range messages {
		text := m.Role + ": " + m.Content
		for _, p := range m.Parts {
			if text += p.Text; p.Image != nil {
				text += "<" + p.Image.URL + ">"
			}
		}
		out = append(out, text)
	}
	return out, err
}

// TestTemplates compares one template at a time with what Jinja and Handlebars
// make of it.
func TestTemplates(t *testing.T) {
	for _, test := range []struct {
		format Format
		src    string
		values map[string]any
		want   string
	}{
		{Prompty, "a\n{% if x %}\nb\n{% endif %}\nc", map[string]any{"x": true}, "a\n\nb\n\nc"},
		{Prompty, "a\n{% if x %}\nb\n{% endif %}\nc", map[string]any{"x": false}, "a\n\nc"},
		{Prompty, "a\n{%- if x %}\nb\n{%- endif %}\nc", map[string]any{"x": true}, "a\nb\nc"},
		{Prompty, "{% if x %}b{% endif %} c", map[string]any{"x": true}, "b c"},
		{Prompty, "{% if x %}{{ x }}\n{% endif %}c", map[string]any{"x": "v"}, "v\nc"},
		{Prompty, "{% if not x %}b{% else %}d{% endif %}", map[string]any{"x": true}, "d"},
		{Prompty, "{% for i in l %}{{ i }},{% endfor %}", map[string]any{"l": []string{"a", "b"}}, "a,b,"},
		{Prompty, "{% for i in l %}\n- {{ i }}\n{% endfor %}\nend", map[string]any{"l": []string{"a", "b"}}, "\n- a\n\n- b\n\nend"},
		{Prompty, "{% for i in l -%}\n- {{ i }}\n{% endfor %}end", map[string]any{"l": []string{"a", "b"}}, "- a\n- b\nend"},
		{Prompty, "{% for i in l %}{% if i.a %}{{ i.a.b }}{% endif %};{% endfor %}", map[string]any{"l": []any{map[string]any{"a": map[string]any{"b": 1}}, map[string]any{}}}, "1;;"},
		{Prompty, "{{ x | default('y') }}", nil, "y"},
		{Prompty, `{"a": {{ x }}}`, map[string]any{"x": 1}, `{"a": 1}`},
		{Prompty, "{{{ x }}}", nil, "[not imported: x]}"},
		{Prompty, "{# c #}a {{ '{{' }} b", nil, "a {{ b"},
		{Prompty, "open {{ x", nil, "open {{ x"},
		{Dotprompt, "a\n{{#if x}}\nb\n{{/if}}\nc", map[string]any{"x": true}, "a\nb\nc"},
		{Dotprompt, "a\n{{#if x}}\nb\n{{else}}\nd\n{{/if}}\nc", map[string]any{"x": false}, "a\nd\nc"},
		{Dotprompt, "{{#if x}}a{{else if y}}b{{else}}c{{/if}}", map[string]any{"x": false, "y": true}, "b"},
		{Dotprompt, "{{#if x}}a{{else if y}}b{{else}}c{{/if}}", map[string]any{"x": false, "y": false}, "c"},
		{Dotprompt, "  {{#each l}}\n  - {{this}}\n  {{/each}}\nend", map[string]any{"l": []string{"a", "b"}}, "  - a\n  - b\nend"},
		{Dotprompt, "{{#each l}}{{a}}{{../s}}{{/each}}", map[string]any{"l": []any{map[string]any{"a": 1}}, "s": "!"}, "1!"},
		{Dotprompt, "{{~x~}} b", map[string]any{"x": "a"}, "ab"},
		{Dotprompt, "{{!-- a }} --}}{{x}}", map[string]any{"x": "a"}, "a"},
		{Dotprompt, "{{#with o}}{{a}}{{/with}}", map[string]any{"o": map[string]any{"a": 1}}, "1"},
		{GitHub, "{{a}} {{#if}} {{ a }}", map[string]any{"a": 1}, "1 {{#if}} 1"},
	} {
		src := test.src
		if test.format == GitHub {
			src = "messages: [{role: user, content: '" + src + "'}]"
		} else if test.format == Prompty {
			src = "user:\n" + src
		}
		r, err := Import("x", []byte(src), &Options{Format: test.format})
		if err != nil {
			t.Errorf("%q: %v", test.src, err)
			continue
		}
		text := func(v any) map[string]any { // values of undeclared variables are texts
			out := map[string]any{}
			for key, value := range v.(map[string]any) {
				if n, ok := value.(int); ok {
					value = string(rune('0' + n))
				}
				out[key] = value
			}
			return out
		}
		got, err := rendered(t, r, "x", text(test.values))
		if err != nil || len(got) != 1 || strings.TrimPrefix(got[0], "user: ") != test.want {
			t.Errorf("%q: %q, %v, want %q\n%s", test.src, got, err, test.want, printed(r))
		}
	}
}

// FuzzImport: no input makes a panic, and what comes out is TOML.
func fuzz(f *testing.F, format Format, glob string) {
	files, _ := filepath.Glob(filepath.Join("testdata", glob))
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	dir := os.DirFS(filepath.Join("testdata", path.Dir(glob)))
	f.Fuzz(func(t *testing.T, src string) {
		r, err := Import("x", []byte(src), &Options{Format: format, FS: dir})
		if err != nil {
			return
		}
		for _, p := range r.Prompts {
			if err := prompts.ValidName(p.Name); err != nil {
				t.Fatal(err)
			}
			if _, err := prompts.ReadDocument(p.File, p.TOML); err != nil {
				t.Fatalf("%v\n%s", err, p.TOML)
			}
		}
		if len(r.Prompts) == 0 {
			return
		}
		tree, _ := prompts.Load(folder(r), "prompts", nil)
		for _, finding := range tree.Findings() {
			if slices.ContainsFunc(r.Notes, func(n Note) bool {
				return strings.Contains(n.Message, "needs a hand: ") && strings.HasSuffix(n.Message, finding.Message) || strings.Contains(n.Message, finding.Message+" (")
			}) {
				continue // a field of what the source says is a text, say: a person has to look
			}
			switch finding.Rule { // what only the text of a template can make wrong
			case "PF017", "PF018", "PF019", "PF020", "PF021", "PF026":
				t.Fatalf("%v\n%s", finding, printed(r))
			}
		}
	})
}

func FuzzGitHub(f *testing.F)    { fuzz(f, GitHub, "github/*") }
func FuzzDotprompt(f *testing.F) { fuzz(f, Dotprompt, "dotprompt/*") }
func FuzzPrompty(f *testing.F)   { fuzz(f, Prompty, "prompty/*") }
func FuzzPromptfoo(f *testing.F) { fuzz(f, Promptfoo, "promptfoo/*") }
