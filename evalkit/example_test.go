package evalkit_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// shouter stands for a model. It does what the prompt says, where the ticket is
// about cards.
type shouter struct{}

func (shouter) Complete(_ context.Context, r chat.Request) (chat.Response, error) {
	system, ticket := r.Messages[0].Content, r.Messages[1].Content
	answer := "other"
	if strings.Contains(ticket, "card") {
		answer = "cards"
	}
	if strings.Contains(system, "SHOUT") {
		answer = strings.ToUpper(answer)
	}
	return chat.Response{Text: answer, Finish: "stop", Latency: 80 * time.Millisecond, Usage: chat.Usage{Known: true, Input: 30, Output: 1}}, nil
}

// A change is compared with what production serves, case by case.
func Example() {
	sorter := func(system string) *prompts.Prompt {
		d, err := prompts.Parse("sort.toml", "sort", fmt.Appendf(nil, `
model = "small"
[variables.ticket]
type = "string"
[[messages]]
role = "system"
content = %q
[[messages]]
role = "user"
content = "{{ticket}}"
`, system))
		if err != nil {
			log.Fatal(err)
		}
		return d.Prompt
	}
	s, err := suite.Load(fstest.MapFS{"sort.eval.toml": {Data: []byte(`
[gate]
max_regressions = 0
[gate.metrics.accuracy]
min = 0.9
[[tests]]
id = "lost-card"
vars = { ticket = "I lost my card" }
[[tests.assert]]
type = "equals"
value = "cards"
metric = "accuracy"
[[tests]]
id = "joke"
vars = { ticket = "Tell me a joke" }
[[tests.assert]]
type = "icontains"
value = "other"
metric = "accuracy"
`)}}, ".", "sort.eval.toml")
	if err != nil {
		log.Fatal(err)
	}
	report, err := evalkit.Run(context.Background(), evalkit.Plan{
		Suite:     s,
		New:       evalkit.Version{Prompt: sorter("Sort the ticket. SHOUT."), Title: "this change"},
		Baselines: []evalkit.Version{{Prompt: sorter("Sort the ticket."), Title: "production, stable, 100 %", Gates: true}},
	}, evalkit.Services{Model: shouter{}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Verdict)
	for _, g := range report.Gates {
		fmt.Println(g.Sentence)
	}
	for _, f := range report.Flips {
		fmt.Printf("%s: regressed %v\n", f.Case, f.Regressed)
	}
	// Output:
	// fail
	// accuracy 0.50 (n=2), at least 0.90: fail
	// regressions 1 of 2 cases against baseline, at most 0: fail
	// lost-card: regressed true
}
