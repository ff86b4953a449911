package evalkit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// typed declares a variable of each type.
const typed = `
model = "mock"
variables.text.type = "string"
variables.whole = { type = "integer", default = 7 }
variables.part.type = "number"
variables.yes.type = "boolean"
variables.many.type = "array"
variables.one.type = "object"
[[messages]]
role = "user"
content = "{{text}}|{{whole}}|{{part}}|{{#yes}}yes{{/yes}}{{^yes}}no{{/yes}}|{{#many}}<{{.}}>{{/many}}|{{one.a}}"
[[messages]]
placeholder = "history"
`

func typedSuite(t *testing.T, files map[string]string) (*suite.Suite, *prompts.Prompt) {
	t.Helper()
	d, err := prompts.Parse("a.toml", "a", []byte(typed))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"a.eval.toml": {Data: []byte("[[defaults.assert]]\ntype = \"contains\"\nvalue = \"ok\"\n")}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := suite.Load(fsys, ".", "a.eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	return s, d.Prompt
}

// TestCSVHasTypes: a field of CSV is what the prompt declares.
func TestCSVHasTypes(t *testing.T) {
	s, p := typedSuite(t, map[string]string{"a.cases.csv": strings.Join([]string{
		"text,whole,part,yes,many,one,history",
		`12,5,0.5,true,"[""x"", 2]","{""a"": 1}","[{""role"": ""user"", ""content"": ""before""}]"`,
		`true, 6 ,1e2,FALSE,[],"{""a"": ""ü""}",`,
		`,,3,false,[],"{""a"": null}",`,
	}, "\n")})
	if found, err := evalkit.Check(s, p); err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	asked := make(chan string, 3)
	report, err := evalkit.Run(t.Context(), evalkit.Plan{Suite: s, New: evalkit.Version{Prompt: p}}, evalkit.Services{
		Parallel: 1,
		Model: answerer(func(r chat.Request) (string, error) {
			text := r.Messages[0].Content
			for _, m := range r.Messages[1:] {
				text += " " + m.Content
			}
			asked <- text
			return "ok", nil
		}),
	})
	if err != nil || report.Verdict != evalkit.Pass {
		t.Fatal(report, err)
	}
	close(asked)
	var got []string
	for text := range asked {
		got = append(got, text)
	}
	want := []string{"12|5|0.5|yes|<x><2>|1 before", "true|6|100|no||ü", "|7|3|no||"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestCSVIsNotReadable: what is not of the declared type is a finding on its
// line, without the field.
func TestCSVIsNotReadable(t *testing.T) {
	s, p := typedSuite(t, map[string]string{"a.cases.csv": strings.Join([]string{
		"__id,text,whole,part,yes,many,one,history",
		`wrong,x,secret,yes,1,a b,[],hello`,
		`injected,x,"5,""other"":6",1,true,[],{},`,
		`none,x,5,,null,[],{},`,
		`fraction,x,5.5,1,true,[],{},`,
	}, "\n")})
	found, err := evalkit.Check(s, p)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))
	}
	want := []string{
		`a.cases.csv:2: case "wrong": variable "history" is declared as a list of messages, and this field is none`,
		`a.cases.csv:2: case "wrong": variable "many" is declared as an array, and this field is none`,
		`a.cases.csv:2: case "wrong": variable "one" is declared as an object, and this field is none`,
		`a.cases.csv:2: case "wrong": variable "part" is declared as a number, and this field is none`,
		`a.cases.csv:2: case "wrong": variable "whole" is declared as an integer, and this field is none`,
		`a.cases.csv:2: case "wrong": variable "yes" is declared as a boolean, and this field is none`,
		`a.cases.csv:3: case "injected": variable "one.a" is missing`,
		`a.cases.csv:3: case "injected": variable "whole" is declared as an integer, and this field is none`,
		`a.cases.csv:4: case "none": variable "one.a" is missing`,
		`a.cases.csv:4: case "none": variable "part" is missing`,
		`a.cases.csv:4: case "none": variable "yes" is declared as a boolean, and this field is none`,
		`a.cases.csv:5: case "fraction": variable "one.a" is missing`,
		`a.cases.csv:5: case "fraction": variable "whole" must be integer, not float64`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if text, _ := json.Marshal(found); strings.Contains(string(text), "secret") {
		t.Errorf("a finding quotes a field: %s", text)
	}
}

// TestJSONLHasTypesAlready: "5" is no number there.
func TestJSONLHasTypesAlready(t *testing.T) {
	s, p := typedSuite(t, map[string]string{"a.cases.jsonl": `{"id":"a","vars":{"text":"x","whole":"5","part":1,"yes":true,"many":[],"one":{"a":1}}}` + "\n"})
	found, err := evalkit.Check(s, p)
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Message, "must be integer, not string") {
		t.Error(found, err)
	}
}
