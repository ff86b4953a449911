package prompts

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cbroglie/mustache"
	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzLoad: a small repository, written as txtar, never makes Load panic; what
// it finds points into files that are there, what it makes decodes again, and
// a second reading says the same.
func FuzzLoad(f *testing.F) {
	for _, file := range seeds(f, "trees/*.txtar") {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("-- --")) { // the library of the test panics at a marker without a name
			return
		}
		fsys := fstest.MapFS{}
		for _, file := range txtar.Parse(data).Files {
			if fs.ValidPath(file.Name) {
				fsys[file.Name] = &fstest.MapFile{Data: file.Data}
			}
		}
		tree, err := Load(fsys, "prompts", nil)
		for _, finding := range tree.Findings() {
			if file := fsys[finding.File]; file != nil {
				inside(t, finding.File, file.Data, Findings{finding})
			} else if finding.Line != 0 || finding.Col != 0 {
				t.Errorf("finding in a file that is not there: %v", finding)
			}
		}
		if errs := tree.Findings().Errors(); (err == nil) != (len(errs) == 0) {
			t.Errorf("Load = %v, but its errors are %v", err, errs)
		}
		for _, d := range tree.Definitions() {
			p, err := Decode(d.Prompt.Artifact())
			if err != nil || p.Ref() != d.Prompt.Ref() {
				t.Errorf("Decode = %v, %v, want %v", p, err, d.Prompt)
			}
			for _, file := range slices.Concat(d.Partials, d.Files) {
				if fsys[file] == nil {
					t.Errorf("%v says that it includes %s", d.Prompt, file)
				}
			}
		}
		again, _ := Load(fsys, "prompts", nil)
		if !reflect.DeepEqual(tree.Findings(), again.Findings()) || !reflect.DeepEqual(tree.Partials(), again.Partials()) {
			t.Errorf("first %v\nthen %v", tree.Findings(), again.Findings())
		}
	})
}

// FuzzJSONFile: a JSON file reads as encoding/json reads it or has a finding in
// it, and every value is where its place says.
func FuzzJSONFile(f *testing.F) {
	for _, text := range []string{
		`{"a": 1, "b": [true, null, "x\n", {"c": -0.5e3}], "": {}}`, `{"a":1,"a":2}`, "{\n\t\"a\" : [ ] ,\r\n \"ä\": \"\\ud83d\\ude00\\ud800\"}", `{"a":9007199254740993}`,
		`{"a":1e400}`, `{"a":1e-400}`, `{} {}`, `{"a":}`, `[1]`, `"x"`, ``, "\ufeff{}", "{\"a\":\r1}", `{"a":1,}`, `{,}`, strings.Repeat(`{"a":`, 120) + "1" + strings.Repeat("}", 120),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		c := &checker{source: &source{file: "x.json", lines: []int{0}}, findingList: &findingList{}}
		got, ok := c.jsonObject(src)
		inside(t, "x.json", src, c.findings)
		if !ok {
			if len(c.findings.Errors()) == 0 {
				t.Errorf("%q is refused, and nobody says why", src)
			}
			return
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(c.text), &want); err != nil {
			t.Fatalf("%q is no JSON and is taken: %v", src, err)
		}
		if !reflect.DeepEqual(asJSON(got.m), any(want)) {
			t.Fatalf("%q reads %v, want %v", src, got.m, want)
		}
		written(t, c.text, want, got.n)
	})
}

// written fails when the place of a value holds another one.
func written(t *testing.T, text string, want any, n *node) {
	if n == nil {
		t.Fatalf("%v has no place in %q", want, text)
	}
	var got any
	if err := json.Unmarshal([]byte(text[n.start:n.end]), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v stands at %q in %q (%v)", want, text[n.start:n.end], text, err)
	}
	switch want := want.(type) {
	case map[string]any:
		for key, v := range want {
			var name string
			child := n.child(key)
			if child == nil {
				t.Fatalf("%q has no place in %q", key, text)
			}
			dec := json.NewDecoder(strings.NewReader(text[child.key:]))
			if err := dec.Decode(&name); err != nil || name != key {
				t.Fatalf("key %q stands at %q (%v)", key, text[child.key:], err)
			}
			written(t, text, v, child)
		}
	case []any:
		for i, v := range want {
			written(t, text, v, n.item(i))
		}
	}
}

// FuzzExpand: a text with its partial in it renders as the library renders the
// two apart.
func FuzzExpand(f *testing.F) {
	for _, seed := range []struct {
		before, indent, after, included string
		changed                         bool
	}{
		{"Hello\n", "  ", "\nBye\n", "a {{x}}\n\n{{#l}}\n- {{.}}\n{{/l}}", false},
		{"Hello ", " ", " Bye\n", "{{#l}}\n- {{.}}\n{{/l}}", false},
		{"{{#l}}\n", "\t", "\n{{/l}}", "{{! c\n }}\n{{.}}\n{{=<% %>=}}\n<% x %>\n<%={{ }}=%>", true},
		{"{{#b}}", "", "{{/b}}\n", "\nline\n", false},
		{"{{^e}}", "", "{{! c }}\n", "", false},
		{"", "", "", "  {{! c }}", true},
		{"", " ", "{{x}}\n", "{{#b}}\n\nx{{/b}}\n", true},
		{"", " ", "{{x}}\n", "{{#b}}\n\nx{{/b}}\n", false},
		{"a ", "", "\nb", "{{#b}}\n{{^e}}\nx\n {{/e}}\n {{/b}}", false},
		{"\n", "", "", "0", true},
		{"0", "", "", "\n", true},
		{"{{#l}}\n", " ", "{{/l}}", "{{!0}}\n", false},
		{"{{#l}}\n0 ", "", "\n{{/l}}", "{{!0}}\n{{=% %=}}\n%={{ }}=%0", false},
		{"{", "", "x}}", "{", false},
	} {
		f.Add(seed.before, seed.indent, seed.after, seed.included, seed.changed)
	}
	f.Fuzz(func(t *testing.T, before, indent, after, included string, changed bool) {
		around := mustacheDelims()
		if changed {
			around = delims{"<%", "%>"}
			before = "{{=<% %>=}}" + before
		}
		if strings.Trim(indent, " \t") != "" || strings.Contains(before+after+included, "\r") || len(before+after+included) > 1000 || len(indent) > 10 {
			return
		}
		text := before + indent + around.open + "> p" + around.close + after
		if endsBlank(text) || endsBlank(included) { // the library does not see that a tag there is alone
			return
		}
		tags, problems := scanTags(text)
		inner, more := scanTags(included)
		uses := partialsIn(tags)
		if len(problems)+len(more) > 0 || len(uses) != 1 || uses[0].delims != around || uses[0].pos != len(before)+len(indent) || len(partialsIn(inner)) > 0 || leftDelims(inner) != mustacheDelims() {
			return
		}
		e, ok := expand(text, true, tags, func(tag) *partial { return &partial{file: "p", text: included} })
		if !ok {
			t.Fatalf("%q with %q does not fit", text, included)
		}
		if e.clash() >= 0 || strings.HasSuffix(before+indent, "{") || strings.HasSuffix(included, "{") {
			return
		}
		ours, _, problems := compile(e.text)
		if len(problems) > 0 {
			t.Fatalf("%q with %q becomes %q: %v", text, included, e.text, problems)
		}
		for pos := range e.text {
			if src, _ := e.origin(pos); src < 0 || src > len(text) {
				t.Fatalf("byte %d of %q is from %d of %q", pos, e.text, src, text)
			}
		}
		// a file's final newline is no text: on lines of its own a partial gets that of its tag
		_, to, _, alone := sidesIn(text).standalone(text, uses[0])
		if alone && included != "" {
			included += text[to:min(to+1, len(text))]
		}
		library := &mustache.StaticProvider{Partials: map[string]string{"p": plainDelims(included, inner)}}
		apart := text
		if !alone { // the library indents by the blanks before any tag
			apart = text[:uses[0].pos] + around.open + "!" + around.close + text[uses[0].pos:]
			tags, _ = scanTags(apart)
		}
		theirs, err := mustache.ParseStringPartialsRaw(plainDelims(apart, tags), library, true)
		if err != nil {
			return
		}
		// no quotes, because the library escapes in partials whatever it was told
		context := map[string]any{"x": "X", "b": true, "e": list{}, "l": list{int64(1), int64(2)}}
		want, err := theirs.Render(context)
		if err != nil {
			return
		}
		if got, err := ours.render(context); err != nil || got != want {
			t.Errorf("%q with %q becomes %q and renders %q, %v; the library says %q", text, included, e.text, got, err, want)
		}
	})
}

func endsBlank(s string) bool { return strings.TrimRight(s, " \t") != s }

func leftDelims(tags []tag) delims {
	for _, t := range slices.Backward(tags) {
		if t.kind == '=' {
			return t.delims
		}
	}
	return mustacheDelims()
}

// partialsIn lists the tags that include a partial.
func partialsIn(tags []tag) []tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t tag) bool { return t.kind != '>' })
}
