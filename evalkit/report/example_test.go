package report_test

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/report"
)

// small is a report of two cases, and its results.
func small() (*evalkit.Report, report.Open) {
	value, limit := 0.5, 0.9
	r := &evalkit.Report{
		Schema: evalkit.ReportSchema, Prompt: "triage", Verdict: evalkit.Fail, Reason: "accuracy 0.5 (n=2), at least 0.9: fail",
		Suite: evalkit.SuiteInfo{File: "triage.eval.toml", Cases: 2, Repeat: 1}, Calls: 2, Spent: 0.0021,
		Arms: []evalkit.Arm{{ID: "new", Title: "this change", Role: evalkit.New, Version: "4f2c81d09ab3", Model: "gpt-4o-mini", Cases: 2}},
		Gates: []evalkit.Gated{{
			Name: "accuracy", Rule: "at least 0.9", Verdict: evalkit.Fail, Value: &value, Limit: limit,
			Sentence: "accuracy 0.5 (n=2), at least 0.9: fail",
		}},
	}
	lines := `{"case":{"id":"late","vars":{"ticket":"Where is my parcel?"},"file":"triage.cases.jsonl","line":1}}
{"sample":{"case":"late","arm":"new","repeat":0,"output":{"text":"delivery","finish":"stop"},"pass":true,"score":1}}
{"case":{"id":"twice","vars":{"ticket":"I was charged twice."},"file":"triage.cases.jsonl","line":2}}
{"sample":{"case":"twice","arm":"new","repeat":0,"output":{"text":"other","finish":"stop"},"pass":false,"score":0,"results":[{"type":"equals","weight":1,"pass":false,"score":0,"reason":"want \"billing\""}]}}
`
	return r, func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(lines)), nil }
}

func ExampleText() {
	r, _ := small()
	if err := report.Text(os.Stdout, r, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// triage: 2 cases of triage.eval.toml; 2 answers asked for in this run; 0 read
	// from records; paid $0.0021
	//
	//           new    verdict
	// accuracy  0.500  ✗ failed
	//
	// ✗ accuracy 0.5 (n=2), at least 0.9: fail
	//
	// FAILED: triage: accuracy 0.5 (n=2), at least 0.9: fail
}

func ExampleJUnit() {
	r, open := small()
	if err := report.JUnit(os.Stdout, []*evalkit.Report{r}, open); err != nil {
		fmt.Println(err)
	}
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <testsuites name="promptflag eval">
	//   <testsuite name="triage" tests="4" failures="3" errors="0" skipped="0" time="0.000" timestamp="0001-01-01T00:00:00">
	//     <properties>
	//       <property name="verdict" value="fail"></property>
	//       <property name="reason" value="accuracy 0.5 (n=2), at least 0.9: fail"></property>
	//       <property name="model" value="gpt-4o-mini"></property>
	//     </properties>
	//     <testcase name="verdict" classname="triage.gates" time="0">
	//       <failure type="gate" message="accuracy 0.5 (n=2), at least 0.9: fail">accuracy 0.5 (n=2), at least 0.9: fail</failure>
	//     </testcase>
	//     <testcase name="accuracy: at least 0.9" classname="triage.gates" time="0">
	//       <failure type="gate" message="accuracy 0.5 (n=2), at least 0.9: fail">accuracy 0.5 (n=2), at least 0.9: fail</failure>
	//     </testcase>
	//     <testcase name="late" classname="triage.cases" time="0.000"></testcase>
	//     <testcase name="twice" classname="triage.cases" time="0.000">
	//       <failure type="assertion" message="1 of 1 answer failed">triage.cases.jsonl:2&#xA;failed equals: want &#34;billing&#34;&#xA;</failure>
	//     </testcase>
	//   </testsuite>
	// </testsuites>
}

func ExampleMarkdown() {
	r, open := small()
	if err := report.Markdown(os.Stdout, r, open, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ### `triage`: failed
	//
	// **Failed.** accuracy 0.5 (n=2), at least 0.9: fail
	//
	// This change (`4f2c81d09ab3`, `gpt-4o-mini`). It was compared with no version in production.
	//
	// |  | new | rule | verdict |
	// | --- | --- | --- | --- |
	// | accuracy | 0.500 | at least 0.9 | **✗ failed** |
	//
	// - Failed: accuracy 0.5 (n=2), at least 0.9: fail
	//
	// **Cases that fail** (1)
	//
	// <details><summary>Fails: <code>twice</code>, <code>triage.cases.jsonl:2</code></summary>
	//
	// Input
	//
	// <pre>
	// ticket: I was charged twice.
	// </pre>
	//
	// This change (failed)
	//
	// <pre>
	// other
	// </pre>
	//
	// - failed: `equals`, `want "billing"`
	//
	// </details>
	//
	// |  | cost of 1,000 calls | latency p50 | latency p95 | errors |
	// | --- | --- | --- | --- | --- |
	// | this change | not known | not known | not known | 0 |
	//
	// Rests on 2 cases of triage.eval.toml; 2 answers asked for in this run; 0 read from records; paid $0.0021.
}
