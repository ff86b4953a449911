package scaffold

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func states(t *testing.T, o Options) map[string]State {
	t.Helper()
	r, err := Write(o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]State{}
	for _, f := range r.Files {
		if !strings.HasPrefix(f.Path, "recorded/") {
			got[f.Path] = f.State
		}
	}
	return got
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestWorkflowAnywhere: the workflow of the example fits any branch and folder.
func TestWorkflowAnywhere(t *testing.T) {
	top := t.TempDir()
	o := Options{Dir: filepath.Join(top, "a", "b"), Top: top, Branch: `od"d $1`, Owner: "@acme/ai"}
	if got := states(t, o)["../../"+workflowPath]; got != Wrote {
		t.Fatalf("workflow: %q, want wrote", got)
	}
	text, err := os.ReadFile(filepath.Join(top, workflowPath))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`["od\"d $1"]`, "  PROMPTFLAG_DIRECTORY: \"a/b\"\n", `"a/b/prompts/**"`, `"a/b/promptflag.toml"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for path, state := range states(t, o) {
		if state != Same {
			t.Errorf("second run: %s is %s", path, state)
		}
	}
}

// TestOwnConfiguration: the folders that promptflag.toml names are used.
func TestOwnConfiguration(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "promptflag.toml"), "prompts = \"llm/defs\"\nrecorded = \"kept\"\nbucket = \"mem://\"\nunleash.url = \"file://f\"\n[environments.x]\n")
	got := states(t, Options{Dir: dir})
	want := map[string]State{"promptflag.toml": Kept, "llm/defs/ticket-title.toml": Wrote, "llm/defs/ticket-title.eval.toml": Wrote}
	for path, state := range want {
		if got[path] != state {
			t.Errorf("%s: %q, want %q", path, got[path], state)
		}
	}
	taplo, err := os.ReadFile(filepath.Join(dir, ".taplo.toml"))
	if err != nil || !strings.Contains(string(taplo), `["llm/defs/**/*.eval.toml"]`) {
		t.Errorf("%s, %v", taplo, err)
	}
	workflow, err := os.ReadFile(filepath.Join(dir, workflowPath))
	if err != nil || !strings.Contains(string(workflow), `"llm/defs/**"`) || strings.Contains(string(workflow), "production") {
		t.Errorf("%s, %v", workflow, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "llm/defs/ticket-title.toml"))
	if err != nil || !strings.HasPrefix(string(text), "#:schema ../../prompt.schema.json\n") {
		t.Errorf("%.60s, %v", text, err)
	}
}

func TestOwnedLines(t *testing.T) {
	for name, tc := range map[string]struct{ before, want string }{
		"none":           {"", "/prompts/ @you\n/promptflag.toml @you\n"},
		"no end of line": {"* @a", "* @a\n/prompts/ @you\n/promptflag.toml @you\n"},
		"owned":          {"prompts/** @a\n/promptflag.toml\t@b\n", "prompts/** @a\n/promptflag.toml\t@b\n"},
		"other folder":   {"/prompts-old/ @a\n", "/prompts-old/ @a\n/prompts/ @you\n/promptflag.toml @you\n"},
		"commented":      {"# /prompts/ @a\n", "# /prompts/ @a\n/prompts/ @you\n/promptflag.toml @you\n"},
		"Windows":        {"* @a\r\n", "* @a\r\n/prompts/ @you\r\n/promptflag.toml @you\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tc.before != "" {
				put(t, filepath.Join(dir, "docs", "CODEOWNERS"), tc.before)
			} else {
				put(t, filepath.Join(dir, ".github", "CODEOWNERS"), "")
			}
			states(t, Options{Dir: dir})
			got, err := os.ReadFile(filepath.Join(dir, map[bool]string{true: ".github", false: "docs"}[tc.before == ""], "CODEOWNERS"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOutside: a link out of the repository is not followed.
func TestOutside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right there")
	}
	dir, other := t.TempDir(), t.TempDir()
	if err := os.Symlink(other, filepath.Join(dir, ".github")); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(Options{Dir: dir}); err == nil {
		t.Error("no error")
	}
	if entries, err := os.ReadDir(other); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}
