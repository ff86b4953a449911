package prompts

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/promptflag/promptflag/internal/golden"
	"github.com/promptflag/promptflag/internal/teststack"
)

// tomlSuite is the TOML project's own corpus. Nothing of it is in this repository.
const tomlSuite = "github.com/toml-lang/toml-test@v1.6.0"

// corpusFiles yields the .toml files of one folder of the corpus.
func corpusFiles(t *testing.T, folder string, each func(name string, src []byte)) {
	t.Helper()
	root := filepath.Join(teststack.Module(t, tomlSuite), "tests", folder)
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(file) == ".toml" {
			name, _ := filepath.Rel(root, file)
			each(filepath.ToSlash(name), read(t, file))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTOMLInvalid: what is not TOML is a finding that points into the file. What
// the library takes all the same is listed: some of it is TOML since 1.1; the
// rest are tables that are written in two places, which it joins.
func TestTOMLInvalid(t *testing.T) {
	lately := sinceTOML11(t)
	files, encoding := 0, 0
	var taken strings.Builder
	corpusFiles(t, "invalid", func(name string, src []byte) {
		files++
		d, err := ReadDocument(name, src)
		if (d == nil) == (err == nil) {
			t.Errorf("%s: ReadDocument = %v, %v, want one of them", name, d, err)
		}
		var findings, parsed Findings
		errors.As(err, &findings)
		inside(t, name, src, findings)
		_, err = Parse(name, "a", src) // none of them is a prompt, TOML or not
		if !errors.As(err, &parsed) {
			t.Errorf("%s: Parse = %v, want findings", name, err)
		}
		inside(t, name, src, parsed)
		has := func(rules ...string) bool {
			return slices.ContainsFunc(findings, func(f Finding) bool { return slices.Contains(rules, f.Rule) && f.Line > 0 })
		}
		_, err = decodeTOML(newSource(name, src).text)
		switch {
		case err == nil && !has(ruleEncoding):
			why := "joins tables"
			if lately[name] {
				why = "TOML 1.1"
			}
			if len(findings) > 0 {
				why += ", but " + findings[0].Rule
			}
			fmt.Fprintf(&taken, "%s: %s\n", name, why)
		case has(ruleEncoding):
			encoding++
		case !has(ruleSyntax):
			t.Errorf("%s: %v, want a place where it is not TOML (%v)", name, findings, err)
		}
	})
	n := strings.Count(taken.String(), "\n")
	t.Logf("%d files: %d syntax errors, %d that are not text, %d taken by the library", files, files-encoding-n, encoding, n)
	golden.Compare(t, "testdata/toml_taken.txt", []byte(taken.String()))
}

// sinceTOML11 are the invalid files that TOML 1.1 made valid.
func sinceTOML11(t *testing.T) map[string]bool {
	out := map[string]bool{}
	tests := filepath.Join(teststack.Module(t, tomlSuite), "tests")
	for _, list := range []string{"files-toml-1.0.0", "files-toml-1.1.0"} {
		for file := range strings.FieldsSeq(string(read(t, filepath.Join(tests, list)))) {
			if name, ok := strings.CutPrefix(file, "invalid/"); ok {
				out[name] = list == "files-toml-1.0.0"
			}
		}
	}
	return out
}

// TestTOMLValid: what is TOML is never a syntax error; what is refused is so
// because the artifact could not carry it.
func TestTOMLValid(t *testing.T) {
	files, read := 0, 0
	refused := map[string]int{}
	corpusFiles(t, "valid", func(name string, src []byte) {
		files++
		_, err := ReadDocument(name, src)
		_, _ = Parse(name, "a", src)
		if err == nil {
			read++
		}
		var findings Findings
		errors.As(err, &findings)
		inside(t, name, src, findings)
		for _, f := range findings {
			refused[f.Rule]++
			if f.Rule != ruleNotJSON && f.Rule != ruleInexact && f.Rule != ruleTooLarge {
				t.Errorf("%v: but it is TOML", f)
			}
		}
	})
	t.Logf("%d files, %d read; findings of the others by rule: %v", files, read, refused)
}

// inside fails for findings that point at no character of the file, nor at its end.
func inside(t testing.TB, file string, src []byte, findings Findings) {
	t.Helper()
	lines := strings.Split(newSource(file, src).text, "\n")
	for _, f := range findings {
		switch {
		case f.File != file:
			t.Errorf("finding of another file than %s: %v", file, f)
		case f.Line == 0 && f.Col == 0:
		case f.Line < 1 || f.Line > len(lines) || f.Col < 1 || f.Col > utf8.RuneCountInString(lines[f.Line-1])+1:
			t.Errorf("finding outside of the %d lines of its file: %v", len(lines), f)
		}
	}
}
