package suite_test

import (
	"fmt"
	"testing/fstest"

	"github.com/promptflag/promptflag/evalkit/suite"
)

func ExampleLoad() {
	fsys := fstest.MapFS{
		"prompts/support/triage.eval.toml": {Data: []byte(`
[[defaults.assert]]
type = "not-equals"
value = ""

[gate.metrics.accuracy]
min = 0.9
`)},
		"prompts/support/triage.cases.jsonl": {Data: []byte(`
{"id": "refund", "vars": {"ticket": "I want my money back"}, "assert": [{"type": "contains", "value": "billing", "metric": "accuracy"}]}
{"vars": {"ticket": "Where is my parcel?"}, "assert": [{"type": "contains", "value": "shipping", "metric": "accuracy"}]}
`)},
	}
	s, err := suite.Load(fsys, "prompts", "prompts/support/triage.eval.toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Prompt, s.Cases, s.Metrics)
	for c, err := range s.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.ID, c.Vars["ticket"], len(c.Assert))
	}
	// Output:
	// support.triage 2 [accuracy]
	// refund I want my money back 2
	// da06ac5aeac7 Where is my parcel? 2
}

func ExampleLoad_findings() {
	fsys := fstest.MapFS{
		"triage.eval.toml": {Data: []byte("cases = \"triage.cases.csv\"\n[gate.tags.safety]\nmin = 2\n")},
		"triage.cases.csv": {Data: []byte("ticket,__expected,__tags\nHello,contains: hi,safety\nWhat?,,\n")},
	}
	_, err := suite.Load(fsys, ".", "triage.eval.toml")
	fmt.Println(err)
	// Output:
	// triage.cases.csv:3:1: case has no assertion: nothing would be checked (give it assert, or write [[defaults.assert]] for all cases)
	// triage.eval.toml:3:1: gate.tags.safety.min is 2, want 0 to 1
}

func ExampleFind() {
	fsys := fstest.MapFS{
		"prompts/support/triage.toml":      {},
		"prompts/support/triage.eval.toml": {},
		"prompts/_draft.eval.toml":         {},
	}
	fmt.Println(suite.Find(fsys, "prompts"))
	// Output:
	// [prompts/support/triage.eval.toml] <nil>
}
