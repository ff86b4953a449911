package suite

import (
	"testing"
	"testing/fstest"
)

func TestPromptOf(t *testing.T) {
	for _, test := range []struct{ root, file, want string }{
		{"prompts", "prompts/a.eval.toml", "a"},
		{"prompts", "prompts/a/b.eval.toml", "a.b"},
		{"prompts", "prompts/a.b.eval.toml", "a.b"},
		{"x/y", "x/y/a/b.eval.toml", "a.b"},
		{".", "a/b.eval.toml", "a.b"},
		{".", "a/b.toml", ""},
		{"prompts", "prompts/a.toml", ""},
		{"prompts", "other/a.eval.toml", ""},
		{"prompts", "promptsa.eval.toml", ""},
	} {
		if got := PromptOf(test.root, test.file); got != test.want {
			t.Errorf("PromptOf(%q, %q) = %q, want %q", test.root, test.file, got, test.want)
		}
	}
}

// TestFile: a suite is found wherever PromptOf takes it for the prompt's.
func TestFile(t *testing.T) {
	fsys := fstest.MapFS{
		"p/a.eval.toml":     {},
		"p/a/b.eval.toml":   {},
		"p/c.d.eval.toml":   {},
		"p/e.f/g.eval.toml": {},
		"p/h/i.toml":        {},
	}
	for _, test := range []struct {
		prompt, want string
		exists       bool
	}{
		{"a", "p/a.eval.toml", true},
		{"a.b", "p/a/b.eval.toml", true},
		{"c.d", "p/c.d.eval.toml", true},
		{"e.f.g", "p/e.f/g.eval.toml", true},
		{"h.i", "p/h/i.eval.toml", false},
		{"e.f", "p/e/f.eval.toml", false},
	} {
		got, exists := File(fsys, "p", test.prompt)
		if got != test.want || exists != test.exists {
			t.Errorf("File(%s) = %s, %v, want %s, %v", test.prompt, got, exists, test.want, test.exists)
		}
		if name := PromptOf("p", got); name != test.prompt {
			t.Errorf("PromptOf(%s) = %s, want %s", got, name, test.prompt)
		}
	}
	if got, exists := File(fsys, ".", "a.b"); got != "a/b.eval.toml" || exists {
		t.Errorf("File below the root = %s, %v", got, exists)
	}
}
