package suite_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/evalkit/suite"
)

// TestGolden loads the one suite of each archive. Its last file, "want", is what
// comes of it: findings, or the suite and its cases. UPDATE=1 rewrites it.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) < 10 {
		t.Fatalf("%d archives, want at least 10 (%v)", len(archives), err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys, want := fstest.MapFS{}, ""
			for _, f := range a.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					fsys[f.Name] = &fstest.MapFile{Data: f.Data}
				}
			}
			got := loaded(t, fsys)
			if os.Getenv("UPDATE") == "1" {
				if n := len(a.Files) - 1; a.Files[n].Name == "want" {
					a.Files = a.Files[:n]
				}
				a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func loaded(t *testing.T, fsys fs.FS) string {
	t.Helper()
	root := "prompts"
	files, err := suite.Find(fsys, root)
	if err != nil || len(files) != 1 {
		t.Fatalf("Find = %q, %v, want one", files, err)
	}
	s, err := suite.Load(fsys, root, files[0])
	if err != nil {
		return err.Error() + "\n"
	}
	return dump(t, s)
}

// dump is everything that a suite says.
func dump(t *testing.T, s *suite.Suite) string {
	t.Helper()
	var b strings.Builder
	printJSON(&b, s)
	n := 0
	for c, err := range s.All() {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		n++
		shown := *c
		shown.Assert = nil
		fmt.Fprintln(&b)
		printJSON(&b, shown)
		for _, a := range c.Assert {
			fmt.Fprintf(&b, "%s not=%t metric=%q weight=%v\n", a.Type, a.Not, a.Metric, a.Weight)
		}
	}
	if n != s.Cases {
		t.Errorf("All yields %d cases, want %d", n, s.Cases)
	}
	return b.String()
}

func printJSON(b *strings.Builder, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		fmt.Fprintln(b, err)
	}
}
