package assert

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/internal/golden"
	"github.com/promptflag/promptflag/prompts"
)

// answer is one pair of output and assertion and what promptfoo said about it;
// testdata/promptfoo.mjs asks it.
type answer struct {
	Assertion map[string]any `json:"assertion"`
	Output    string         `json:"output"`
	Vars      map[string]any `json:"vars"`
	Latency   float64        `json:"latencyMs"`
	Cost      *float64       `json:"cost"`
	Logprobs  []float64      `json:"logProbs"`
	Finish    string         `json:"finish"`
	ToolCalls []struct {
		Function struct{ Name, Arguments string } `json:"function"`
	} `json:"toolCalls"`
	Tools []struct {
		Function prompts.Tool `json:"function"`
	} `json:"tools"`
	Promptfoo struct {
		Pass  bool    `json:"pass"`
		Score float64 `json:"score"`
		Error string  `json:"error"`
	} `json:"promptfoo"`
}

func (a answer) input() Input {
	in := Input{Vars: a.Vars, Cost: a.Cost,
		Output: chat.Response{Text: a.Output, Latency: time.Duration(a.Latency * float64(time.Millisecond)), Logprobs: a.Logprobs, Finish: a.Finish}}
	for _, call := range a.ToolCalls {
		in.Output.ToolCalls = append(in.Output.ToolCalls, chat.ToolCall{Name: call.Function.Name, Arguments: call.Function.Arguments})
	}
	for _, tool := range a.Tools {
		in.Tools = append(in.Tools, tool.Function)
	}
	return in
}

// verdict is how testdata/promptfoo.md writes what somebody says.
func verdict(pass bool, score float64, failed bool) string {
	switch {
	case failed:
		return "error"
	case pass:
		return "pass " + numberText(math.Round(score*1e4)/1e4)
	}
	return "fail " + numberText(math.Round(score*1e4)/1e4)
}

// reasons are why we differ from promptfoo on purpose. Each row of the table in
// testdata/promptfoo.md names one; a difference without a reason is "unexplained".
var reasons = []struct {
	name  string
	holds func(a answer, ours Result) bool
}{
	{"A missing finish reason is not known, so nothing can be said.", func(a answer, r Result) bool {
		return strings.HasSuffix(r.Type, "finish-reason") && a.Finish == ""
	}},
	{"promptfoo gives an empty output the score 0 whatever it decides; here a pass has 1 and its opposite 0.", func(a answer, r Result) bool {
		return strings.HasSuffix(r.Type, "is-refusal") && strings.TrimSpace(a.Output) == "" && r.Pass == a.Promptfoo.Pass
	}},
	{"promptfoo leaves the score of not-tool-call-f1 as it is; here it is turned around as for all types.", func(a answer, r Result) bool {
		return r.Type == "not-tool-call-f1" && r.Pass == a.Promptfoo.Pass
	}},
	{"promptfoo looks for objects only; here an array that fits the schema will do.", func(a answer, r Result) bool {
		schema, _ := a.Assertion["value"].(map[string]any)
		return strings.HasSuffix(r.Type, "contains-json") && schema["type"] == "array" && r.Pass != strings.HasPrefix(r.Type, not)
	}},
	{"promptfoo counts braces inside of strings too; here they are text.", func(a answer, r Result) bool {
		return strings.HasSuffix(r.Type, "contains-json") && braceInText.MatchString(a.Output) && r.Pass != strings.HasPrefix(r.Type, not)
	}},
	{"promptfoo reads fragments as YAML with comments and closes braces; here JSON is JSON.", func(a answer, r Result) bool {
		// promptfoo says that there is JSON, and here the opposite is said
		return strings.HasSuffix(r.Type, "contains-json") && r.Pass == strings.HasPrefix(r.Type, not)
	}},
	{"promptfoo does not look whether a fragment is well-formed; here it must be, as for is-xml.", func(a answer, r Result) bool {
		return strings.HasSuffix(r.Type, "contains-xml") && r.Pass == strings.HasPrefix(r.Type, not)
	}},
	{"promptfoo's list of phrases has other verbs for each way to say no; here all go with all.", func(a answer, r Result) bool {
		return strings.HasSuffix(r.Type, "is-refusal") && strings.Contains(a.Output, "I cannot recommend")
	}},
	{"promptfoo's arithmetic loses the last digit of F1; here it is exact at the threshold.", func(a answer, r Result) bool {
		threshold, _ := a.Assertion["threshold"].(float64)
		return strings.HasSuffix(r.Type, "rouge-n") && math.Abs(r.Score-a.Promptfoo.Score) < 1e-9 && (math.Abs(r.Score-threshold) < 1e-9 || math.Abs(1-r.Score-threshold) < 1e-9)
	}},
	{"promptfoo counts UTF-16 units; here characters count.", func(a answer, r Result) bool {
		beyond := func(r rune) bool { return r > 0xffff }
		return (strings.HasSuffix(r.Type, "levenshtein") || strings.HasSuffix(r.Type, "regex")) && strings.ContainsFunc(a.Output+compact(a.Assertion), beyond)
	}},
}

var braceInText = regexp.MustCompile(`"[^":,]*[{}][^":,]*"`)

func TestPromptfoo(t *testing.T) {
	data, err := os.ReadFile("testdata/promptfoo.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Version string   `json:"promptfoo"`
		Pairs   []answer `json:"pairs"`
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	if recorded.Version != "0.123.1" || len(recorded.Pairs) < 200 {
		t.Fatalf("%d pairs of promptfoo %s", len(recorded.Pairs), recorded.Version)
	}
	var table strings.Builder
	unexplained, different := 0, 0
	used := map[string]bool{}
	for _, a := range recorded.Pairs {
		ours := mustParse(t, a.Assertion).Run(t.Context(), a.input(), Services{})
		failed := a.Promptfoo.Error != ""
		if (ours.Error != "") == failed && (failed || ours.Pass == a.Promptfoo.Pass && math.Abs(ours.Score-a.Promptfoo.Score) <= 1e-6) {
			continue
		}
		different++
		reason := "unexplained"
		for _, r := range reasons {
			if r.holds(a, ours) {
				reason, used[r.name] = r.name, true
				break
			}
		}
		if reason == "unexplained" {
			unexplained++
		}
		fmt.Fprintf(&table, "| `%s` | `%s` | %s | %s | %s |\n", cell(compact(a.Assertion)), cell(fmt.Sprintf("%.60q", a.Output)),
			verdict(a.Promptfoo.Pass, a.Promptfoo.Score, failed), verdict(ours.Pass, ours.Score, ours.Error != ""), reason)
	}
	if unexplained*50 > len(recorded.Pairs) {
		t.Errorf("%d of %d pairs are unexplained, more than 2 %%", unexplained, len(recorded.Pairs))
	}
	for _, r := range reasons {
		if !used[r.name] {
			t.Errorf("no pair differs because of this any more: %s", r.name)
		}
	}
	golden.Compare(t, "testdata/promptfoo.md", fmt.Sprintf("# Differences from promptfoo\n\nWhat promptfoo %s and this package say about %d pairs of output and assertion: %d differ, %d of them unexplained.\n"+
		"The pairs are in promptfoo.json, which promptfoo.mjs writes. This table is written by TestPromptfoo.\n\n"+
		"| Assertion | Output | promptfoo | Here | Why |\n|---|---|---|---|---|\n%s", recorded.Version, len(recorded.Pairs), different, unexplained, table.String()))
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
