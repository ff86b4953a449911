package otelprompt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/promptflag/promptflag/prompts"
)

// of returns the series of metric with the attributes that every run of
// p in these tests has, and more; attributes are sorted by key.
func of(metric string, p *prompts.Prompt, before, after string) string {
	return fmt.Sprintf("%s{%sgen_ai.prompt.name=%s,gen_ai.prompt.version=%s%s}", metric, before, p.Name(), p.Version(), after)
}

func TestRun(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	m := newMeter(t, Options{Currency: "EUR"})
	o := Served(metadata(p, "candidate"))
	o.Provider = "openai"
	run := m.Start(context.Background(), p, o)
	m.clock.add(300 * time.Millisecond)
	must(t, run.FirstToken())
	m.clock.add(1200 * time.Millisecond)
	must(t, run.Succeed(), run.Tokens(812, 40), run.Cost(0.0021), run.Feedback(Negative), run.Score("helpful", 0.25), run.Score("tone", 1))

	failed := m.Start(context.Background(), p, o)
	m.clock.add(2 * time.Second)
	must(t, failed.Fail(InvalidOutput), failed.Tokens(812, -1))

	call := "gen_ai.operation.name=chat,"
	tail := ",gen_ai.provider.name=openai,gen_ai.request.model=gpt-4o-mini"
	set := "feature_flag.set.id=default/production,"
	role := ",promptflag.role=candidate"
	want := map[string]point{
		of("gen_ai.client.token.usage", p, set+call, tail+",gen_ai.token.type=input"+role):                   {2, 1624},
		of("gen_ai.client.token.usage", p, set+call, tail+",gen_ai.token.type=output"+role):                  {1, 40},
		of("gen_ai.client.operation.duration", p, set+call, tail+role):                                       {1, 1.5},
		of("gen_ai.client.operation.duration", p, "error.type=invalid_output,"+set+call, tail+role):          {1, 2},
		of("gen_ai.client.operation.time_to_first_chunk", p, set+call, tail+role):                            {1, 0.3},
		of("promptflag.run.started", p, set, role):                                                           {Count: 2},
		of("promptflag.run.finished", p, set, ",promptflag.outcome=success"+role):                            {Count: 1},
		of("promptflag.run.finished", p, "error.type=invalid_output,"+set, ",promptflag.outcome=error"+role): {Count: 1},
		of("promptflag.run.cost", p, set, ",promptflag.currency=EUR"+role):                                   {1, 0.0021},
		of("promptflag.feedback", p, set, ",promptflag.feedback.rating=negative"+role):                       {Count: 1},
		of("promptflag.score", p, set+"gen_ai.evaluation.name=helpful,", role):                               {1, 0.25},
		of("promptflag.score", p, set+"gen_ai.evaluation.name=tone,", role):                                  {1, 1},
	}
	if diff := cmp.Diff(want, m.points(t)); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
}

// TestRunUnknownPrice: without a price there is no point, with a free call
// there is one.
func TestRunUnknownPrice(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	m := newMeter(t, Options{})
	must(t, m.Start(context.Background(), p, RunOptions{}).Succeed())
	for name := range m.points(t) {
		if strings.HasPrefix(name, "promptflag.run.cost") {
			t.Errorf("%s without a call of Cost", name)
		}
	}
	must(t, m.Start(context.Background(), p, RunOptions{}).Cost(0))
	if got, want := m.points(t)[of("promptflag.run.cost", p, "", ",promptflag.currency=USD")], (point{1, 0}); got != want {
		t.Errorf("cost = %v, want %v", got, want)
	}
}

// TestRunOnce: what is recorded stays, and the second call says so.
func TestRunOnce(t *testing.T) {
	m := newMeter(t, Options{})
	run := m.Start(context.Background(), newPrompt(t, "support.triage", "one"), RunOptions{})
	must(t, run.FirstToken(), run.Tokens(1, 2), run.Cost(1), run.Fail(Timeout), run.Feedback(Positive), run.Score("helpful", 1))
	before := m.points(t)
	for name, err := range map[string]error{
		"FirstToken": run.FirstToken(), "Tokens": run.Tokens(3, 4), "Cost": run.Cost(2), "Fail": run.Fail(Other),
		"Succeed": run.Succeed(), "Feedback": run.Feedback(Negative), "Score": run.Score("helpful", 0),
	} {
		if !errors.Is(err, ErrRecorded) {
			t.Errorf("%s again = %v, want ErrRecorded", name, err)
		}
	}
	if diff := cmp.Diff(before, m.points(t)); diff != "" {
		t.Errorf("series after the second calls (-before +after):\n%s", diff)
	}
	ended := m.Start(context.Background(), newPrompt(t, "support.triage", "one"), RunOptions{})
	must(t, ended.Succeed())
	if err := ended.FirstToken(); err == nil || errors.Is(err, ErrRecorded) {
		t.Errorf("FirstToken after the end = %v, want another error", err)
	}
}

// TestRunRefuses: what cannot be is not counted, and does not use up its slot.
func TestRunRefuses(t *testing.T) {
	m := newMeter(t, Options{})
	run := m.Start(context.Background(), newPrompt(t, "support.triage", "one"), RunOptions{})
	before := m.points(t)
	nan, inf := math.NaN(), math.Inf(1)
	for name, err := range map[string]error{
		"no tokens": run.Tokens(-1, -1), "cost NaN": run.Cost(nan), "cost inf": run.Cost(inf), "cost < 0": run.Cost(-1),
		"rating": run.Feedback("so " + secretText), "no rating": run.Feedback(""),
		"score > 1": run.Score("helpful", 1.01), "score < 0": run.Score("helpful", -0.01), "score NaN": run.Score("helpful", nan),
		"name": run.Score(userID, 1), "no name": run.Score("", 1), "long name": run.Score(strings.Repeat("a", 65), 1),
	} {
		switch {
		case err == nil || errors.Is(err, ErrRecorded):
			t.Errorf("%s: %v, want an error of its own", name, err)
		case strings.Contains(err.Error(), secretText) || strings.Contains(err.Error(), userID):
			t.Errorf("%s: %v repeats what it was given", name, err)
		}
	}
	if diff := cmp.Diff(before, m.points(t)); diff != "" {
		t.Errorf("series after bad calls (-before +after):\n%s", diff)
	}
	must(t, run.Tokens(0, 0), run.Cost(0), run.Feedback(Positive), run.Score("helpful", 0))
}

// TestRunBounds: no caller can make series without end.
func TestRunBounds(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	m := newMeter(t, Options{})
	refused := 0
	for i := range 100 {
		run := m.Start(context.Background(), p, RunOptions{
			Provider: fmt.Sprintf("provider%d", i), Operation: fmt.Sprintf("op%d", i), Role: fmt.Sprintf("role%d", i), Set: strings.Repeat("x", 200),
		})
		if run.Score(fmt.Sprintf("score%d", i), 1) != nil {
			refused++
		}
		must(t, run.Fail(ErrorType(fmt.Sprintf("error %d", i))))
	}
	if want := 100 - maxScores; refused != want {
		t.Errorf("%d names of scores refused, want %d", refused, want)
	}
	kinds := map[string]int{}
	for name := range m.points(t) {
		kinds[name[:strings.Index(name, "{")]]++
	}
	want := map[string]int{
		"gen_ai.client.operation.duration": maxProviders + 1, "promptflag.run.started": 1, "promptflag.run.finished": 1, "promptflag.score": maxScores,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("number of series (-want +got):\n%s", diff)
	}
}

// TestRunWithoutPrompt: telemetry never stops the service.
func TestRunWithoutPrompt(t *testing.T) {
	m := newMeter(t, Options{})
	run := m.Start(context.Background(), nil, RunOptions{})
	for _, err := range []error{run.FirstToken(), run.Tokens(1, 2), run.Cost(1), run.Fail(Other), run.Succeed(), run.Feedback(Positive), run.Score("x", 1)} {
		if err == nil {
			t.Error("a run without a prompt counted something")
		}
	}
	if got := run.Token(); got != "" {
		t.Errorf("Token = %q", got)
	}
	if got := m.points(t); len(got) != 0 {
		t.Errorf("series %v", got)
	}
	p := newPrompt(t, "support.triage", "one")
	must(t, m.Start(ContextWithPrompt(context.Background(), p), nil, RunOptions{}).Succeed())
}

// TestRunClockBack: a clock that goes back gives no negative time.
func TestRunClockBack(t *testing.T) {
	m := newMeter(t, Options{})
	p := newPrompt(t, "support.triage", "one")
	run := m.Start(context.Background(), p, RunOptions{})
	m.clock.add(-time.Hour)
	must(t, run.FirstToken(), run.Succeed())
	name := of("gen_ai.client.operation.duration", p, "gen_ai.operation.name=chat,", ",gen_ai.request.model=gpt-4o-mini")
	if got, want := m.points(t)[name], (point{1, 0}); got != want {
		t.Errorf("duration = %v, want %v", got, want)
	}
}

// TestRunConcurrent: however many call at once, one of them counts.
func TestRunConcurrent(t *testing.T) {
	const callers, rounds = 8, 50
	p := newPrompt(t, "support.triage", "one")
	m := newMeter(t, Options{})
	var counted atomic.Int64
	for range rounds {
		run := m.Start(context.Background(), p, RunOptions{})
		var wait sync.WaitGroup
		for i := range callers {
			wait.Go(func() {
				token := run.Token()
				again, err := m.Resume(token)
				if err != nil || again != run {
					t.Errorf("Resume = %p, %v, want the run %p", again, err, run)
					return
				}
				end := run.Succeed
				if i%2 == 0 {
					end = func() error { return run.Fail(Timeout) }
				}
				for _, do := range []func() error{
					func() error { return run.Tokens(10, 1) }, func() error { return run.Cost(1) }, end,
					func() error { return again.Feedback(Positive) }, func() error { return run.Score("helpful", 1) },
				} {
					switch err := do(); {
					case err == nil:
						counted.Add(1)
					case !errors.Is(err, ErrRecorded):
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
	}
	if got, want := counted.Load(), int64(5*rounds); got != want {
		t.Errorf("%d calls said that they counted, want %d", got, want)
	}
	sums := map[string]uint64{}
	for name, p := range m.points(t) {
		sums[name[:strings.Index(name, "{")]] += p.Count
	}
	want := map[string]uint64{
		"gen_ai.client.token.usage": 2 * rounds, "gen_ai.client.operation.duration": rounds, "promptflag.run.started": rounds,
		"promptflag.run.finished": rounds, "promptflag.run.cost": rounds, "promptflag.feedback": rounds, "promptflag.score": rounds,
	}
	if diff := cmp.Diff(want, sums); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

// TestRunExemplar: a series leads to the trace that made it.
func TestRunExemplar(t *testing.T) {
	tp := sdktrace.NewTracerProvider()
	ctx, span := tp.Tracer("test").Start(context.Background(), "chat")
	m := newMeter(t, Options{})
	run := m.Start(ctx, newPrompt(t, "support.triage", "one"), RunOptions{})
	span.End()
	must(t, run.Succeed())
	want := span.SpanContext().TraceID()
	for _, scope := range m.export(t).ScopeMetrics {
		for _, metric := range scope.Metrics {
			if metric.Name != "gen_ai.client.operation.duration" {
				continue
			}
			got := metric.Data.(metricdata.Histogram[float64]).DataPoints[0].Exemplars
			if len(got) != 1 || [16]byte(got[0].TraceID) != want {
				t.Errorf("exemplars %v, want one of trace %s", got, want)
			}
			return
		}
	}
	t.Error("no duration")
}

func TestNewRunsRefuses(t *testing.T) {
	mp := noop.NewMeterProvider()
	if _, err := NewRuns(nil, nil); err == nil {
		t.Error("NewRuns without a meter provider: no error")
	}
	if _, err := NewRuns(mp, nil); err != nil {
		t.Errorf("NewRuns without options: %v", err)
	}
	for name, o := range map[string]Options{
		"currency": {Currency: "dollars"}, "short key": {Key: []byte("secret")}, "empty key": {Key: []byte{}},
	} {
		if _, err := NewRuns(mp, &o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want an error without the key", name, err)
		}
	}
}
