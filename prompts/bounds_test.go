package prompts

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
)

// tree is a repository of files, name and content in turn.
func treeOf(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

// prompt is a definition with these lines after its model.
func prompt(lines ...string) string { return "model = \"m\"\n" + strings.Join(lines, "\n") }

const says = "[[messages]]\nrole = \"user\"\n"

func texts(findings Findings) (out []string) {
	for _, f := range findings {
		out = append(out, f.String())
	}
	return out
}

// However many warnings partials have: an error that makes a prompt go away is
// never left out.
func TestWarningsOfPartialsHideNoError(t *testing.T) {
	fsys := treeOf("p/_last.md", "{{#a}}", "p/x.toml", prompt(says+"content = '{{> last}}'"))
	for i := range maxFindings + 1 {
		fsys[fmt.Sprintf("p/_a%03d.md", i)] = &fstest.MapFile{Data: []byte("\ufeffx")}
	}
	tree, err := Load(fsys, "p", nil)
	want := []string{"p/_last.md:1:1: PF018 section {{#a}} is not closed (add {{/a}})"}
	if got := texts(tree.Findings().Errors()); err == nil || !slices.Equal(got, want) || len(tree.Broken()) != 1 {
		t.Errorf("Load = %v, errors %q, want %q", err, got, want)
	}
	tree, _ = Load(treeOf("p/_a.md", strings.Repeat("{{ }}", 1000)), "p", nil)
	if got := texts(tree.Findings()); len(got) != maxFindings+1 || !strings.Contains(got[0], "there may be more") {
		t.Errorf("a partial with 1,000 findings has %d, the first is %s", len(got), got[0])
	}
}

// A file that several prompts name has each of its own findings once; what only
// a prompt can mend says which.
func TestFindingsOfASharedFile(t *testing.T) {
	names := prompt(says + "content_file = 'c.md'")
	fsys := treeOf("p/c.md", "{{> p}}{{#s}}", "p/_p.md", "{{a}}", "p/x.toml", names, "p/y.toml", names)
	tree, _ := Load(fsys, "p", nil)
	want := []string{"p/c.md:1:8: PF018 section {{#s}} is not closed (add {{/s}})"}
	if got := texts(tree.Findings()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	fsys["p/c.md"].Data = []byte("{{ }}\n{{> p}}{{> p}} {{> p}")
	tree, _ = Load(fsys, "p", nil)
	if got := texts(tree.Findings()); len(got) != 2 {
		t.Errorf("got %q, want 2", got)
	}
	fsys["p/c.md"].Data, fsys["p/_p.md"].Data = []byte("{{> p}}"), []byte("{{a}}{{b.c}}")
	tree, _ = Load(fsys, "p", nil)
	want = []string{
		"p/c.md:1:1: PF019 p/_p.md: variable \"a\" is not declared (add [variables.a] to p/x.toml)",
		"p/c.md:1:1: PF019 p/_p.md: variable \"b\" is not declared (add [variables.b] to p/x.toml)",
		"p/c.md:1:1: PF019 p/_p.md: variable \"a\" is not declared (add [variables.a] to p/y.toml)",
		"p/c.md:1:1: PF019 p/_p.md: variable \"b\" is not declared (add [variables.b] to p/y.toml)",
	}
	if got := texts(tree.Findings()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	scalar := prompt(says+"content_file = 'c.md'", "[variables.a]", "type = 'string'", "[variables.b]", "type = 'string'")
	fsys["p/_p.md"].Data = []byte("{{a.x}}{{b.x}}")
	fsys["p/x.toml"].Data, fsys["p/y.toml"].Data = []byte(scalar), []byte(scalar)
	tree, _ = Load(fsys, "p", nil)
	if got := texts(tree.Findings()); len(got) != 2 {
		t.Errorf("got %q, want 2", got)
	}
}

// Loading one prompt gives what loading all does, wherever its files are.
func TestNamesLoadTheSame(t *testing.T) {
	fsys := treeOf("shared/c.md", "{{> tone}}", "shared/_tone.md", "outside", "p/_tone.md", "root",
		"p/_hidden/c.md", "{{> tone}}", "p/_hidden/_tone.md", "hidden",
		"p/x.toml", prompt(says+"content_file = '../shared/c.md'"), "p/y.toml", prompt(says+"content_file = '_hidden/c.md'"),
		"p/z.toml", prompt(says+"content_file = '../shared/d.md'"), "shared/d.md", "{{> none}}", "shared/_none.md", "",
		"p/a.b/c.d.toml", prompt(says+"content = ''"), "p/a/b.c.d.e.toml", prompt(says+"content = ''"))
	all, err := Load(fsys, "p", nil)
	if got, want := fmt.Sprint(err), `shared/d.md:1:1: PF026 there is no partial "none" (create p/_none.md)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, want := range slices.Concat(all.Definitions(), all.Broken()) {
		name := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(want.File, "p/"), ".toml"), "/", ".")
		one, _ := Load(fsys, "p", &LoadOptions{Names: []string{name}})
		if got, found := one.Lookup(name); want.Prompt != nil && (!found || got.Prompt.Ref() != want.Prompt.Ref() || got.File != want.File) {
			t.Errorf("%s by name is %v, in %v", want.Prompt, got, one.Findings())
		} else if want.Prompt == nil && one.Findings().Error() != err.Error() {
			t.Errorf("%s by name: %v, want %v", name, one.Findings(), err)
		}
	}
	if len(all.Definitions()) != 4 {
		t.Errorf("%d definitions", len(all.Definitions()))
	}
}

// counting counts the files that are opened.
type counting struct {
	fs.FS
	opened *atomic.Int64
}

func (c counting) Open(name string) (fs.File, error) {
	c.opened.Add(1)
	return c.FS.Open(name)
}

// A JSON file that is too deep says so where it is.
func TestDeepJSONFile(t *testing.T) {
	tree, _ := Load(treeOf("p/a.json", "{\n"+`"a":`+strings.Repeat("[", 5000),
		"p/x.toml", prompt(says+"content = ''", "[output]", "schema_file = 'a.json'")), "p", nil)
	want := []string{"p/a.json:2:105: PF005 nested deeper than 100"}
	if got := texts(tree.Findings()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A short file that names long ones, or partials, many times costs no more than
// a long one does. Without bounds each of these takes minutes, or all memory.
func TestSmallFilesThatGrow(t *testing.T) {
	half := strings.Repeat("b", maxSize/2)
	for _, test := range []struct {
		name, text, want string
		shared           string // p/_a.md and p/a.json
	}{
		{"partial in every message", strings.Repeat(says+"content = '{{> a}}'\n", 20_000), "p/x.toml: PF005 prompt is larger than 1048576 bytes", half},
		{"file in every message", strings.Repeat(says+"content_file = '_a.md'\n", 20_000),
			"p/x.toml: PF005 prompt is larger than 1048576 bytes\np/x.toml:52:16: PF005 the files that this one names are larger than 8388608 bytes together", half},
		{"schema in every tool", says + "content = ''\n" + strings.Repeat("[[tools]]\nname = 'a'\nparameters_file = 'a.json'\n", 2),
			"p/x.toml:9:8: PF022 tools[1].name: there is already a tool \"a\"", `{"description":"` + half + `"}`},
		{"blanks that go away", says + "content = \"" + strings.Repeat("x {{> a}}", 50_000) + "\"",
			"p/x.toml:4:12: PF005 text with its partials is larger than 1048576 bytes", "{{!}}" + strings.Repeat(" ", 100_000)},
		{"partials in one line", says + "content = \"" + strings.Repeat(`\n`, 100_000) + strings.Repeat("{{> a}}", 100_000) + "\"", "", "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var opened atomic.Int64
			fsys := treeOf("p/_a.md", test.shared, "p/a.json", test.shared, "p/x.toml", prompt(test.text))
			tree, _ := Load(counting{fsys, &opened}, "p", nil)
			if got := strings.Join(texts(tree.Findings()), "\n"); got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
			if n := opened.Load(); n > 100 {
				t.Errorf("%d files opened", n)
			}
		})
	}
}
