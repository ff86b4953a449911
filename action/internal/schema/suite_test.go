package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// unseenOfSuites are findings about what a schema cannot know: several keys
// together, other files, the form of texts.
var unseenOfSuites = []string{
	"suite has no cases", "nothing would be decided", "decides nothing", "is there twice", "is of \"a\"", "votes is 2", "is not a file of the repository",
	"want an integer, got a float", // 1.0, which is an integer of JSON
	"the schema is not JSON", "is not a number of words", "between the commas is empty", "unknown name", "the expression is",
}

// loads says whether a suite is in order, or has faults that a schema cannot see.
func loads(t *testing.T, src string) (ok, unseen bool, err error) {
	t.Helper()
	_, err = suite.Load(fstest.MapFS{"a.eval.toml": {Data: []byte(src)}, "x.jsonl": {Data: []byte("\n")}, "d/x.csv": {Data: []byte("a,__expected\n")}}, ".", "a.eval.toml")
	var findings prompts.Findings
	if err != nil && !errors.As(err, &findings) {
		t.Fatalf("%v\n%s", err, src)
	}
	unseen = !slices.ContainsFunc(findings, func(f prompts.Finding) bool {
		return !slices.ContainsFunc(unseenOfSuites, func(text string) bool {
			return strings.Contains(f.Message, text)
		})
	})
	return err == nil, unseen, err
}

func agree(t *testing.T, sources []string) {
	t.Helper()
	s, accepted, refused := compiled(t, Suite()), 0, 0
	for _, src := range sources {
		ok, unseen, err := loads(t, src)
		v, decodeErr := instance([]byte(src))
		if decodeErr != nil {
			t.Errorf("%v\n%s", decodeErr, src)
			continue
		}
		schemaErr := s.Validate(v)
		switch {
		case schemaErr == nil && err != nil && unseen:
		case ok != (schemaErr == nil):
			t.Errorf("the suite says %v, the schema %v\n%s", err, schemaErr, src)
		case ok:
			accepted++
		default:
			refused++
		}
	}
	t.Logf("%d accepted by both, %d refused", accepted, refused)
}

const decided = "\n[[tests]]\nid = \"one\"\ntags = [\"t\"]\nassert = [{ type = \"contains\", value = \"x\", metric = \"m\" }]\n"

// TestSuitesAgree: keys and values of a suite are accepted or refused by schema
// and parser alike.
func TestSuitesAgree(t *testing.T) {
	values := []string{`true`, `"x"`, `""`, `" "`, `"a\tb"`, `0`, `1`, `2`, `99`, `100`, `101`, `-1`, `0.5`, `0.49`, `0.999`, `1.5`, `1000000`, `1000001`, `[]`, `["a"]`, `["a", 1]`, `[""]`, `{}`, `{ a = 1 }`,
		`"` + strings.Repeat("é", 100) + `"`, `"` + strings.Repeat("é", 101) + `"`, `"x.jsonl"`, `["x.jsonl", "d/x.csv"]`, `["x.jsonl", "x.jsonl"]`, `"../x.jsonl"`, `"/x.jsonl"`, `"d\\x.csv"`, `"x.txt"`, `"d//x.csv"`, `["x.jsonl", 1]`, `"a.b"`, `"A"`,
		`{ model = "m" }`, `{ model = "m", votes = 3 }`, `{ min = 1 }`, `{ min_lower = 0.5, margin = 0.1 }`, `{ min = 1.1 }`, `{ margin = 0 }`, `{ margin = 1 }`, `{ t = { min = 1 } }`, `{ m = { min = 1 } }`, `{ m = {} }`, `{ m = 1 }`, `{ usd = 1 }`, `{ minutes = 0 }`, `{ usd = 0.1, minutes = 2, x = 1 }`}
	root := Suite()["properties"].(Node)
	at := func(key string, more ...string) Node {
		n := root[key].(Node)
		for _, m := range more {
			n = n["properties"].(Node)[m].(Node)
		}
		if items, ok := n["items"].(Node); ok {
			n = items
		}
		return n["properties"].(Node)
	}
	var sources []string
	for before, properties := range map[string]Node{
		"": root, "judge.model = \"m\"\njudge.": at("judge"), "embeddings.": at("embeddings"), "defaults.": at("defaults"), "gate.": at("gate"), "gate.pass_rate.": at("gate", "pass_rate"), "budget.": at("budget"),
	} {
		for _, key := range append(slices.Collect(maps.Keys(properties)), "x") {
			for _, value := range values {
				line := before + key + " = " + value
				if strings.HasPrefix(before, "judge") && key == "model" {
					line = "judge.model = " + value
				}
				if before == "" && key == "tests" {
					sources = append(sources, line)
				} else {
					sources = append(sources, line+decided)
				}
			}
		}
	}
	for _, key := range append(slices.Collect(maps.Keys(at("tests"))), "x") {
		for _, value := range append(values, `"a:b/c.d-e_f 1"`, `" a"`, `"`+strings.Repeat("a", 120)+`"`, `"`+strings.Repeat("a", 121)+`"`) {
			sources = append(sources, "[[defaults.assert]]\ntype = \"is-json\"\n[[tests]]\n"+key+" = "+value)
		}
	}
	sources = append(sources, decided, "gate = {}"+decided, "gate.confidence = 0.9"+decided, "repeat = 1.0"+decided, "judge.votes = 2\njudge.model = \"m\""+decided)
	agree(t, sources)
}

// TestAssertionsAgree does so for what each type of assertion takes.
func TestAssertionsAgree(t *testing.T) {
	var sources []string
	suiteOf := func(assertion string) string {
		return "judge.model = \"m\"\nembeddings.model = \"m\"\n[[tests]]\n[[tests.assert]]\n" + assertion + "\n"
	}
	for _, k := range assert.Kinds() {
		example, ok := examples[k.Name]
		if !ok {
			t.Errorf("%s has no example: write one into examples_test.go", k.Name)
			continue
		}
		if _, known := valueOf(k); known && k.Value != "" && !strings.Contains(k.Value, "nothing") && k.Name != "contains-xml" {
			t.Errorf("%s: valueOf does not know %q", k.Name, k.Value)
		}
		without := func(member string) string {
			lines := strings.Split(example, "\n")
			return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, member+" ") }), "\n")
		}
		sources = append(sources, suiteOf(example), suiteOf(strings.Replace(example, `"`+k.Name+`"`, `"not-`+k.Name+`"`, 1)))
		for member, values := range map[string][]string{
			"value": {`"a"`, `""`, `" "`, `1`, `0`, `-1`, `1.5`, `true`, `[]`, `["a"]`, `["a", 1, true]`, `[""]`, `[["a"]]`, `{}`, `{ type = "string" }`, `{ min = 1 }`, `{ min = 1, max = 2 }`, `{ min = -1 }`, `{ max = "1" }`, `{ min = 1, x = 1 }`,
				`{ requiredElements = ["a"] }`, `{ requiredElements = [] }`, `{ requiredElements = "a" }`, `{ requiredElements = ["a"], x = 1 }`, `"7"`, `"stop"`, `"len(output) > 1"`},
			"threshold":     {`0`, `0.5`, `1`, `1.5`, `-1`, `"1"`, `true`},
			"weight":        {`0.5`, `1`, `1000000`, `1000001`, `-1`, `"1"`},
			"metric":        {`"m"`, `""`, `" "`, `"{{m}}"`, `1`},
			"provider":      {`"m"`, `""`, `1`},
			"rubric_prompt": {`"{{output}} by {{rubric}}"`, `""`, `1`},
			"config":        {`{}`, `{ superset = 0 }`, `{ superset = 2 }`, `{ superset = "1" }`, `{ all = 1 }`, `1`},
			"steps":         {`[]`, `["a"]`, `[""]`, `[1]`, `["{{a}}"]`, `"a"`},
			"assert":        {`[]`, `[{ type = "is-json" }]`, `"a"`, `["a"]`, `[{}]`, `[{ type = "no" }]`, `[{ type = "is-json", x = 1 }]`},
			"x":             {`1`},
		} {
			rest := without(member)
			sources = append(sources, suiteOf(rest))
			for _, value := range values {
				sources = append(sources, suiteOf(rest+"\n"+member+" = "+value))
			}
		}
	}
	sources = append(sources, suiteOf(""), suiteOf(`value = "a"`), suiteOf(`type = "contain"`), suiteOf(`type = 1`), suiteOf(`type = "not-not-contains"`+"\nvalue = \"a\""), suiteOf(`type = "javascript"`))
	agree(t, sources)
}

// TestSuitesOfTheParser: what the tests of package suite take for good and bad.
func TestSuitesOfTheParser(t *testing.T) {
	s := compiled(t, Suite())
	for name, good := range map[string]bool{"whole": true, "minimal": true, "bad_suite": false} {
		definitionsBelow(t, "../../../evalkit/suite/testdata/"+name+".txtar", func(file string, src, _ []byte) {
			v, err := instance(src)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(v); (err == nil) != good {
				t.Errorf("%s: %v", file, err)
			}
		})
	}
}

// TestDefaultsAreSaid: who reads of a number learns what holds without it.
func TestDefaultsAreSaid(t *testing.T) {
	walk(Suite(), "", func(at string, n Node) {
		doc, _ := n["description"].(string)
		v, has := n["default"]
		switch {
		case has && !strings.Contains(doc, fmt.Sprintf("Default %v.", v)):
			t.Errorf("%s has the default %v and says %q", at, v, doc)
		case (n["type"] == "number" || n["type"] == "integer") && doc != "" && !strings.Contains(doc, "Default"):
			t.Errorf("%s says no default: %q", at, doc)
		}
	})
}

// TestMembersAgree: the schema knows the members that some types have.
func TestMembersAgree(t *testing.T) {
	var missing []string
	for _, k := range assert.Kinds() {
		for _, member := range k.Members {
			if _, ok := assertion()["properties"].(Node)[member]; !ok {
				missing = append(missing, k.Name+"."+member)
			}
		}
	}
	if diff := cmp.Diff([]string(nil), missing); diff != "" {
		t.Errorf("members that the schema does not know:\n%s", diff)
	}
}
