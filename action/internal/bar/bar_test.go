package bar

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

const cases = `{"id":"a","vars":{"q":"1"}}
{"id":"b","vars":{"q":"2"},"tags":["safety"]}
{"id":"c","vars":{"q":"3"},"assert":[{"type":"contains","value":"x"}]}
`

const rules = `repeat = 3
[judge]
model = "gpt-4o"
votes = 3
[[defaults.assert]]
type = "equals"
value = "ok"
metric = "accuracy"
[[defaults.assert]]
type = "llm-rubric"
value = "is kind"
threshold = 0.8
[gate]
max_regressions = 0
latency_p95_ms = 2000
[gate.pass_rate]
min = 0.9
margin = 0.05
[gate.metrics.accuracy]
min = 0.95
[gate.tags.safety]
min = 1
`

func load(t testing.TB, toml, jsonl string) *suite.Suite {
	t.Helper()
	s, err := suite.Load(fstest.MapFS{"p.eval.toml": {Data: []byte(toml)}, "p.cases.jsonl": {Data: []byte(jsonl)}}, ".", "p.eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// said are the sentences, with the direction in front.
func said(all []Move) (out []string) {
	for _, m := range all {
		sign := "harder: "
		if m.Loosens {
			sign = "easier: "
		}
		out = append(out, sign+m.Sentence)
	}
	return out
}

func TestSuites(t *testing.T) {
	for _, test := range []struct {
		name  string
		rules [2]string // old text in rules, and what it becomes
		cases [2]string // likewise
		now   string    // a whole suite instead
		want  []string
	}{
		{name: "nothing"},
		{name: "case gone", cases: [2]string{`{"id":"a","vars":{"q":"1"}}` + "\n", ""}, want: []string{"easier: removes 1 of 3 cases: a"}},
		{name: "case new", cases: [2]string{`{"id":"a"`, `{"id":"z","vars":{"q":"0"}}` + "\n" + `{"id":"a"`}, want: []string{"harder: adds 1 case"}},
		{name: "another question", cases: [2]string{`"q":"1"`, `"q":"0"`}, want: []string{"easier: changes the input of 1 of 3 cases: a"}},
		{name: "tag gone", cases: [2]string{`"vars":{"q":"1"}`, `"vars":{"q":"1"},"tags":["safety"]`}, want: []string{"easier: changes the tags, by which the gate counts, of 1 of 3 cases: a"}},
		{name: "score is enough", cases: [2]string{`"vars":{"q":"1"}`, `"vars":{"q":"1"},"threshold":0.5`}, want: []string{"easier: lowers the score that is enough in 1 of 3 cases: a"}},
		{name: "asked once", cases: [2]string{`"vars":{"q":"1"}`, `"vars":{"q":"1"},"repeat":1`}, want: []string{"easier: asks fewer times in 1 of 3 cases: a"}},
		{name: "assertion gone", cases: [2]string{`,"assert":[{"type":"contains","value":"x"}]`, ""}, want: []string{"easier: no longer checks contains in 1 of 3 cases: c"}},
		{name: "assertion new", cases: [2]string{`{"type":"contains","value":"x"}`, `{"type":"contains","value":"x"},{"type":"is-json"}`}, want: []string{"harder: checks is-json, too, in 1 case"}},
		{name: "expects otherwise", cases: [2]string{`"value":"x"`, `"value":""`}, want: nil},
		{name: "default expects otherwise", rules: [2]string{`"ok"`, `"fine"`}, want: []string{"easier: changes what equals expects in 3 of 3 cases: a, b, c"}},
		{name: "measures only", rules: [2]string{`threshold = 0.8`, "threshold = 0.8\nweight = 0"}, want: []string{"easier: lets llm-rubric decide nothing any more (weight 1 → 0) in 3 of 3 cases: a, b, c"}},
		{name: "weaker", rules: [2]string{`threshold = 0.8`, `threshold = 0.5`}, want: []string{"easier: asks another threshold of llm-rubric (0.8 → 0.5) in 3 of 3 cases: a, b, c"}},
		{name: "stronger", rules: [2]string{`threshold = 0.8`, `threshold = 0.9`}, want: []string{"harder: asks another threshold of llm-rubric (0.8 → 0.9) in 3 cases"}},
		{name: "repeat", rules: [2]string{"repeat = 3", "repeat = 1"}, want: []string{"easier: asks every case 1 time instead of 3"}},
		{name: "judge", rules: [2]string{`"gpt-4o"`, `"gpt-4o-mini"`}, want: []string{"easier: asks another judge: gpt-4o-mini instead of gpt-4o"}},
		{name: "votes", rules: [2]string{"votes = 3", "votes = 1"}, want: []string{"easier: asks the judge 1 time instead of 3"}},
		{name: "min", rules: [2]string{"min = 0.95", "min = 0.9"}, want: []string{"easier: lowers what the metric accuracy has to reach from 95 % to 90 %"}},
		{name: "min up", rules: [2]string{"min = 0.95", "min = 0.99"}, want: []string{"harder: raises what the metric accuracy has to reach from 95 % to 99 %"}},
		{name: "metric gone", rules: [2]string{"[gate.metrics.accuracy]\nmin = 0.95\n", ""}, want: []string{"easier: no longer asks the metric accuracy to be at least 95 %"}},
		{name: "margin", rules: [2]string{"margin = 0.05", "margin = 0.2"}, want: []string{"easier: raises by how much the pass rate may be worse than in production from 5 points to 20 points"}},
		{name: "margin gone", rules: [2]string{"margin = 0.05\n", ""}, want: []string{"easier: no longer compares the pass rate with what production serves (it could be worse by less than 5 points)"}},
		{name: "regressions", rules: [2]string{"max_regressions = 0", "max_regressions = 3"}, want: []string{"easier: raises how many cases may get worse from 0 to 3"}},
		{name: "latency gone", rules: [2]string{"latency_p95_ms = 2000\n", ""}, want: []string{"easier: no longer limits how long an answer may take (the limit was 2000 ms)"}},
		{name: "cost new", rules: [2]string{"max_regressions = 0", "max_regressions = 0\ncost_per_call = 0.01"}, want: []string{"harder: limits what a call may cost to $0.01"}},
		{name: "tag gate", rules: [2]string{"[gate.tags.safety]\nmin = 1\n", ""}, want: []string{"easier: no longer asks the pass rate of cases tagged safety to be at least 100 %"}},
		{name: "every case", rules: [2]string{rules[strings.Index(rules, "[gate]"):], ""}, want: []string{
			"harder: raises what the pass rate has to reach from 90 % to 100 %",
			"easier: no longer asks the metric accuracy to be at least 95 %",
			"easier: no longer asks the pass rate of cases tagged safety to be at least 100 %",
			"easier: no longer limits how many cases may get worse (the limit was 0)",
			"easier: no longer limits how long an answer may take (the limit was 2000 ms)",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "expects otherwise" {
				test.cases[1], test.want = `"value":"y"`, []string{"easier: changes what contains expects in 1 of 3 cases: c"}
			}
			now := load(t, strings.Replace(rules, test.rules[0], test.rules[1], 1), strings.Replace(cases, test.cases[0], test.cases[1], 1))
			got, err := Suites(load(t, rules, cases), now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, said(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestSuiteComesAndGoes(t *testing.T) {
	s := load(t, rules, cases)
	gone, _ := Suites(s, nil)
	added, _ := Suites(nil, s)
	want := []string{"easier: removes the evaluation, which had 3 cases: nothing is measured any more", "harder: adds an evaluation with 3 cases"}
	if diff := cmp.Diff(want, said(append(gone, added...))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestManyCases: names are few, counts are whole, whatever the size.
func TestManyCases(t *testing.T) {
	var old, now strings.Builder
	const n = 6000
	for i := range n {
		fmt.Fprintf(&old, `{"id":"case-%d","vars":{"q":"%d"},"assert":[{"type":"equals","value":"%d"}]}`+"\n", i, i, i)
		if i%2 == 0 {
			fmt.Fprintf(&now, `{"id":"case-%d","vars":{"q":"%d"},"assert":[{"type":"equals","value":"%d!"}]}`+"\n", i, i, i)
		}
	}
	const gate = "[gate.pass_rate]\nmin = 0.9\n"
	got, err := Suites(load(t, gate, old.String()), load(t, gate, now.String()))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"easier: removes 3000 of 6000 cases: case-1, case-3, case-5, case-7, case-9 and 2995 more",
		"easier: changes what equals expects in 2000 of 6000 cases: case-0, case-2, case-4, case-6, case-8 and 1995 more",
		"easier: changes what is checked in 1000 of 6000 cases: case-4000, case-4002, case-4004, case-4006, case-4008 and 995 more",
	}
	if diff := cmp.Diff(want, said(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

const file = `bucket = "file://b"
require_approvals = 2
require_codeowner = true
[unleash]
url = "file://f"
[gate]
require_suite = true
[check]
names = ["support.*"]
[check.severity]
PF101 = "error"
[prices."m"]
input = 2
output = 8
[environments.production]
percent = 5
publish = "manual"
[[environments.production.freeze]]
days = ["sat", "sun"]
[environments.development]
percent = 100
`

// settings reads a file, without what this state of package config does not know.
func settings(t *testing.T, text string) Settings {
	t.Helper()
	doc, err := prompts.ReadDocument(config.FileName, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	old := text
	for _, key := range []string{"require_approvals", "require_codeowner", "publish", "days"} {
		var kept []string
		for line := range strings.Lines(old) {
			if !strings.HasPrefix(line, key) && !strings.Contains(line, "freeze]]") {
				kept = append(kept, line)
			}
		}
		old = strings.Join(kept, "")
	}
	cfg, err := config.Load(fstest.MapFS{config.FileName: {Data: []byte(old)}}, "/x")
	if err != nil {
		t.Fatal(err)
	}
	return Settings{cfg, doc.Values}
}

func TestFile(t *testing.T) {
	for _, test := range []struct{ old, now, want string }{
		{"", "", ""},
		{"require_suite = true", "require_suite = false", "easier: takes back require_suite: every prompt has to have an evaluation"},
		{"require_suite = true", "on_inconclusive = \"publish\"\nrequire_suite = true", "easier: takes back on_inconclusive: what could not be told is not published"},
		{"percent = 5", "percent = 50", "easier: starts new versions in production for 50 % of users instead of 5 %"},
		{"percent = 5", "percent = 1", "harder: starts new versions in production for 1 % of users instead of 5 %"},
		{`PF101 = "error"`, `PF101 = "note"`, "easier: makes findings of PF101 note instead of error"},
		{`PF101 = "error"`, ``, "easier: makes findings of PF101 what they are by default instead of error"},
		{`names = ["support.*"]`, `names = ["**"]`, "easier: changes which names prompts may have from support.* to **"},
		{"input = 2", "input = 0.1", "easier: lowers the price of m, by which costs are judged, from $2 and $8 to $0.1 and $8 per million tokens"},
		{"[check.severity]", "[[check.ignore]]\nrule = \"PF102\"\nreason = \"later\"\n[check.severity]", "easier: ignores the rule PF102 for all: later"},
		{"require_approvals = 2", "require_approvals = 1", "easier: lowers how many people have to approve before production from 2 to 1\neasier: lowers how many people have to approve before development from 2 to 1"},
		{"require_codeowner = true\n", "", "easier: takes back require_codeowner: an owner of the files has to approve before production\neasier: takes back require_codeowner: an owner of the files has to approve before development"},
		{"publish = \"manual\"\n", "", "easier: takes back publish = \"manual\": nothing reaches production by a merge alone"},
		{`["sat", "sun"]`, `["sun"]`, "easier: removes or changes 1 window of time in which nothing is published to production\nharder: adds 1 window of time in which nothing is published to production"},
	} {
		got := strings.Join(said(File(settings(t, file), settings(t, strings.Replace(file, test.old, test.now, 1)))), "\n")
		if got != test.want {
			t.Errorf("%q → %q:\n%s\nwant\n%s", test.old, test.now, got, test.want)
		}
	}
}

func TestDefinitions(t *testing.T) {
	read := func(text string) *prompts.Definition {
		d, err := prompts.Parse("p.toml", "p", []byte(text+"model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"x\"\n"+map[bool]string{true: "[check.ignore]\nPF101 = \"nobody yet\"\n"}[text == ""]))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	with, without := read(""), read("description = \"x\"\n")
	if diff := cmp.Diff([]string{"easier: ignores the rule PF101: nobody yet"}, said(Definitions(without, with))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := Definitions(with, without); len(got) > 0 {
		t.Errorf("an exception that goes: %v", got)
	}
}
