package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
)

func TestSARIF(t *testing.T) {
	report := &Report{
		Findings: prompts.Findings{
			{File: "prompts/ä b#1.toml", Line: 3, Col: 7, Rule: "PF006", Severity: prompts.Error, Message: "unknown key <b>", Hint: "did you mean b?"},
			{File: "prompts/c.toml", Rule: "PF101", Severity: prompts.Warning, Message: "no owner"},
		},
		Ignored: prompts.Findings{{File: "prompts/d.toml", Rule: "PF102", Severity: prompts.Note, Message: "no description"}},
	}
	var b bytes.Buffer
	if err := report.SARIF(&b, "sub", "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	log, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := standard(t).Validate(log); err != nil {
		t.Errorf("not SARIF 2.1.0: %v", err)
	}
	var decoded sarifLog
	data, _ := json.Marshal(log)
	if err := json.Unmarshal(data, &decoded); err != nil {
		t.Fatal(err)
	}
	run := decoded.Runs[0]
	if got := len(run.Tool.Driver.Rules); got != len(Rules()) {
		t.Errorf("%d rules, want %d", got, len(Rules()))
	}
	var got []string
	for _, r := range run.Results {
		at := r.Locations[0].Physical
		line := 0
		if at.Region != nil {
			line = at.Region.StartLine
		}
		if id := run.Tool.Driver.Rules[r.RuleIndex].ID; id != r.RuleID {
			t.Errorf("rule %d is %s, want %s", r.RuleIndex, id, r.RuleID)
		}
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%d|%d", r.RuleID, r.Level, at.Artifact.URI, r.Message.Text, line, len(r.Suppressions)))
	}
	want := []string{
		"PF006|error|sub/prompts/%C3%A4%20b%231.toml|unknown key <b> (did you mean b?)|3|0",
		"PF101|warning|sub/prompts/c.toml|no owner|0|0",
		"PF102|note|sub/prompts/d.toml|no description|0|1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// standard is the schema of SARIF 2.1.0, as a Go library has it as a constant.
func standard(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir := teststack.Module(t, "github.com/owenrumney/go-sarif/v3@v3.2.3")
	src, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "pkg", "report", "v210", "sarif", "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	literal := src.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit)
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("sarif.json")
}

func TestFix(t *testing.T) {
	const valid = "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"Hello\"\n"
	tests := []struct {
		name, src, want string
		mended          int
	}{
		{"a key", "modle = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"Hello\"\n", valid, 1},
		{"a word", "model = \"m\"\n[[messages]]\nrole = 'sytem'\ncontent = \"Hello\"\n", "model = \"m\"\n[[messages]]\nrole = \"system\"\ncontent = \"Hello\"\n", 1},
		{"a key that is there already", "model = \"m\"\nmodle = \"n\"\n[[messages]]\nrole = \"user\"\ncontent = \"Hello\"\n", "", 0},
		{"a declaration", "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{a}} {{b}} {{a}}\"", "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{a}} {{b}} {{a}}\"\n\n[variables.a]\ntype = \"string\"\n\n[variables.b]\ntype = \"string\"\n", 3},
		{"no declaration of what was misspelt", "model = \"m\"\n[variables.name]\ntype = \"string\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{nmae}} {{name}}\"\n", "", 0},
		{"mixed line ends", "model = \"m\"\r\n[[messages]]\nrole = \"user\"\ncontent = \"Hello\"\n", valid, 1},
		{"a mark", "\ufeff" + valid, valid, 1},
		{"CRLF stays", strings.ReplaceAll("modle = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"Hello\"\n", "\n", "\r\n"), strings.ReplaceAll(valid, "\n", "\r\n"), 1},
		{"several", "\ufeffmodle = \"m\"\n[parameters]\nmaxTokens = 5\nstopSequences = [\"x\"]\n[[messages]]\nroel = \"user\"\ncontent = \"Hello\"\n", "model = \"m\"\n[parameters]\nmax_tokens = 5\nstop = [\"x\"]\n[[messages]]\nrole = \"user\"\ncontent = \"Hello\"\n", 5},
		{"nothing", valid, valid, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if want == "" {
				want = test.src
			}
			d, err := prompts.Parse("a.toml", "a", []byte(test.src))
			findings, _ := err.(prompts.Findings)
			if d != nil {
				findings = d.Warnings
			}
			got, mended := Fix([]byte(test.src), findings)
			if diff := cmp.Diff(want, string(got)); diff != "" || mended != test.mended {
				t.Errorf("Fix mended %d, want %d (-want +got):\n%s\n%v", mended, test.mended, diff, findings)
			}
		})
	}
}
