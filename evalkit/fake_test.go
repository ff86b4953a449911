package evalkit_test

// A fake model: it answers, fails and hangs exactly as a test says, which a
// server cannot be made to do.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// answerer is a chat.Model by function.
type answerer func(r chat.Request) (string, error)

func (f answerer) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	text, err := f(r)
	if err != nil {
		return chat.Response{}, err
	}
	return chat.Response{
		Text: text, Finish: "stop", Model: r.Model, Latency: 100 * time.Millisecond,
		Usage: chat.Usage{Known: true, Input: 100, Output: 10},
	}, nil
}

// version is a prompt that tells the model which version it is.
func version(t testing.TB, name, system string) *prompts.Prompt {
	t.Helper()
	d, err := prompts.Parse(name+".toml", name, fmt.Appendf(nil, `
model = "mock"
parameters.temperature = 0
variables.q.type = "string"
[[messages]]
role = "system"
content = %q
[[messages]]
role = "user"
content = "{{q}}"
`, system))
	if err != nil {
		t.Fatal(err)
	}
	return d.Prompt
}

// load reads a suite of the prompt a with n cases q = "0" … and the assertion
// that the answer is "ok".
func load(t testing.TB, n int, gate string) *suite.Suite {
	t.Helper()
	var cases strings.Builder
	for i := range n {
		fmt.Fprintf(&cases, `{"id":"case-%03d","vars":{"q":"%d"}}`+"\n", i, i)
	}
	return loadFiles(t, "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\nmetric = \"accuracy\"\n"+gate, cases.String())
}

func loadFiles(t testing.TB, toml, jsonl string) *suite.Suite {
	t.Helper()
	s, err := suite.Load(fstest.MapFS{
		"a.eval.toml":   {Data: []byte(toml)},
		"a.cases.jsonl": {Data: []byte(jsonl)},
	}, ".", "a.eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// of returns what a request says to the model.
func of(r chat.Request) (system, question string) {
	return r.Messages[0].Content, r.Messages[len(r.Messages)-1].Content
}

func run(t testing.TB, s *suite.Suite, services evalkit.Services, baselines ...evalkit.Version) *evalkit.Report {
	t.Helper()
	r, err := evalkit.Run(t.Context(), evalkit.Plan{
		Suite: s, New: evalkit.Version{Prompt: version(t, "a", "new"), Title: "this change"}, Baselines: baselines,
	}, services)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func baseline(t testing.TB) evalkit.Version {
	return evalkit.Version{Prompt: version(t, "a", "old"), Title: "production, stable, 100 %", Gates: true}
}

var errDown = &chat.Error{Fault: chat.Unavailable, Status: 503, Attempts: 5, Err: errors.New("service unavailable")}

// lockedBuffer is a writer of several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}
