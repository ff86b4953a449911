package comment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

// triage is a prompt that sorts tickets, with a text for the model.
func triage(t testing.TB, name, model, system string) *prompts.Prompt {
	t.Helper()
	d, err := prompts.Parse("prompts/"+strings.ReplaceAll(name, ".", "/")+".toml", name, fmt.Appendf(nil, `
model = %q
parameters.temperature = 0
variables.ticket.type = "string"
[[messages]]
role = "system"
content = %q
[[messages]]
role = "user"
content = "{{ticket}}"
`, model, system))
	if err != nil {
		t.Fatal(err)
	}
	return d.Prompt
}

const (
	calm   = "You sort support tickets for Acme.\nChoose the queue that can solve the customer's problem.\nAnswer with the name of the queue and nothing else.\n"
	longer = "You sort support tickets for Acme.\nChoose the queue that can solve the customer's problem, and prefer billing when money is involved.\nAnswer with the name of the queue and nothing else.\n"
)

// sorter answers by a prompt's text: the share of cases that it gets wrong.
type sorter struct{ wrong map[string]int }

func (s sorter) Complete(_ context.Context, r chat.Request) (chat.Response, error) {
	system, ticket := r.Messages[0].Content, r.Messages[1].Content
	var n int
	fmt.Sscanf(ticket, "Ticket %d", &n)
	text := "billing"
	for part, every := range s.wrong {
		if strings.Contains(system, part) && every > 0 && n%every == 0 {
			text = "cards </pre></details><h1>Passed</h1> @everyone #1 ![i](http://evil.example/i.png)"
		}
	}
	return chat.Response{
		Text: text, Finish: "stop", Model: r.Model, Latency: 700 * time.Millisecond,
		Usage: chat.Usage{Known: true, Input: 100 + len(system)/4, Output: 4},
	}, nil
}

// results are the lines of evaluations by prompt.
type results map[string]*bytes.Buffer

func (r results) open(prompt string) (io.ReadCloser, error) {
	if r[prompt] == nil {
		return nil, errors.New("there are no results")
	}
	return io.NopCloser(bytes.NewReader(r[prompt].Bytes())), nil
}

// evaluated is a real run of a suite of n cases, with made-up answers.
func (r results) evaluated(t testing.TB, now, old *prompts.Prompt, n int, gate string, m sorter, price float64) *evalkit.Report {
	t.Helper()
	var cases strings.Builder
	for i := range n {
		fmt.Fprintf(&cases, `{"id":"ticket-%03d","vars":{"ticket":"Ticket %d: my card was charged twice."}}`+"\n", i+1, i+1)
	}
	base := strings.ReplaceAll(now.Name(), ".", "/")
	s, err := suite.Load(fstest.MapFS{
		base + ".eval.toml":   {Data: []byte("[[defaults.assert]]\ntype = \"equals\"\nvalue = \"billing\"\nmetric = \"accuracy\"\n" + gate)},
		base + ".cases.jsonl": {Data: []byte(cases.String())},
	}, ".", base+".eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	r[now.Name()] = &bytes.Buffer{}
	p := evalkit.Plan{Suite: s, New: evalkit.Version{Prompt: now, Title: "this change"}}
	if old != nil {
		p.Baselines = []evalkit.Version{{Prompt: old, Title: "production, stable, 100 %", Gates: true}}
	} else {
		p.Unknown = "this pull request has no secrets"
	}
	clock := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	cost := func(_ string, u chat.Usage) (float64, bool) {
		return price * float64(u.Input+4*u.Output) / 1e6, price > 0
	}
	report, err := evalkit.Run(context.Background(), p, evalkit.Services{
		Model: m, Cost: cost, Now: func() time.Time { return clock }, Lines: r[now.Name()],
		Meter: evalkit.NewMeter(suite.Budget{}, cost, func() time.Time { return clock }),
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// changed is a prompt whose text changed: production serves the old one to
// everybody, and would start the new one for 5 %.
func (r results) changed(t testing.TB, name, text string, n int, gate string, m sorter, price float64) Prompt {
	t.Helper()
	old, now := triage(t, name, "gpt-4o-mini", calm), triage(t, name, "gpt-4o-mini", text)
	diff := compare.Diff(old, now)
	p := Prompt{
		Name: name, File: "prompts/" + strings.ReplaceAll(name, ".", "/") + ".toml", Kind: Changed, Version: now.Version(), Changes: &diff, Known: true,
		Live: []live.Version{
			{Environment: "development", Ref: old.Ref(), Role: flags.Stable, Percent: 100, On: true, Prompt: old},
			{Environment: "production", Ref: old.Ref(), Role: flags.Stable, Percent: 100, On: true, Prompt: old},
		},
	}
	for _, e := range []struct {
		name    string
		percent int
	}{{"development", 100}, {"production", 5}} {
		before := plan.State{Exists: true, Stable: old.Ref().String(), Enabled: true}
		after := before
		after.Candidate, after.Percent = now.Ref().String(), e.percent
		p.Items = append(p.Items, plan.Item{
			Prompt: name, Environment: e.name, Flag: name, Kind: plan.Canary, Before: before, After: after,
			Moves: plan.Moves(before, after), Why: "a new version starts as candidate",
		})
	}
	if n > 0 {
		p.Report = r.evaluated(t, now, old, n, gate, m, price)
	} else {
		p.NotEvaluated = "it has no suite"
	}
	return p
}

const gate = "[gate]\nmax_regressions = 1\n[gate.metrics.accuracy]\nmin = 0.9\n[gate.pass_rate]\nmargin = 0.1\n"

func edit(file string) string {
	return "https://github.com/acme/prompts/edit/sort-by-money/" + file
}

func input(r results, list ...Prompt) Input {
	return Input{
		Prompts: list, Environments: []string{"development", "production"}, Open: r.open, Edit: edit,
		RunURL: "https://github.com/acme/prompts/actions/runs/4711",
		Base:   "0123456789abcdef0123456789abcdef01234567", Head: "89abcdef0123456789abcdef0123456789abcdef",
	}
}
