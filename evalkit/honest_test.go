package evalkit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// Ways in which a verdict could say more than the answers do.

func says(text string) answerer {
	return func(chat.Request) (string, error) { return text, nil }
}

// TestCancelledBetweenCases: a run that ends between two cases, when no answer
// is in the making, has no verdict about the cases so far.
func TestCancelledBetweenCases(t *testing.T) {
	var cases strings.Builder
	for i := range 50 {
		fmt.Fprintf(&cases, "{\"vars\":{\"q\":\"%d\"}}\n", i)
	}
	slow := &slowCases{FS: fstest.MapFS{
		"a.eval.toml":   {Data: []byte("[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n")},
		"a.cases.jsonl": {Data: []byte(cases.String())},
	}}
	s, err := suite.Load(slow, ".", "a.eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan bool, 50)
	slow.line = func(n int) {
		if n == 10 {
			for range n {
				<-answered
			}
			cancel()
		}
	}
	r, err := evalkit.Run(ctx, evalkit.Plan{Suite: s, New: evalkit.Version{Prompt: version(t, "a", "new")}},
		evalkit.Services{Model: says("ok"), Progress: func(int, int) { answered <- true }})
	if r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %+v, %v", r, err)
	}
}

// slowCases gives cases line by line, and tells line after how many.
type slowCases struct {
	fs.FS
	line func(n int)
}

func (s *slowCases) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || s.line == nil {
		return f, err
	}
	return &slowFile{File: f, line: s.line}, nil
}

type slowFile struct {
	fs.File
	line  func(n int)
	lines int
	next  bool
}

func (f *slowFile) Read(p []byte) (int, error) {
	if f.next {
		f.next, f.lines = false, f.lines+1
		f.line(f.lines)
	}
	n, err := f.File.Read(p[:1])
	f.next = n == 1 && p[0] == '\n'
	return n, err
}

// TestSomeBaselinesUnknown: one readable baseline does not make up for another
// that serves and cannot be read.
func TestSomeBaselinesUnknown(t *testing.T) {
	for _, gate := range []string{"[gate.metrics.accuracy]\nmargin = 0.5", "[gate]\nmax_regressions = 0", "[gate]\ncost_increase = 0.1"} {
		r, err := evalkit.Run(t.Context(), evalkit.Plan{
			Suite: load(t, 50, gate), New: evalkit.Version{Prompt: version(t, "a", "new")}, Baselines: []evalkit.Version{baseline(t)},
			Unknown: "version 0123 cannot be read",
		}, evalkit.Services{Model: says("ok"), Cost: func(string, chat.Usage) (float64, bool) { return 1, true }})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != evalkit.Inconclusive || !strings.Contains(r.Reason, "version 0123 cannot be read") || len(r.Gates) != 2 {
			t.Errorf("%s: %s: %s", gate, r.Verdict, r.Reason)
		}
	}
}

// TestErrorsOutsideTheRules: a case that was not answered keeps a run from
// passing, although no rule is about it.
func TestErrorsOutsideTheRules(t *testing.T) {
	model := answerer(func(r chat.Request) (string, error) {
		if _, q := of(r); q == "2" {
			return "", errDown
		}
		return "ok", nil
	})
	cases := "{\"vars\":{\"q\":\"1\"},\"tags\":[\"safety\"]}\n{\"vars\":{\"q\":\"2\"}}\n"
	r := run(t, loadFiles(t, "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n[gate.tags.safety]\nmin = 1\n", cases), evalkit.Services{Model: model})
	if r.Verdict != evalkit.Inconclusive || !strings.Contains(r.Reason, "1 case has no answer") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}
