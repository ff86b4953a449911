package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/internal/golden"
)

// The files of testdata/trees are small repositories: what Load makes of one,
// and what its prompts render to with the values in it, is in the .want beside it.
func TestTrees(t *testing.T) {
	for _, file := range cases(t, "trees/*.txtar") {
		t.Run(base(file, ".txtar"), func(t *testing.T) {
			golden.Compare(t, strings.TrimSuffix(file, ".txtar")+".want", []byte(describe(t, archive(t, file))))
		})
	}
}

// archive is a txtar file as a file system.
func archive(t testing.TB, file string) fstest.MapFS {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse(data).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

func describe(t *testing.T, fsys fstest.MapFS) string {
	tree, err := Load(fsys, "prompts", nil)
	var findings Findings
	if err != nil && !errors.As(err, &findings) {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, d := range tree.Definitions() {
		fmt.Fprintf(&b, "%s %s\n", d.Prompt.Name(), d.Prompt.Artifact())
		fmt.Fprintf(&b, "  partials %v, files %v, ignored %d, breaking %q\n", d.Partials, d.Files, len(d.Ignored), d.Breaking)
		if again, err := Decode(d.Prompt.Artifact()); err != nil || again.Ref() != d.Prompt.Ref() {
			t.Errorf("Decode(Artifact()) = %v, %v", again, err)
		}
		b.WriteString(rendered(t, d.Prompt, fsys["values.json"]))
	}
	for _, p := range tree.Partials() {
		fmt.Fprintf(&b, "%s used by %v\n", p.File, p.UsedBy)
	}
	for _, f := range tree.Findings() {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

func rendered(t *testing.T, p *Prompt, file *fstest.MapFile) string {
	if file == nil {
		return ""
	}
	var values map[string]any
	if err := json.Unmarshal(file.Data, &values); err != nil {
		t.Fatal(err)
	}
	messages, err := p.Render(values)
	if err != nil {
		return fmt.Sprintf("  %v\n", err)
	}
	var b strings.Builder
	for _, m := range messages {
		data, err := m.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s\n", data)
	}
	return b.String()
}

// TestPartialsAtOnce: many prompts share partials, and are read at once.
func TestPartialsAtOnce(t *testing.T) {
	fsys := fstest.MapFS{"prompts/_a.md": {Data: []byte("{{> b}}")}, "prompts/_b.md": {Data: []byte("text")}}
	for i := range 500 {
		fsys[fmt.Sprintf("prompts/p%d.toml", i)] = &fstest.MapFile{Data: []byte("model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{> a}}\"\n")}
	}
	tree, err := Load(fsys, "prompts", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range tree.Partials() {
		if len(p.UsedBy) != 500 {
			t.Errorf("%s is used by %d prompts, want 500", p.File, len(p.UsedBy))
		}
	}
}

// TestPartialsGrow: partials that double at each step end with a finding.
func TestPartialsGrow(t *testing.T) {
	fsys := fstest.MapFS{"prompts/_p0.md": {Data: []byte(strings.Repeat("laugh ", 100))},
		"prompts/p.toml": {Data: []byte("model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{> p60}}\"\n")}}
	for i := 1; i <= 60; i++ {
		fsys[fmt.Sprintf("prompts/_p%d.md", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "{{> p%d}}{{> p%d}}", i-1, i-1)}
	}
	_, err := Load(fsys, "prompts", nil)
	if err == nil || !strings.Contains(err.Error(), "PF005 text with its partials is larger") {
		t.Errorf("Load = %v, want a finding about the size", err)
	}
}

// TestReferencesStayInside: a link that leaves the repository is not followed,
// by os.Root, which is what the command line gives to Load.
func TestReferencesStayInside(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "repository")
	for name, text := range map[string]string{
		"secret.md":                    "secret",
		"repository/prompts/text.md":   "text",
		"repository/prompts/good.toml": "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent_file = \"near.md\"\n",
		"repository/prompts/bad.toml":  "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent_file = \"link.md\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{> link}}\"\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link.md": "../../secret.md", "_link.md": "../../secret.md", "near.md": "text.md"} {
		if err := os.Symlink(to, filepath.Join(inside, "prompts", link)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tree, err := Load(root.FS(), "prompts", nil)
	if err == nil || strings.Contains(err.Error(), "secret\n") || strings.Count(err.Error(), "path escapes") != 2 {
		t.Errorf("Load = %v, want two findings about paths that escape", err)
	}
	if _, ok := tree.Lookup("good"); !ok {
		t.Errorf("a link inside of the repository is refused: %v", err)
	}
}
