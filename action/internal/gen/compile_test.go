package gen

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/prompts"
)

// TestCompile gives generated code to the compiler, in a module of its own, as
// a service has it: what is right builds, vets and renders, and each mistake is
// an error that names the variable.
func TestCompile(t *testing.T) {
	m := module(t)
	list := definitions(t, nil)
	m.write(t, "promptgen/gen.go", generate(t, list, "promptgen"))
	m.write(t, "grown/gen.go", generate(t, definitions(t, grow), "grown"))
	archive, err := txtar.ParseFile(filepath.Join("testdata", "callers.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	wants := map[string]*regexp.Regexp{} // by package
	for _, f := range archive.Files {
		m.write(t, f.Name, f.Data)
		if first, _, _ := bytes.Cut(f.Data, []byte("\n")); bytes.Contains(first, []byte("// want: ")) {
			_, want, _ := strings.Cut(string(first), "// want: ")
			wants["caller.test/"+filepath.ToSlash(filepath.Dir(f.Name))] = regexp.MustCompile("(?s)" + want)
		}
	}
	if len(wants) == 0 {
		t.Fatal("no callers with mistakes")
	}

	// Without the dependencies: what is tested is this code.
	if out, err := m.run(nil, "vet", "./promptgen", "./grown", "./good"); err != nil {
		t.Fatalf("go vet: %v\n%s", err, out)
	}
	out, err := m.run(nil, "build", "-o", os.DevNull, "./bad/...")
	if err == nil {
		t.Fatal("callers with mistakes compile")
	}
	said := map[string]string{}
	for part := range strings.SplitSeq("\n"+string(out), "\n# ") {
		name, text, _ := strings.Cut(part, "\n")
		said[name] = text
	}
	for name, want := range wants {
		if !want.MatchString(said[name]) {
			t.Errorf("%s: the compiler says %q, want %q", name, said[name], want)
		}
	}

	out, err = m.run(served(t, list), "run", "./good")
	if err != nil {
		t.Fatalf("go run: %v\n%s", err, out)
	}
	golden := filepath.Join("testdata", "good.golden")
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(golden, out, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// grow changes support.reply as a team would.
func grow(fsys fstest.MapFS) {
	f := fsys["prompts/support/reply.toml"]
	text := string(f.Data)
	text = strings.Replace(text, "[variables.ticket]\ntype = \"string\"", "[variables.ticket]\ntype = \"object\"\n[variables.tone]\ntype = \"string\"", 1)
	text = strings.Replace(text, "[variables.note]\ntype = \"string\"\nrequired = false\n", "", 1)
	text = strings.Replace(text, "{{#note}} Note: {{note}}{{/note}}", "{{tone}}", 1)
	f.Data = []byte(text)
}

// served are the artifacts that the program in testdata/callers.txtar reads.
func served(t *testing.T, list []*prompts.Definition) []byte {
	t.Helper()
	byName := map[string]*prompts.Prompt{}
	for _, d := range list {
		byName[d.Prompt.Name()] = d.Prompt
	}
	older, err := prompts.Parse("reply.toml", "support.reply", []byte(`
model = "gpt-4o"
[variables]
customer = { type = "string" }
ticket = { type = "string" }
[[messages]]
role = "user"
content = "Older. {{customer}}: {{ticket}}"
`))
	if err != nil {
		t.Fatal(err)
	}
	var out []json.RawMessage
	for _, p := range []*prompts.Prompt{byName["support.reply"], older.Prompt, byName["orders"], byName["names-2"]} {
		out = append(out, p.Artifact())
	}
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// callerModule is the module of a service that uses this one.
type callerModule struct{ dir string }

func module(t *testing.T) callerModule {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	const path = "github.com/promptflag/promptflag"
	text := strings.Replace(string(mod), "module "+path, "module caller.test", 1) +
		"\nrequire " + path + " v0.0.0\n\nreplace " + path + " => " + root + "\n"
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	m := callerModule{t.TempDir()}
	m.write(t, "go.mod", []byte(text))
	m.write(t, "go.sum", sum)
	return m
}

func (m callerModule) write(t *testing.T, name string, data []byte) {
	t.Helper()
	file := filepath.Join(m.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run calls the go command, which downloads nothing.
func (m callerModule) run(stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = m.dir
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local")
	return cmd.CombinedOutput()
}
