package evalkit_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

// TestRun: the report and the lines of a run with a baseline.
func TestRun(t *testing.T) {
	var lines lockedBuffer
	model := answerer(func(r chat.Request) (string, error) {
		time.Sleep(rand.N(time.Millisecond)) // answers come in any order
		system, q := of(r)
		i, _ := strconv.Atoi(q)
		switch {
		case system == "new" && i == 7:
			return "", errDown
		case system == "new" && i%10 == 0, system == "old" && i%5 == 1:
			return "no", nil
		}
		return "ok", nil
	})
	var last atomic.Int64
	services := evalkit.Services{
		Model: model, Lines: &lines, Parallel: 8,
		Progress: func(done, total int) {
			if done <= total {
				last.Store(int64(done*1000 + total))
			}
		},
	}
	s := load(t, 50, "[gate]\nmax_regressions = 4\n[gate.metrics.accuracy]\nmin = 0.8")
	r := run(t, s, services, baseline(t))
	if last.Load() != 100*1000+100 {
		t.Errorf("last progress %d", last.Load())
	}
	if r.Verdict != evalkit.Fail || r.Suite.Hash != s.Hash || r.Suite.Cases != 50 {
		t.Errorf("%s: %s, suite %+v", r.Verdict, r.Reason, r.Suite)
	}
	n, b := r.Arms[0], r.Arms[1]
	for name, got := range map[string]any{
		"new cases": n.Cases, "new errors": n.Errors, "pass rate": n.PassRate.Value, "faults": fmt.Sprint(n.Faults),
		"base": b.PassRate.Value, "regressed": b.Versus.Regressed, "improved": b.Versus.Improved, "compared": b.Versus.Cases,
		"cost": n.Cost == nil, "latency": n.Latency.P95, "tokens": *n.Tokens, "metric": n.Metrics[0].Name,
	} {
		want := map[string]any{
			"new cases": 49, "new errors": 1, "pass rate": 44. / 49, "faults": "map[unavailable:1]",
			"base": 40. / 50, "regressed": 5, "improved": 10, "compared": 49,
			"cost": true, "latency": 100., "tokens": evalkit.TokenCount{Input: 100, Output: 10}, "metric": "accuracy",
		}[name]
		if !cmp.Equal(want, got) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if len(r.Flips) != 15 || !r.Flips[0].Regressed || r.Flips[0].Case != "case-000" || r.Flips[5].Regressed {
		t.Errorf("flips %+v", r.Flips)
	}
	if diff := cmp.Diff([]evalkit.Problem{{Case: "case-007", Arm: "new", Fault: "unavailable", Detail: "(HTTP 503) after 5 attempts: service unavailable"}}, r.Problems); diff != "" {
		t.Errorf("problems (-want +got)\n%s", diff)
	}

	cases, samples := map[string]bool{}, map[string]evalkit.Sample{}
	for scan := bufio.NewScanner(strings.NewReader(lines.String())); scan.Scan(); {
		var l evalkit.Line
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Case != nil {
			cases[l.Case.ID] = true
		} else {
			if !cases[l.Sample.Case] {
				t.Errorf("a sample of %s before its case", l.Sample.Case)
			}
			samples[l.Sample.Case+l.Sample.Arm] = *l.Sample
		}
	}
	if len(cases) != 50 || len(samples) != 100 {
		t.Errorf("%d cases and %d samples in the lines", len(cases), len(samples))
	}
	if s := samples["case-000new"]; s.Pass || s.Output.Text != "no" || len(s.Results) != 1 || s.Results[0].Metric != "accuracy" {
		t.Errorf("%+v", s)
	}
	if s := samples["case-007new"]; s.Fault != "unavailable" || s.Results != nil {
		t.Errorf("%+v", s)
	}

	// The same answers, in another order, are the same report.
	again := run(t, s, services, baseline(t))
	again.Started, again.Seconds, r.Started, r.Seconds = time.Time{}, 0, time.Time{}, 0
	a, _ := json.Marshal(r)
	c, _ := json.Marshal(again)
	if diff := cmp.Diff(string(a), string(c)); diff != "" {
		t.Errorf("a second run (-first +second)\n%s", diff)
	}
}

// TestRepeats: the score of a case is the mean of its samples, and repeats are
// requests of their own.
func TestRepeats(t *testing.T) {
	seen := make(chan string, 100)
	model := answerer(func(r chat.Request) (string, error) {
		_, q := of(r)
		seen <- fmt.Sprint(q, "/", r.Repeat)
		if q == "1" && r.Repeat == 2 {
			return "no", nil
		}
		return "ok", nil
	})
	r := run(t, load(t, 4, "[gate.pass_rate]\nmin = 0.9"), evalkit.Services{Model: model})
	if len(seen) != 4 || r.Arms[0].PassAll != nil {
		t.Errorf("%d requests, pass^k %v", len(seen), r.Arms[0].PassAll)
	}
	s := loadFiles(t, "repeat = 4\n[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n[gate.pass_rate]\nmin = 0.9\n",
		"{\"vars\":{\"q\":\"0\"}}\n{\"vars\":{\"q\":\"1\"}}\n{\"vars\":{\"q\":\"2\"},\"repeat\":5}\n")
	for len(seen) > 0 {
		<-seen
	}
	r = run(t, s, evalkit.Services{Model: model})
	if len(seen) != 13 {
		t.Errorf("%d requests", len(seen))
	}
	if got, want := r.Arms[0].PassRate.Value, (1+0.75+1)/3; got != want {
		t.Errorf("pass rate %v, want %v", got, want)
	}
	if got := r.Arms[0].PassAll; got == nil || *got != 2./3 {
		t.Errorf("pass^4 = %v, want 2/3", got)
	}
}

// TestMoreSamples: when a gate is undecided, its cases are asked again, until it
// can tell or max_repeat is reached; other cases are not.
func TestMoreSamples(t *testing.T) {
	var asked atomic.Int64
	other := map[string]bool{}
	model := answerer(func(r chat.Request) (string, error) {
		asked.Add(1)
		system, q := of(r)
		if q == "other" && r.Repeat > 0 {
			other[q] = true
		}
		i, _ := strconv.Atoi(q)
		if system == "old" {
			i++
		}
		if (i+r.Repeat)%3 == 0 { // flaky, and both versions equally so
			return "no", nil
		}
		return "ok", nil
	})
	cases := "{\"vars\":{\"q\":\"other\"},\"assert\":[{\"type\":\"contains\",\"value\":\"\"}]}\n"
	for i := range 60 {
		cases += fmt.Sprintf("{\"vars\":{\"q\":\"%d\"},\"tags\":[\"x\"],\"assert\":[{\"type\":\"equals\",\"value\":\"ok\"}]}\n", i)
	}
	cases = strings.Replace(cases, `"value":""`, `"value":"o"`, 1)
	const gate = "[gate.tags.x]\nmargin = 0.12\n"
	once := run(t, loadFiles(t, gate, cases), evalkit.Services{Model: model}, baseline(t))
	if once.Verdict != evalkit.Inconclusive || asked.Load() != 122 {
		t.Fatalf("%s after %d: %s", once.Verdict, asked.Load(), once.Reason)
	}
	asked.Store(0)
	more := run(t, loadFiles(t, "max_repeat = 10\n"+gate, cases), evalkit.Services{Model: model}, baseline(t))
	if more.Verdict != evalkit.Pass || more.Suite.Repeat < 2 || more.Suite.Repeat > 10 {
		t.Errorf("%s with %d samples: %s", more.Verdict, more.Suite.Repeat, more.Reason)
	}
	if want := int64(122 + 120*(more.Suite.Repeat-1)); asked.Load() != want || len(other) > 0 {
		t.Errorf("%d requests, want %d; of cases that no gate is about: %v", asked.Load(), want, other)
	}
}

// TestInterrupted: no report, and no answer that is not one.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var lines lockedBuffer
	n := 0
	model := answerer(func(r chat.Request) (string, error) {
		if n++; n == 10 {
			cancel()
			return "", context.Canceled
		}
		return "ok", nil
	})
	r, err := evalkit.Run(ctx, evalkit.Plan{Suite: load(t, 50, ""), New: evalkit.Version{Prompt: version(t, "a", "new")}},
		evalkit.Services{Model: model, Lines: &lines, Parallel: 1})
	if r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, %v", r, err)
	}
	if n := strings.Count(lines.String(), `"sample"`); n != 9 {
		t.Errorf("%d samples were written", n)
	}
}

type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	model := answerer(func(chat.Request) (string, error) { return "ok", nil })
	_, err := evalkit.Run(t.Context(), evalkit.Plan{Suite: load(t, 50, ""), New: evalkit.Version{Prompt: version(t, "a", "new")}},
		evalkit.Services{Model: model, Lines: &fullDisk{2000}})
	if err == nil || !strings.Contains(err.Error(), "write results: no space left on device") {
		t.Errorf("Run: %v", err)
	}
}

func TestBadPlans(t *testing.T) {
	s := load(t, 3, "")
	n := evalkit.Version{Prompt: version(t, "a", "new")}
	for name, p := range map[string]evalkit.Plan{
		"no suite":     {New: n},
		"no prompt":    {Suite: s},
		"other prompt": {Suite: s, New: evalkit.Version{Prompt: version(t, "b", "new")}},
		"twice":        {Suite: s, New: n, Baselines: []evalkit.Version{n}},
	} {
		if r, err := evalkit.Run(t.Context(), p, evalkit.Services{Model: answerer(nil)}); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestCheck: what a case lacks is told at its line, before anything is paid for.
func TestCheck(t *testing.T) {
	s := loadFiles(t, "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n", "{\"vars\":{\"q\":\"1\",\"expected\":\"x\"}}\n{\"vars\":{\"p\":\"1\"}}\n{\"vars\":{\"q\":7}}\n")
	found, err := evalkit.Check(s, version(t, "a", "new"))
	if err != nil || len(found) != 2 {
		t.Fatalf("%v, %v", found, err)
	}
	for i, want := range []string{"a.cases.jsonl:2:1: case ", "a.cases.jsonl:3:1: case "} {
		if got := found[i].String(); !strings.HasPrefix(got, want) || !strings.Contains(got, `variable "q"`) || found[i].Severity != prompts.Error {
			t.Errorf("%s\nwant %s…", got, want)
		}
	}
}
