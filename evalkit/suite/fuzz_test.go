package suite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

const fuzzedSuite = `
[judge]
model = "gpt-4o"
[embeddings]
model = "text-embedding-3-small"
[[defaults.assert]]
type = "not-equals"
value = ""
`

// seeds are the files of the archives with an ending.
func seeds(f *testing.F, ending string) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		f.Fatalf("no archives (%v)", err)
	}
	for _, file := range archives {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, in := range txtar.Parse(data).Files {
			if strings.HasSuffix(in.Name, ending) {
				f.Add(in.Data)
				f.Add(bytes.ReplaceAll(in.Data, []byte("\n"), []byte("\r\n")))
			}
		}
	}
}

func FuzzSuite(f *testing.F) {
	seeds(f, ".eval.toml")
	f.Fuzz(func(t *testing.T, src []byte) {
		holds(t, fstest.MapFS{"a.eval.toml": {Data: src}, "a.cases.jsonl": {Data: []byte(`{"vars":{"a":1},"assert":[{"type":"equals","value":"x"}]}`)}})
	})
}

func FuzzJSONL(f *testing.F) {
	seeds(f, ".jsonl")
	f.Add([]byte("\ufeff{}\r\n\r\n{}\r"))
	f.Fuzz(func(t *testing.T, src []byte) {
		s := holds(t, fstest.MapFS{"a.eval.toml": {Data: []byte(fuzzedSuite)}, "a.cases.jsonl": {Data: src}})
		if s == nil {
			return
		}
		lines := bytes.Split(bytes.TrimPrefix(src, []byte("\ufeff")), []byte("\n"))
		slices.Reverse(lines)
		if turned := holds(t, fstest.MapFS{"a.eval.toml": {Data: []byte(fuzzedSuite)}, "a.cases.jsonl": {Data: bytes.Join(lines, []byte("\n"))}}); turned == nil || turned.Dataset != s.Dataset || turned.Hash != s.Hash {
			t.Errorf("the order of the cases matters: %+v and %+v", s, turned)
		}
	})
}

func FuzzCSV(f *testing.F) {
	seeds(f, ".csv")
	f.Add([]byte("\ufeffa,__expected\r\n\"x\r\ny\",z\r\n\r\n\r\r\n,\r\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		holds(t, fstest.MapFS{"a.eval.toml": {Data: []byte(fuzzedSuite)}, "a.cases.csv": {Data: src}})
	})
}

// holds checks what is true of whatever is loaded: findings lie in their files, and
// what has none can be read again as often as one likes.
func holds(t *testing.T, fsys fstest.MapFS) *suite.Suite {
	t.Helper()
	s, err := suite.Load(fsys, ".", "a.eval.toml")
	if err != nil {
		var found prompts.Findings
		if !errors.As(err, &found) || len(found) == 0 {
			t.Fatalf("Load = %v, want findings", err)
		}
		for _, finding := range found {
			inside(t, fsys, finding)
		}
		return nil
	}
	again, err := suite.Load(fsys, ".", "a.eval.toml")
	if err != nil || again.Hash != s.Hash || again.Dataset != s.Dataset || again.Cases != s.Cases {
		t.Errorf("Load again = %+v, %v, want %+v", again, err, s)
	}
	for range 2 {
		ids := map[string]bool{}
		for c, err := range s.All() {
			if err != nil {
				t.Fatalf("All: %v", err)
			}
			if ids[c.ID] || c.ID == "" || c.Repeat < 1 || c.Line < 1 || len(c.Assert) == 0 || c.Vars == nil {
				t.Errorf("case %+v", c)
			}
			ids[c.ID] = true
		}
		if len(ids) != s.Cases || s.Cases == 0 {
			t.Errorf("All yields %d cases, want %d", len(ids), s.Cases)
		}
	}
	return s
}

// inside reports a finding whose place is not in its file.
func inside(t *testing.T, fsys fstest.MapFS, f prompts.Finding) {
	t.Helper()
	file, ok := fsys[f.File]
	if !ok {
		t.Errorf("%v: there is no such file", f)
		return
	}
	if f.Severity != prompts.Error || f.Message == "" || !utf8.ValidString(f.String()) {
		t.Errorf("%#v is not a finding that can be shown", f)
	}
	if f.Line == 0 && f.Col == 0 {
		return
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(file.Data), "\ufeff"), "\r\n", "\n")
	lines := strings.Split(text, "\n")
	if f.Line < 1 || f.Line > len(lines) {
		t.Errorf("%v: the file has %d lines", f, len(lines))
	} else if n := utf8.RuneCountInString(lines[f.Line-1]); f.Col < 1 || f.Col > n+1 {
		t.Errorf("%v: the line has %d characters", f, n)
	}
}
