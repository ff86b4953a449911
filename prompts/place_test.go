package prompts_test

import (
	"testing"
	"testing/fstest"

	"github.com/promptflag/promptflag/prompts"
)

func TestNameOf(t *testing.T) {
	for _, test := range []struct{ root, file, extension, want string }{
		{"prompts", "prompts/a.toml", prompts.Extension, "a"},
		{"prompts", "prompts/a/b.toml", prompts.Extension, "a.b"},
		{"prompts", "prompts/a.b.toml", prompts.Extension, "a.b"},
		{".", "a/b.toml", prompts.Extension, "a.b"},
		{"prompts", "prompts/a.eval.toml", prompts.SuiteExtension, "a"},
		{"prompts", "prompts/a.eval.toml", prompts.Extension, ""},
		{"prompts", "prompts/a.toml", prompts.SuiteExtension, ""},
		{"prompts", "prompts/a.md", prompts.Extension, ""},
		{"prompts", "other/a.toml", prompts.Extension, ""},
		{"prompts", "promptsa.toml", prompts.Extension, ""},
	} {
		if got := prompts.NameOf(test.root, test.file, test.extension); got != test.want {
			t.Errorf("NameOf(%q, %q, %q) = %q, want %q", test.root, test.file, test.extension, got, test.want)
		}
	}
}

// TestFileOf: a file is found wherever NameOf takes it for the prompt's.
func TestFileOf(t *testing.T) {
	fsys := fstest.MapFS{
		"p/a.toml": {}, "p/b/c.toml": {}, "p/d.e.toml": {}, "p/f.g/h.i.toml": {},
		"p/j/k.toml/l.toml": {}, "p/m.eval.toml": {},
	}
	for _, test := range []struct {
		name, want string
		exists     bool
	}{
		{"a", "p/a.toml", true},
		{"b.c", "p/b/c.toml", true},
		{"d.e", "p/d.e.toml", true},
		{"f.g.h.i", "p/f.g/h.i.toml", true},
		{"j.k", "p/j/k.toml", false}, // a folder
		{"j.k.toml.l", "p/j/k.toml/l.toml", true},
		{"m.eval", "p/m/eval.toml", false}, // the suite of m
		{"none.of.it", "p/none/of/it.toml", false},
		{"../a", "p/a.toml", false}, // no name
	} {
		file, exists := prompts.FileOf(fsys, "p", test.name, prompts.Extension)
		if file != test.want || exists != test.exists {
			t.Errorf("FileOf(%q) = %q, %v, want %q, %v", test.name, file, exists, test.want, test.exists)
		}
		if exists && prompts.NameOf("p", file, prompts.Extension) != test.name {
			t.Errorf("NameOf(%q) is not %q", file, test.name)
		}
	}
}
