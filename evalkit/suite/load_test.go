package suite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

func TestFind(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, file := range []string{
		"prompts/b.eval.toml", "prompts/a/z.eval.toml", "prompts/a/z.toml", "prompts/a.b/c.eval.toml", "prompts/_draft.eval.toml", "prompts/.x.eval.toml",
		"prompts/_partials/x.eval.toml", "prompts/.git/x.eval.toml", "prompts/x.eval.toml.bak", "prompts/eval.toml", "other/x.eval.toml",
	} {
		fsys[file] = &fstest.MapFile{}
	}
	got, err := suite.Find(fsys, "prompts")
	if diff := cmp.Diff([]string{"prompts/a.b/c.eval.toml", "prompts/a/z.eval.toml", "prompts/b.eval.toml"}, got); diff != "" || err != nil {
		t.Errorf("Find: %v (-want +got):\n%s", err, diff)
	}
	if _, err := suite.Find(fsys, "gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Find of nothing = %v", err)
	}
	if got, err := suite.Find(fsys, "."); err != nil || len(got) != 4 {
		t.Errorf("Find of all = %q, %v, want 4", got, err)
	}
}

func TestLoadPaths(t *testing.T) {
	for _, test := range []struct{ root, file, want string }{
		{".", "a.eval.toml", ""},
		{"prompts", "a.eval.toml", "not a file"},
		{"prompts", "prompts2/a.eval.toml", "not a file"},
		{"../x", "../x/a.eval.toml", "not a file"},
		{".", "a.toml", "not a file"},
		{".", `prompts\a.eval.toml`, "does not exist"},
		{".", "/a.eval.toml", "not a file"},
	} {
		fsys := fstest.MapFS{"a.eval.toml": {Data: []byte(manySuite)}, "a.cases.jsonl": {Data: []byte("{}")}}
		_, err := suite.Load(fsys, test.root, test.file)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("Load(%q, %q) = %v, want %q", test.root, test.file, err, test.want)
		}
	}
}

// TestLimits are files that are too large somewhere.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	bad := strings.Repeat("{\n", 1000)
	for _, test := range []struct {
		file, src, want string
		findings        int
	}{
		{"a.cases.jsonl", `{"vars":{"a":"` + long + `"}}` + "\n{}\n", "a.cases.jsonl:1:1: line is longer than 1048576 bytes", 1},
		{"a.cases.jsonl", "{}\n" + `{"vars":{"a":"` + long[:1<<20-20] + `"}}`, "", 0},
		{"a.cases.jsonl", bad, "a.cases.jsonl:100:2: and 900 more findings in this file", 101},
		{"a.cases.csv", "a\n\"" + strings.Repeat("x\n", 1<<20), "a.cases.csv:2:1: record is longer than 1048576 bytes", 1},
		{"a.cases.csv", "a\n\"" + strings.Repeat("x\n", 1<<10), "a.cases.csv:1025:2: quoted field does not end where it should", 1},
		{"a.cases.csv", "a\n" + long + "x\n", "a.cases.csv:2:1: record is longer than 1048576 bytes", 1},
		{"a.cases.csv", "a,__repeat\n" + strings.Repeat("x,0\n", 150), "a.cases.csv:101:3: and 50 more findings in this file", 101},
		{"b.toml", "", "suite has no cases", 1},
	} {
		fsys := fstest.MapFS{"a.eval.toml": {Data: []byte(manySuite)}, test.file: {Data: []byte(test.src)}}
		_, err := suite.Load(fsys, ".", "a.eval.toml")
		var found prompts.Findings
		if err != nil && !errors.As(err, &found) {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		if text := fmt.Sprint(err); len(found) != test.findings || !strings.Contains(text, test.want) {
			t.Errorf("%s of %d bytes: %d findings, want %d with %q:\n%.300s", test.file, len(test.src), len(found), test.findings, test.want, text)
		}
	}
	fsys := fstest.MapFS{"a.eval.toml": {Data: []byte("description = \"" + long + "\"")}}
	if _, err := suite.Load(fsys, ".", "a.eval.toml"); err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("Load of a large suite = %.200v", err)
	}
}

// TestHashes says what names a suite and its cases, and what does not.
func TestHashes(t *testing.T) {
	const suiteText = `
repeat = 2
[judge]
model = "gpt-4o"
[defaults]
vars = { product = "Acme" }
[[defaults.assert]]
type = "contains"
value = "x"
`
	const cases = `{"id":"a","vars":{"n":1}}
{"vars":{"n":2},"assert":[{"type":"equals","value":"x"}]}
{"vars":{"n":2},"assert":[{"type":"equals","value":"y"}]}
`
	load := func(suiteText, cases string) *suite.Suite {
		t.Helper()
		s, err := suite.Load(fstest.MapFS{"a.eval.toml": {Data: []byte(suiteText)}, "a.cases.jsonl": {Data: []byte(cases)}}, ".", "a.eval.toml")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	base := load(suiteText, cases)
	lines := strings.SplitAfter(cases, "\n")
	for _, test := range []struct {
		name, suite, cases string
		hash, dataset      bool // the same
	}{
		{"comments and layout", "# about\n" + suiteText, "\n" + strings.ReplaceAll(cases, ",", " , "), true, true},
		{"gate", suiteText + "[gate.pass_rate]\nmin = 0.5\n", cases, true, true},
		{"budget", suiteText + "[budget]\nusd = 5\n", cases, true, true},
		{"description", "description = \"x\"\n" + suiteText, cases, true, true},
		{"max_repeat", "max_repeat = 5\n" + suiteText, cases, true, true},
		{"votes of one", strings.Replace(suiteText, `"gpt-4o"`, `"gpt-4o"`+"\nvotes = 1", 1), cases, true, true},
		{"order", suiteText, lines[2] + lines[1] + lines[0], true, true},
		{"1 and 1.0", suiteText, strings.ReplaceAll(cases, `"n":2`, `"n":2.0`), true, true},
		{"judge", strings.Replace(suiteText, "gpt-4o", "gpt-5", 1), cases, false, true},
		{"repeat", strings.Replace(suiteText, "repeat = 2", "repeat = 3", 1), cases, false, true},
		{"default vars", strings.Replace(suiteText, "Acme", "Other", 1), cases, false, true},
		{"default assertion", strings.Replace(suiteText, `"x"`, `"y"`, 1), cases, false, true},
		{"id", suiteText, strings.Replace(cases, `"a"`, `"b"`, 1), true, false},
		{"assertion", suiteText, strings.Replace(cases, `"x"`, `"z"`, 1), true, false},
		{"one less", suiteText, lines[0] + lines[1], true, false},
		{"tag", suiteText, strings.Replace(cases, `"id":"a"`, `"id":"a","tags":["x"]`, 1), true, false},
	} {
		s := load(test.suite, test.cases)
		if (s.Hash == base.Hash) != test.hash {
			t.Errorf("%s: the same hash is %t, want %t", test.name, s.Hash == base.Hash, test.hash)
		}
		if (s.Dataset == base.Dataset) != test.dataset {
			t.Errorf("%s: the same dataset is %t, want %t", test.name, s.Dataset == base.Dataset, test.dataset)
		}
	}
	if len(base.Hash) != 64 || len(base.Dataset) != 64 {
		t.Errorf("hashes are %q and %q", base.Hash, base.Dataset)
	}
}

// TestOneAtATime ends the sequence early, and reads in two at once.
func TestOneAtATime(t *testing.T) {
	fsys := fstest.MapFS{"a.eval.toml": {Data: []byte(manySuite + "[[tests]]\nid = \"inline\"\n")}, "a.cases.jsonl": {Data: manyJSONL(100)}, "a.cases.csv": {Data: manyCSV(100)}}
	s, err := suite.Load(fsys, ".", "a.eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	for stop := range 203 {
		n := 0
		for _, err := range s.All() {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > stop {
				break
			}
		}
		if want := min(stop+1, 201); n != want {
			t.Errorf("%d cases, want %d", n, want)
		}
	}
	done := make(chan int)
	for range 4 {
		go func() {
			n := 0
			for range s.All() {
				n++
			}
			done <- n
		}()
	}
	for range 4 {
		if n := <-done; n != 201 {
			t.Errorf("%d cases, want 201", n)
		}
	}
}
