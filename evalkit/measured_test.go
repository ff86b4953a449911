package evalkit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// Numbers that could say more than was measured.

// TestWorseIsNotSurer: the lower bound of what is a little less than perfect is
// not above that of what is.
func TestWorseIsNotSurer(t *testing.T) {
	const check = "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n[gate.pass_rate]\nmin_lower = 0.92\n"
	for name, tt := range map[string]struct{ head, more string }{
		"repeats":  {"repeat = 3\n", ""},
		"clusters": {"", `,"cluster":"%d"`},
	} {
		for _, flaw := range []bool{false, true} {
			var cases strings.Builder
			for i := range 40 {
				more := tt.more
				if more != "" {
					more = fmt.Sprintf(more, i/2)
				}
				fmt.Fprintf(&cases, `{"vars":{"q":"%d"}%s}`+"\n", i, more)
			}
			model := answerer(func(r chat.Request) (string, error) {
				if _, q := of(r); flaw && q == "7" && r.Repeat == 0 {
					return "no", nil
				}
				return "ok", nil
			})
			r := run(t, loadFiles(t, tt.head+check, cases.String()), evalkit.Services{Model: model})
			if r.Verdict != evalkit.Inconclusive || r.Arms[0].PassRate.Lower > 0.915 {
				t.Errorf("%s, flaw %v: %s: %s; summary %+v", name, flaw, r.Verdict, r.Reason, r.Arms[0].PassRate)
			}
		}
	}
}

// timeless answers without saying how long it took, as a record that was written
// by hand does.
type timeless struct{}

func (timeless) Complete(_ context.Context, r chat.Request) (chat.Response, error) {
	if _, q := of(r); q == "1" {
		a, err := says("ok").Complete(context.Background(), r)
		return a, err
	}
	return chat.Response{Text: "ok", Finish: "stop"}, nil
}

// TestNoTime: an answer of which the time is not known is not a fast one.
func TestNoTime(t *testing.T) {
	r := run(t, load(t, 40, "[gate]\nlatency_p95_ms = 100"), evalkit.Services{Model: timeless{}})
	if r.Verdict != evalkit.Inconclusive || !strings.Contains(r.Reason, "39 answers") || r.Arms[0].Latency != nil {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

// TestCostIncreaseByCase: asking the dear cases of one version more often does
// not make it dearer.
func TestCostIncreaseByCase(t *testing.T) {
	price := func(_ string, u chat.Usage) (float64, bool) { return float64(u.Output), true }
	for name, tt := range map[string]struct {
		usd  int
		want evalkit.Verdict
		says string
	}{
		"equal": {10, evalkit.Pass, "0 %"},
		"free":  {0, evalkit.Pass, "both cost nothing"},
	} {
		model := chatFunc(func(r chat.Request) chat.Response {
			system, q := of(r)
			a := chat.Response{Text: "ok", Finish: "stop", Latency: 1, Usage: chat.Usage{Known: true, Output: tt.usd}}
			if q == "dear" {
				a.Usage.Output *= 10
			}
			// The margin over the second baseline alone is undecided: its cases are
			// asked again of the new version, and of it.
			if system == "older" && q != "dear" && r.Repeat == 0 {
				a.Text = "no"
			}
			return a
		})
		cases := `{"vars":{"q":"dear"},"tags":["x"]}` + "\n"
		for i := range 9 {
			cases += fmt.Sprintf(`{"vars":{"q":"%d"}}`+"\n", i)
		}
		s := loadFiles(t, "max_repeat = 20\n[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n[gate]\ncost_increase = 0.1\n[gate.tags.x]\nmin_lower = 0.5\n", cases)
		r := run(t, s, evalkit.Services{Model: model, Cost: price}, baseline(t))
		for _, g := range r.Gates {
			if g.Name == "cost increase" && (g.Verdict != tt.want || !strings.Contains(g.Sentence, tt.says)) {
				t.Errorf("%s: %s", name, g.Sentence)
			}
		}
	}
}

type chatFunc func(chat.Request) chat.Response

func (f chatFunc) Complete(_ context.Context, r chat.Request) (chat.Response, error) {
	return f(r), nil
}

// TestLostAnswersCost: an answer that was cut off, or that came too late, may be
// on the bill, and every attempt: the budget keeps what it may have cost.
func TestLostAnswersCost(t *testing.T) {
	price := func(_ string, u chat.Usage) (float64, bool) { return 1, true }
	for fault, tt := range map[chat.Fault]struct{ attempts, calls int }{
		chat.Cut:         {1, 10},
		chat.Malformed:   {2, 5},
		chat.TimedOut:    {5, 2},
		chat.Unavailable: {1, 40},
		chat.BadRequest:  {1, 40},
	} {
		calls := 0
		meter := evalkit.NewMeter(suite.Budget{USD: 10}, price, nil)
		model := meter.Model(answerer(func(chat.Request) (string, error) {
			calls++
			return "", &chat.Error{Fault: fault, Attempts: tt.attempts}
		}))
		run(t, load(t, 40, ""), evalkit.Services{Model: model, Cost: price, Meter: meter, Parallel: 1})
		if fault == chat.Unavailable { // the breaker ends those
			tt.calls = 32
		}
		if usd, n, _ := meter.Spent(); calls != tt.calls || usd != 0 || n != 0 {
			t.Errorf("%s: %d calls, want %d; spent %v in %d", fault, calls, tt.calls, usd, n)
		}
	}
}

// TestMaxRepeatOfCase: the further samples of a case end at max_repeat, also
// where it began with more than the others.
func TestMaxRepeatOfCase(t *testing.T) {
	seen := make(chan string, 1000)
	model := answerer(func(r chat.Request) (string, error) {
		_, q := of(r)
		seen <- fmt.Sprint(q, "/", r.Repeat)
		return "ok", nil
	})
	s := loadFiles(t, "max_repeat = 4\n[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n[gate.pass_rate]\nmin_lower = 0.99\n",
		"{\"vars\":{\"q\":\"a\"}}\n{\"vars\":{\"q\":\"b\"},\"repeat\":3}\n")
	run(t, s, evalkit.Services{Model: model})
	count := map[string]int{}
	for len(seen) > 0 {
		k := <-seen
		if count[k]++; count[k] > 1 || strings.HasSuffix(k, "/4") {
			t.Errorf("asked %s, %d times", k, count[k])
		}
	}
	if len(count) != 8 {
		t.Errorf("%d requests: %v", len(count), count)
	}
}

// TestMetricOfNoWeight: weight 0 measures, so a metric that nothing else counts
// for decides nothing.
func TestMetricOfNoWeight(t *testing.T) {
	s := loadFiles(t, `
[[defaults.assert]]
type = "equals"
value = "ok"
[[defaults.assert]]
type = "assert-set"
weight = 0
[[defaults.assert.assert]]
type = "equals"
value = "ok"
metric = "inner"
[gate.metrics.inner]
min = 0
`, `{"vars":{"q":"1"}}`)
	if r := run(t, s, evalkit.Services{Model: says("ok")}); r.Verdict == evalkit.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

// TestReportIsJSON: whatever a run found, it can be written.
func TestReportIsJSON(t *testing.T) {
	const gate = "[[defaults.assert]]\ntype = \"rouge-n\"\nvalue = \"ok\"\nthreshold = 0.1\nmetric = \"m\"\n[gate]\nlatency_p95_ms = 1\ncost_per_call = 1\ncost_increase = 1\nmax_regressions = 0\n[gate.pass_rate]\nmargin = 0.1\nmin_lower = 0.1\nmin = 0.1\n[gate.metrics.m]\nmargin = 0.1\nmin_lower = 0.1\n"
	for name, cases := range map[string]string{
		"one case":      `{"vars":{"q":"1"}}`,
		"one cluster":   `{"vars":{"q":"1"},"cluster":"c"}` + "\n" + `{"vars":{"q":"2"},"cluster":"c"}`,
		"repeats":       `{"vars":{"q":"1"},"repeat":3}`,
		"two, repeated": `{"vars":{"q":"1"},"repeat":2}` + "\n" + `{"vars":{"q":"2"},"repeat":3}`,
	} {
		for what, model := range map[string]answerer{
			"answers": says("ok then"),
			"errors":  func(chat.Request) (string, error) { return "", errDown },
		} {
			r := run(t, loadFiles(t, gate, cases), evalkit.Services{Model: model}, baseline(t))
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if _, err := json.Marshal(r.Receipt()); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if r.Verdict == evalkit.Pass {
				t.Errorf("%s, %s: %s", name, what, r.Reason)
			}
		}
	}
}
