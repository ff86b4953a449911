package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
)

// fixtures are the sources, by their path below testdata; partials and the
// files that sources name are not among them.
func fixtures(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, glob := range []string{"github/*.prompt.yml", "dotprompt/[a-z]*.prompt", "prompty/*.prompty", "promptfoo/promptfoo*"} {
		files, err := fs.Glob(os.DirFS("testdata"), glob)
		if err != nil || len(files) < 4 {
			t.Fatalf("%s: %d fixtures, want at least 4 (%v)", glob, len(files), err)
		}
		out = append(out, files...)
	}
	return out
}

func importFixture(t *testing.T, file string) *Result {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Import(path.Base(file), src, &Options{FS: os.DirFS(filepath.Join("testdata", path.Dir(file)))})
	if err != nil {
		t.Fatalf("Import(%s): %v", file, err)
	}
	return r
}

// folder is what an import writes.
func folder(r *Result) fstest.MapFS {
	out := fstest.MapFS{}
	for _, p := range r.Prompts {
		out["prompts/"+p.File] = &fstest.MapFile{Data: p.TOML}
	}
	for _, f := range r.Files {
		out["prompts/"+f.Path] = &fstest.MapFile{Data: f.Content}
	}
	return out
}

func printed(r *Result) string {
	var b strings.Builder
	for _, p := range r.Prompts {
		fmt.Fprintf(&b, "-- %s --\n%s", p.File, p.TOML)
	}
	for _, f := range r.Files {
		fmt.Fprintf(&b, "-- %s --\n%s", f.Path, f.Content)
	}
	b.WriteString("-- notes --\n")
	for _, n := range r.Notes {
		b.WriteString(n.String() + "\n")
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, file := range fixtures(t) {
		t.Run(file, func(t *testing.T) {
			got := printed(importFixture(t, file))
			want := filepath.Join("testdata", "want", strings.ReplaceAll(file, "/", "_")+".txtar")
			if os.Getenv("UPDATE") == "1" {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(golden), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// accepted are findings that the source has earned.
var accepted = map[string]string{
	"prompty/agent.prompty": "PF034", // strict, with a property that is not required
}

func TestLoads(t *testing.T) {
	for _, file := range fixtures(t) {
		r := importFixture(t, file)
		tree, err := prompts.Load(folder(r), "prompts", nil)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, f := range tree.Findings() {
			if f.Rule != accepted[file] {
				t.Errorf("%s: %v", file, f)
			}
		}
		if len(tree.Definitions()) != len(r.Prompts) {
			t.Errorf("%s: %d definitions, want %d", file, len(tree.Definitions()), len(r.Prompts))
		}
		for _, f := range r.Files {
			switch {
			case strings.HasSuffix(f.Path, ".eval.toml"):
				if _, err := prompts.ReadDocument(f.Path, f.Content); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			case strings.HasSuffix(f.Path, ".json"):
				if !json.Valid(f.Content) {
					t.Errorf("%s: %s is not JSON", file, f.Path)
				}
			}
		}
	}
}

// TestSecrets: no output has the value of a key, which in all fixtures is the same.
func TestSecrets(t *testing.T) {
	for _, file := range fixtures(t) {
		if got := printed(importFixture(t, file)); strings.Contains(got, "not-a-real-value") {
			t.Errorf("%s: a secret was imported:\n%s", file, got)
		}
	}
}

// TestSecretValues: a key as a value of a test, a default or a sample stays out too.
func TestSecretValues(t *testing.T) {
	for name, src := range map[string]string{
		"a.prompt.yml":   "model: m\nmodelParameters: {extra: {api_key: not-a-real-value}}\nmessages: [{role: user, content: '{{api_key}}'}]\ntestData: [{api_key: not-a-real-value}]\n",
		"a.prompt":       "---\nmodel: m\ninput: {schema: {apiKey: string}, default: {apiKey: not-a-real-value}}\n---\n{{apiKey}}",
		"a.prompty":      "---\nmodel: m\ninputs: {password: not-a-real-value, token: {kind: string, example: not-a-real-value}}\nsample: {auth_token: not-a-real-value}\n---\nuser:\n{{password}}{{token}}{{auth_token}}",
		"promptfoo.yaml": "prompts: ['{{api_key}}']\nproviders: ['openai:m']\ntests: [{vars: {api_key: not-a-real-value}, metadata: {headers: not-a-real-value}}]\ndefaultTest: {vars: {token: not-a-real-value}}\n",
	} {
		r, err := Import(name, []byte(src), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := printed(r)
		if strings.Contains(got, "not-a-real-value") || !strings.Contains(got, "never imported") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestSame: an import says the same twice.
func TestSame(t *testing.T) {
	for _, file := range fixtures(t) {
		if a, b := printed(importFixture(t, file)), printed(importFixture(t, file)); a != b {
			t.Errorf("%s: %s", file, cmp.Diff(a, b))
		}
	}
}

func TestErrors(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'k'; i++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", i, i, strings.TrimSuffix(strings.Repeat("*"+string(i-1)+",", 10), ","))
	}
	for _, test := range []struct{ name, src, want string }{
		{"empty", "", "x.prompt.yml:1:1: there are no messages"},
		{"list", "- a\n", "x.prompt.yml:1:1: not a table of keys"},
		{"twice", "messages: []\nname: a\nname: b\n", `x.prompt.yml:3:1: key "name" is there twice`},
		{"tab", "messages:\n\t- a\n", "x.prompt.yml:2:1: not YAML: found character that cannot start any token"},
		{"documents", "name: a\n---\nname: b\n", "x.prompt.yml:2:1: there is a second document (split the file)"},
		{"utf8", "name: a\nmodel: \"\xff\"\n", "x.prompt.yml:2:9: invalid UTF-8 (save the file as UTF-8)"},
		{"control", "name: a\x01\n", "x.prompt.yml:1:8: control character U+0001"},
		{"deep", "x: " + deep, "x.prompt.yml:1:64: nested deeper than 60"},
		{"bomb", bomb, "more than 50000 values, counting those that aliases stand for"},
		{"cycle", "a: &a [*a]\n", "x.prompt.yml:1:4: nested deeper than 60"},
		{"key", "? [a]\n: b\n", "x.prompt.yml:1:3: a key must be a text"},
		{"large", strings.Repeat(" ", maxSize+1), "x.prompt.yml: file is larger than 1048576 bytes"},
	} {
		_, err := Import("x.prompt.yml", []byte(test.src), nil)
		var findings prompts.Findings
		if !errors.As(err, &findings) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	if _, err := Import("x.txt", []byte("hello"), nil); err == nil {
		t.Error("a file without a format was imported")
	}
	if _, err := Import("x.prompty", []byte("---\nname: a\n"), nil); err == nil || !strings.Contains(err.Error(), "x.prompty:1:1: --- is not closed") {
		t.Errorf("open front matter: %v", err)
	}
}

// TestSameText: line ends and a byte order mark make no difference, merges are
// what they say.
func TestSameText(t *testing.T) {
	src := "base: &b {model: gpt-4o, modelParameters: {seed: 1}}\n<<: *b\nmessages:\n  - role: user\n    content: |\n      a\n      {{x}}\n"
	a, err := Import("x.prompt.yml", []byte(src), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Import("x.prompt.yml", []byte("\ufeff"+strings.ReplaceAll(src, "\n", "\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(printed(a), printed(b)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(string(a.Prompts[0].TOML), "seed = 1") {
		t.Errorf("merge is lost:\n%s", a.Prompts[0].TOML)
	}
}
