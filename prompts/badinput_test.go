package prompts

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

const usesP0 = "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{> p0}}\"\n"

// TestBadInput: what is made to be slow, deep or confusing ends soon, with
// findings that say what is wrong, and never with a panic.
func TestBadInput(t *testing.T) {
	chain := func(n int, last string) map[string]string {
		files := map[string]string{"prompts/p.toml": usesP0}
		for i := range n - 1 {
			files[fmt.Sprintf("prompts/_p%d.md", i)] = fmt.Sprintf("{{> p%d}}", i+1)
		}
		files[fmt.Sprintf("prompts/_p%d.md", n-1)] = last
		return files
	}
	schemaFile := func(text string) map[string]string {
		return map[string]string{"prompts/p.toml": hello + "[output]\nschema_file = \"s.json\"\n[[examples]]\ninput = \"x\"\noutput = '{}'\n[[messages]]\nexamples = true\n", "prompts/s.json": text}
	}
	contentFile := func(text string) map[string]string {
		return map[string]string{"prompts/p.toml": "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent_file = \"c.md\"\n", "prompts/c.md": text}
	}
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string // in the only finding; "" for none
	}{
		{"a cycle of 1,000 partials", chain(1000, "{{> p0}}"), `PF027 partial "p0" includes itself`},
		{"a chain of 5,000 partials", chain(5000, "end"), "PF005 partials are nested deeper than 100"},
		{"a chain of 100 partials", chain(100, "end"), ""},
		{"131,072 empty partials in a text", map[string]string{"prompts/p.toml": usesP0, "prompts/_p0.md": strings.Repeat("{{> e}}", maxSize/8), "prompts/_e.md": ""}, "PF005 text with its partials is larger"},
		{"the same on lines of their own", map[string]string{"prompts/p.toml": usesP0, "prompts/_p0.md": strings.Repeat("{{> e}}\n", maxSize/8), "prompts/_e.md": "x{{! c}}"}, "PF005 text with its partials is larger"},
		{"tags on every line of a partial", map[string]string{"prompts/p.toml": strings.Replace(usesP0, "{{", "x {{", 1), "prompts/_p0.md": strings.Repeat("{{!}}\n", maxSize/6)}, ""},
		{"10,000 levels of JSON", schemaFile(strings.Repeat(`{"not":`, 10_000) + "{}" + strings.Repeat("}", 10_000)), "PF005 nested deeper than 100"},
		{"a number of 100,000 digits", schemaFile(`{"maximum": 1` + strings.Repeat("0", 100_000) + `}`), "prompts/s.json:1:13: PF012 +Inf is not a JSON number"},
		{"a key twice, escaped", schemaFile("{\"type\": \"object\",\n\"typ\\u0065\": \"object\"}"), `prompts/s.json:2:1: PF004 key "type" is there twice`},
		{"keys that differ in case", schemaFile(`{"type": "object", "Type": "object"}`), ""},
		{"invalid UTF-8 in JSON", schemaFile("{\"a\":\n\"\xff\"}"), "prompts/s.json:2:2: PF003 invalid UTF-8"},
		{"an enum of 100,000 values", schemaFile(`{"enum": [0` + strings.Repeat(",1", 100_000) + `]}`), "PF005 s.json: schema has more than 20000 values"},
		{"a schema that is itself", schemaFile(`{"$ref": "#"}`), "refers to itself and says nothing else"},
		{"schemas that are each other", schemaFile(`{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}`), "refers to itself and says nothing else"},
		{"a schema that doubles at each step", schemaFile(doubling(60)), "takes too long to compare with its schema"},
		{"anyOf, 90 deep", schemaFile(strings.Repeat(`{"anyOf":[`, 45) + "{}" + strings.Repeat("]}", 45)), ""},
		{"invalid UTF-8 in a text", contentFile("one\ntwo \xff"), "prompts/c.md:2:5: PF003 invalid UTF-8"},
		{"invalid UTF-8 in a partial", map[string]string{"prompts/p.toml": usesP0, "prompts/_p0.md": "one\ntwo \xff"}, "prompts/_p0.md:2:5: PF003 invalid UTF-8"},
		{"mixed line ends before a place", contentFile("\ufeffone\r\ntwo\nä {{x"), "prompts/c.md:3:3: PF017 tag is not closed"},
		{"100,000 dotted keys", map[string]string{"prompts/p.toml": hello + fill("a.b.c#=1\n", maxSize-100)}, "PF005 keys are too deep, too long or too many"},
		{"a text over 1 MiB", contentFile(strings.Repeat("x", maxSize+1)), "prompts/c.md: PF005 file is larger than 1048576 bytes"},
		{"JSON over 1 MiB", schemaFile(strings.Repeat(" ", maxSize) + "{}"), "prompts/s.json: PF005 file is larger than 1048576 bytes"},
		{"a partial over 1 MiB", map[string]string{"prompts/p.toml": usesP0, "prompts/_p0.md": strings.Repeat("x", maxSize+1)}, "prompts/_p0.md: PF005 file is larger than 1048576 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range test.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			tree, _ := Load(fsys, "prompts", nil)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
				t.Errorf("Load allocates %d MB", used>>20)
			}
			errs := tree.Findings().Errors()
			switch {
			case test.want == "" && len(errs) > 0:
				t.Errorf("Load = %.500v, want no errors", errs)
			case test.want != "" && (len(errs) == 0 || !strings.Contains(errs[0].String(), test.want)):
				t.Errorf("Load = %.500v, want %q", errs, test.want)
			}
			for _, f := range errs {
				if file := fsys[f.File]; file != nil {
					inside(t, f.File, file.Data, Findings{f})
				}
			}
		})
	}
}

// doubling is a schema whose trial takes 2^n steps.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref": "#/$defs/s0", "$defs": {`)
	for i := range n {
		fmt.Fprintf(&b, `"s%d": {"allOf": [{"$ref": "#/$defs/s%d"}, {"$ref": "#/$defs/s%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"s%d": {"type": "object"}}}`, n)
	return b.String()
}
