package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every input of action.yml is read, and every input that is read is one.
func TestInputs(t *testing.T) {
	manifest, err := os.ReadFile("../../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, inputs, _ := strings.Cut(string(manifest), "\ninputs:\n")
	inputs, _, _ = strings.Cut(inputs, "\noutputs:\n")
	declared := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+):$`).FindAllStringSubmatch(inputs, -1) {
		declared["INPUT_"+strings.ToUpper(m[1])] = true
	}
	if len(declared) == 0 {
		t.Fatal("no inputs found in action.yml")
	}
	files, _ := filepath.Glob("*.go")
	read := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`["`+"`"+`,](INPUT_[A-Z-]+)["`+"`"+`,]`).FindAllStringSubmatch(string(src), -1) {
			read[m[1]] = true
		}
	}
	for name := range declared {
		if !read[name] {
			t.Errorf("action.yml has an input that nothing reads: %s", name)
		}
	}
	for name := range read {
		if !declared[name] {
			t.Errorf("%s is read but is no input of action.yml", name)
		}
	}
}
