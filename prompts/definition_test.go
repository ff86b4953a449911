package prompts

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAbout(t *testing.T) {
	d, err := Parse("prompts/support/triage.toml", "support.triage", read(t, "testdata/golden/every_member.toml"))
	if err != nil {
		t.Fatal(err)
	}
	d.Prompt, d.Warnings = nil, nil
	percent := 5
	want := &Definition{
		File:        "prompts/support/triage.toml",
		Description: "Sorts incoming tickets.",
		Owners:      []string{"@acme/support-ai"},
		Tags:        []string{"support"},
		MovedFrom:   "support.sort",
		Deprecated:  &Deprecated{Reason: "The new one is better.", ReplacedBy: "support.triage2"},
		Rollout:     map[string]Rollout{"production": {Percent: &percent, Stickiness: "tenantId"}},
		Inputs: map[string]InputDoc{
			"customer": {}, "labels": {}, "language": {}, "limit": {}, "threshold": {}, "urgent": {},
			"ticket": {Description: "The ticket as the customer wrote it.", Example: "My card was charged twice"},
		},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

// fill repeats a line, with its number for '#', up to a size.
func fill(line string, size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		b.WriteString(strings.ReplaceAll(line, "#", strconv.Itoa(i)))
	}
	return b.String()
}

// TestParseLimits: what is too large or would cost too much has one finding and no long wait.
func TestParseLimits(t *testing.T) {
	quotes := strings.Repeat(`"`, maxSize/2+100) // each becomes two bytes of JSON
	schema := func(n int) string {
		return hello + "[output.schema.properties]\n" + fill("p#={}\n", n*9)
	}
	for _, test := range []struct{ name, src, want string }{
		{"file over 1 MiB", hello + "#" + strings.Repeat("x", maxSize), "file is larger than 1048576 bytes"},
		{"artifact over 1 MiB", strings.Replace(hello, `"Hello."`, "'"+quotes+"'", 1), "prompt is larger than 1048576 bytes"},
		{"schema of many values", schema(2 * maxSchemaNodes), "schema has more than 20000 values"},
		{"sections nested deep", strings.Replace(hello, "Hello.", strings.Repeat("{{#a}}", 20000), 1), "sections are nested deeper than 100"},
		{"values nested deep", hello + "[output.schema.a" + strings.Repeat(".a", 60) + "]\nx = " + strings.Repeat("[", 60) + strings.Repeat("]", 60), "too deep"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("x.toml", "a", []byte(test.src))
			if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 1000 {
				t.Errorf("Parse = %.300v, want %q", err, test.want)
			}
		})
	}
	if _, err := Parse("x.toml", "a", []byte(schema(maxSchemaNodes/10))); err != nil {
		t.Errorf("Parse of a large schema = %.300v, want nil", err)
	}
}

// TestParseHostile: large files made to be slow end soon, with a bounded number of findings.
func TestParseHostile(t *testing.T) {
	const most = maxSize / 4
	for name, src := range map[string]string{
		"unknown keys":         fill("k#=1\n", most),
		"dates on one line":    "x=[" + fill("1979-05-27,", most) + "]",
		"undeclared variables": strings.Replace(hello, "Hello.", fill(`\n{{x#}}`, most), 1),
		"and as many declared": strings.Replace(hello, "Hello.", fill(`{{x#}}`, most/2), 1) + "[variables]\n" + fill("y#={type='string'}\n", most/2),
		"empty messages":       "model='m'\n" + fill("[[messages]]\n", most),
		"faults in a schema":   hello + "[output.schema]\noneOf=[" + fill("{minLength=-1},", most/4) + "]",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("x.toml", "a", []byte(src))
			if findings, ok := err.(Findings); !ok || len(findings) < maxFindings || len(findings) > maxFindings+5 {
				t.Errorf("Parse gives %d findings, want about %d: %.300v", len(findings), maxFindings, err)
			}
		})
	}
}

func TestParseBadName(t *testing.T) {
	_, err := Parse("A.toml", "A", []byte(hello))
	var findings Findings
	if !errors.As(err, &findings) || len(findings) != 1 || findings[0].Line != 0 {
		t.Errorf("Parse = %v, want one finding about the file", err)
	}
}

func TestFindingString(t *testing.T) {
	for _, test := range []struct {
		finding Finding
		want    string
	}{
		{Finding{File: "a.toml", Line: 2, Col: 3, Rule: "PF006", Severity: Error, Message: "no", Hint: "do"}, "a.toml:2:3: PF006 no (do)"},
		{Finding{File: "a.toml", Line: 2, Col: 3, Message: "no"}, "a.toml:2:3: no"},
		{Finding{File: "a.toml", Rule: "PF035", Severity: Warning, Message: "no", Hint: "do"}, "a.toml: warning PF035 no (do)"},
	} {
		if got := test.finding.String(); got != test.want {
			t.Errorf("String() = %q, want %q", got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"MODEL": "model", "max-tokens": "max_tokens", "maxTokens": "max_tokens", "modle": "model", "mod": "model",
		"x": "", "colour": "", "": "", "ab": "", strings.Repeat("model", 1000): "",
	} {
		if got := nearest(word, []string{"model", "max_tokens", "n"}); got != want {
			t.Errorf("nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
}
