package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const manifest = "../../../action.yml"

// declared are the names in a section of action.yml, or of another file of
// that form, which another section or the end of the file follows.
func declared(t *testing.T, file, section string) []string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut("\n"+string(src), "\n"+section+":\n")
	if end := regexp.MustCompile(`(?m)^\S`).FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	names := submatches(`(?m)^  ([a-z-]+):$`, text)
	if len(names) == 0 {
		t.Fatalf("%s has no %s", file, section)
	}
	return names
}

// submatches are the distinct first groups of all matches, sorted.
func submatches(pattern, text string) []string {
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// sources is the program's own text, of this package.
func sources(t *testing.T) string {
	t.Helper()
	files, _ := filepath.Glob("*.go")
	var all strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(src)
	}
	return all.String()
}

// TestInputs: every input of action.yml is read, and every input that is read
// is one.
func TestInputs(t *testing.T) {
	var want []string
	for _, name := range declared(t, manifest, "inputs") {
		want = append(want, "INPUT_"+strings.ToUpper(name))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, submatches("[\"`,](INPUT_[A-Z-]+)[\"`,]", sources(t))); diff != "" {
		t.Errorf("inputs (-action.yml +read):\n%s", diff)
	}
}

// TestOutputs: every output of action.yml is set, and every output that is set
// is one.
func TestOutputs(t *testing.T) {
	// By name, or from a table of names and values.
	text := sources(t)
	set := submatches(`\.(?:Output|outputJSON)\("([a-z-]+)"`, text)
	for _, table := range submatches(`(?s)range \[\]\[2\]string\{(.*?)\n\t\} \{\n[^\n]*\.Output\(`, text) {
		set = append(set, submatches(`\{"([a-z-]+)",`, table)...)
	}
	slices.Sort(set)
	set = slices.Compact(set)
	want := declared(t, manifest, "outputs")
	slices.Sort(want)
	if diff := cmp.Diff(want, set); diff != "" {
		t.Errorf("outputs (-action.yml +set):\n%s", diff)
	}
}

// TestExampleInputs: the workflow of the example gives the action inputs that
// it has and reads outputs that it has.
func TestExampleInputs(t *testing.T) {
	src, err := os.ReadFile("../../example/.github/workflows/prompts.yml")
	if err != nil {
		t.Fatal(err)
	}
	inputs, outputs := declared(t, manifest, "inputs"), declared(t, manifest, "outputs")
	steps := strings.Split(string(src), "- uses: promptflag/promptflag@")
	for _, step := range steps[1:] {
		step, _, _ = strings.Cut(step, "\n      - ")
		_, with, ok := strings.Cut(step, "        with:\n")
		if end := regexp.MustCompile(`(?m)^ {0,8}\S`).FindStringIndex(with); end != nil {
			with = with[:end[0]]
		}
		for _, name := range submatches(`(?m)^ {10}([a-z-]+):`, with) {
			if ok && !slices.Contains(inputs, name) {
				t.Errorf("prompts.yml gives the input %s", name)
			}
		}
	}
	for _, name := range submatches(`steps\.promptflag\.outputs\.([a-z-]+)`, string(src)) {
		if !slices.Contains(outputs, name) {
			t.Errorf("prompts.yml reads the output %s", name)
		}
	}
	// It starts on no event that has no command.
	_, on, _ := strings.Cut(string(src), "\non:\n")
	on, _, _ = strings.Cut(on, "\npermissions:")
	for _, event := range submatches(`(?m)^  ([a-z_]+):`, on) {
		p := Process{Getenv: func(k string) string { return map[string]string{"GITHUB_EVENT_NAME": event}[k] }}
		if _, err := p.fromEvent(); err != nil && event != "workflow_dispatch" {
			t.Errorf("prompts.yml runs on %s: %v", event, err)
		}
	}
	// A field of a form is never pasted into a script, or into another word.
	for _, line := range strings.Split(string(src), "\n") {
		if strings.Contains(line, "inputs.") && !regexp.MustCompile(`^ {10}[a-z-]+: \$\{\{ inputs\.[a-z-]+ \}\}$`).MatchString(line) {
			t.Errorf("not an input of its own: %s", line)
		}
	}
}
