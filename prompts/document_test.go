package prompts

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadJSON(t *testing.T) {
	doc, err := ReadJSON("a.jsonl", 7, []byte(` {"ä": "ö", "n": 1, "f": 1.5, "list": [{"x": null}, [true]]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"ä": "ö", "n": int64(1), "f": 1.5, "list": []any{map[string]any{"x": nil}, []any{true}}}
	if diff := cmp.Diff(want, doc.Values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		key  []string
		line int
		col  int
	}{
		{nil, 7, 2},
		{[]string{"none"}, 7, 2},
		{[]string{"n"}, 7, 13},
		{[]string{"list", "0", "x"}, 7, 41},
		{[]string{"list", "1", "0"}, 7, 54},
		{[]string{"list", "1", "5"}, 7, 53},
	} {
		if f := doc.Finding(test.key, "", "x"); f.Line != test.line || f.Col != test.col || f.File != "a.jsonl" {
			t.Errorf("Finding(%q) is at %v, want %d:%d", test.key, f, test.line, test.col)
		}
	}
}

func TestReadJSONFindings(t *testing.T) {
	for src, want := range map[string]string{
		"":                           "a:3:1: PF004 not JSON: unexpected EOF",
		"[1]":                        "a:3:1: PF007 want a JSON object, got array",
		`{"a": 1, "a": 2}`:           `a:3:10: PF004 key "a" is there twice`,
		`{"a": 9007199254740993}`:    "a:3:7: PF011 integer is beyond 2^53",
		`{"a": 1} {}`:                "a:3:11: PF004 there is something after the end",
		`{"a": "` + "\xff" + `"}`:    "a:3:8: PF003 invalid UTF-8",
		strings.Repeat(" ", 1<<20+1): "a:3:1: PF005 file is larger than 1048576 bytes",
	} {
		_, err := ReadJSON("a", 3, []byte(src))
		var found Findings
		if !errors.As(err, &found) || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadJSON(%.40q) = %v, want %s", src, err, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	for word, want := range map[string]string{"modle": "did you mean model?", "Model": "did you mean model?", "colour": ""} {
		if got := Suggest(word, []string{"model", "owners"}); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestCanonicalOfAnything(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{map[string]any{"b": int64(1), "a": []any{1.0, "é\n", nil, true}}, `{"a":[1,"é\n",null,true],"b":1}`},
		{map[string]any{"s": []string{"x"}, "n": struct{ B, A int }{1, 2}}, `{"n":{"A":2,"B":1},"s":["x"]}`},
	} {
		if got, err := Canonical(test.v); err != nil || string(got) != test.want {
			t.Errorf("Canonical(%v) = %s, %v, want %s", test.v, got, err, test.want)
		}
	}
	for _, v := range []any{map[string]any{"a": int64(1<<53 + 1)}, func() {}} {
		if got, err := Canonical(v); err == nil {
			t.Errorf("Canonical(%T) = %s, want an error", v, got)
		}
	}
}

func ExampleReadJSON() {
	_, err := ReadJSON("triage.cases.jsonl", 12, []byte(`{"id": "a", "id": "b"}`))
	fmt.Println(err)
	// Output:
	// triage.cases.jsonl:12:13: PF004 key "id" is there twice
}
