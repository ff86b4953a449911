package prompts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const hello = "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"Hello.\"\n"

func TestLoad(t *testing.T) {
	tests := []struct {
		name  string
		root  string
		files map[string]string
		want  string
	}{
		{
			name: "names come from paths, other files are passed over",
			root: "prompts",
			files: map[string]string{
				"prompts/top.toml":                   hello,
				"prompts/support/triage.toml":        hello,
				"prompts/a.b.toml":                   hello,
				"prompts/support/triage.eval.toml":   "not a prompt",
				"prompts/support/triage.cases.jsonl": "not a prompt",
				"prompts/support/_tone.md":           "not a prompt",
				"prompts/_draft.toml":                "not a prompt",
				"prompts/_partials/x.toml":           "not a prompt",
				"prompts/.hidden/x.toml":             "not a prompt",
				"prompts/README.md":                  "not a prompt",
				"prompts/schemas/x.json":             "not a prompt",
				"elsewhere/x.toml":                   "not a prompt",
			},
			want: `
a.b prompts/a.b.toml
support.triage prompts/support/triage.toml
top prompts/top.toml`,
		},
		{
			name:  "the root may be the whole tree",
			root:  ".",
			files: map[string]string{"a.toml": hello, "b/c.toml": hello},
			want:  "\na a.toml\nb.c b/c.toml",
		},
		{
			name:  "an empty tree is no error",
			root:  "prompts",
			files: map[string]string{"prompts/README.md": ""},
			want:  "",
		},
		{
			name: "bad names, one name twice, reserved names",
			root: "prompts",
			files: map[string]string{
				"prompts/a/b.toml":            hello,
				"prompts/a.b.toml":            hello,
				"prompts/Support/triage.toml": hello,
				"prompts/two words.toml":      "colour = 1\n" + hello,
				"prompts/x.TOML":              hello,
				"prompts/triage@acme.toml":    hello,
				"prompts/.toml":               hello,
				"prompts/good.toml":           hello,
			},
			want: `
a.b prompts/a/b.toml
good prompts/good.toml
prompts/Support/triage.toml: PF002 prompt name "Support.triage": want segments of a-z, 0-9, _ and -, each starting with a letter or digit, joined by dots (rename the file)
prompts/a.b.toml: PF002 prompt "a.b" is defined by prompts/a/b.toml already (rename one of them)
prompts/triage@acme.toml: PF002 name@arm.toml is reserved for overlays, which are not supported yet (take the '@' out of the name)
prompts/two words.toml: PF002 prompt name "two words": want segments of a-z, 0-9, _ and -, each starting with a letter or digit, joined by dots (rename the file)
prompts/two words.toml:1:1: PF006 unknown key "colour"
prompts/x.TOML: PF002 extension ".TOML" is not .toml (rename it to .toml)`,
		},
		{
			name: "findings are in file order and the good prompts are there",
			root: "prompts",
			files: map[string]string{
				"prompts/b.toml": "model = \"m\"\n",
				"prompts/a.toml": "colour = 1\n" + hello + "model = 2\n",
				"prompts/c.toml": hello,
			},
			want: `
c prompts/c.toml
prompts/a.toml:1:1: PF006 unknown key "colour"
prompts/a.toml:6:1: PF006 unknown key "messages[0].model"
prompts/b.toml: PF008 prompt has no messages (add [[messages]] with role and content)`,
		},
		{
			name:  "a file over the limit",
			root:  "prompts",
			files: map[string]string{"prompts/a.toml": hello + "#" + strings.Repeat("x", maxSize)},
			want:  "\nprompts/a.toml: PF005 file is larger than 1048576 bytes (move what the model need not see out of the prompt)",
		},
		{
			name:  "a root that is not there",
			root:  "prompts",
			files: map[string]string{"a.toml": hello},
			want:  "\nprompts: PF001 file does not exist",
		},
		{
			name:  "a root that is a file",
			root:  "a.toml",
			files: map[string]string{"a.toml": hello},
			want:  "\na.toml: PF001 not a folder",
		},
		{
			name: "a root outside",
			root: "../prompts",
			want: "\n../prompts: PF001 folder is not one of the repository (write it relative to the repository, with '/' and without '..')",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range test.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			tree, err := Load(fsys, test.root, nil)
			if diff := cmp.Diff(test.want, listing(t, tree, err)); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

func listing(t *testing.T, tree *Tree, err error) string {
	t.Helper()
	var b strings.Builder
	for _, d := range tree.Definitions() {
		b.WriteString("\n" + d.Prompt.Name() + " " + d.File)
		if got, ok := tree.Lookup(d.Prompt.Name()); !ok || got != d {
			t.Errorf("Lookup(%s) = %v, %v", d.Prompt.Name(), got, ok)
		}
	}
	if err != nil {
		if !errors.As(err, new(Findings)) {
			t.Errorf("error is a %T, want Findings", err)
		}
		b.WriteString("\n" + err.Error())
	}
	return b.String()
}

// TestLoadStaysInside: with the fs.FS that the CLI passes, a link cannot bring in
// a file from outside, nor a device.
func TestLoadStaysInside(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "secret.toml"), hello)
	write(t, filepath.Join(inside, "prompts", "real.toml"), hello)
	for name, target := range map[string]string{
		"absolute.toml": filepath.Join(outside, "secret.toml"),
		"dots.toml":     "../../" + filepath.Base(outside) + "/secret.toml",
		"inner.toml":    "real.toml",
		"folder":        ".",
		"folder.toml":   ".",
		"null.toml":     os.DevNull,
	} {
		if err := os.Symlink(target, filepath.Join(inside, "prompts", name)); err != nil {
			if runtime.GOOS == "windows" {
				t.Skip(err) // links need a right there
			}
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tree, err := Load(root.FS(), "prompts", nil)
	got := listing(t, tree, err)
	for _, want := range []string{"inner prompts/inner.toml", "real prompts/real.toml", "prompts/absolute.toml: ", "prompts/dots.toml: ",
		"prompts/folder: PF001 a link", "prompts/folder.toml: PF001 not a regular file", "prompts/null.toml: "} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("Load gives%s\nwant %q in it", got, want)
		}
	}
	if len(tree.Definitions()) != 2 {
		t.Errorf("Load found %d prompts, want 2", len(tree.Definitions()))
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkLoad1000(b *testing.B) {
	text := strings.Replace(hello, "Hello.", "Hello {{name}}. "+strings.Repeat("Mind the gap. ", 270), 1) + `
[variables.name]
type = "string"
[[tools]]
name = "search"
[tools.parameters]
type = "object"
properties.query = { type = "string", description = "What to look for." }
`
	fsys := fstest.MapFS{}
	for i := range 1000 {
		fsys[fmt.Sprintf("prompts/team%d/prompt%d.toml", i%10, i)] = &fstest.MapFile{Data: []byte(text)}
	}
	for b.Loop() {
		if _, err := Load(fsys, "prompts", nil); err != nil {
			b.Fatal(err)
		}
	}
}
