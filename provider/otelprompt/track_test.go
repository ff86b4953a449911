package otelprompt

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
)

// details makes tracking details of a value and pairs of field and value.
func details(value float64, fields ...any) openfeature.TrackingEventDetails {
	d := openfeature.NewTrackingEventDetails(value)
	for i := 0; i < len(fields); i += 2 {
		d = d.Add(fields[i].(string), fields[i+1])
	}
	return d
}

// TestTrack: events of OpenFeature feed the same counters, through the real
// client.
func TestTrack(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	ref := p.Ref().String()
	started := newMeter(t, Options{}).Start(context.Background(), p, RunOptions{Role: "stable"})
	token := started.Token()
	call := "gen_ai.operation.name=chat,"
	success := map[string]point{
		of("promptflag.run.started", p, "", ""):                              {Count: 1},
		of("promptflag.run.finished", p, "", ",promptflag.outcome=success"):  {Count: 1},
		of("gen_ai.client.operation.duration", p, call, ""):                  {1, 1.5},
		of("gen_ai.client.operation.time_to_first_chunk", p, call, ""):       {1, 0.25},
		of("gen_ai.client.token.usage", p, call, ",gen_ai.token.type=input"): {1, 800},
		of("promptflag.run.cost", p, "", ",promptflag.currency=USD"):         {1, 0.5},
	}
	tests := []struct {
		name, event string
		inContext   bool
		details     openfeature.TrackingEventDetails
		want        map[string]point
	}{
		{
			"feedback by token", EventFeedback, false, details(0, "run", token, "rating", "positive"),
			map[string]point{of("promptflag.feedback", p, "", ",promptflag.feedback.rating=positive,promptflag.role=stable"): {Count: 1}},
		},
		{
			"feedback by ref", EventFeedback, false, details(0, "prompt", ref, "role", "candidate", "set", "default/production", "rating", "negative"),
			map[string]point{of("promptflag.feedback", p, "feature_flag.set.id=default/production,", ",promptflag.feedback.rating=negative,promptflag.role=candidate"): {Count: 1}},
		},
		{
			"feedback by context", EventFeedback, true, details(0, "rating", "positive"),
			map[string]point{of("promptflag.feedback", p, "", ",promptflag.feedback.rating=positive"): {Count: 1}},
		},
		{
			"score", EventScore, false, details(0.75, "prompt", ref, "name", "helpful"),
			map[string]point{of("promptflag.score", p, "gen_ai.evaluation.name=helpful,", ""): {1, 0.75}},
		},
		{
			"score 0", EventScore, false, details(0, "run", token, "name", "helpful"),
			map[string]point{of("promptflag.score", p, "gen_ai.evaluation.name=helpful,", ",promptflag.role=stable"): {1, 0}},
		},
		{
			"a run", EventRun, false,
			details(1.5, "prompt", ref, "outcome", "success", "input_tokens", 800, "first_token_seconds", 0.25, "cost", float32(0.5)), success,
		},
		{
			"a failed run, its model known", EventRun, true, details(2, "prompt", ref, "outcome", "error", "error_type", "boom", "provider", "openai", "operation", "embeddings"),
			map[string]point{
				of("promptflag.run.started", p, "", ""):                                             {Count: 1},
				of("promptflag.run.finished", p, "error.type=_OTHER,", ",promptflag.outcome=error"): {Count: 1},
				of("gen_ai.client.operation.duration", p, "error.type=_OTHER,gen_ai.operation.name=embeddings,",
					",gen_ai.provider.name=openai,gen_ai.request.model=gpt-4o-mini"): {1, 2},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMeter(t, Options{})
			client := newClient(t, nil, m.Runs)
			ctx := context.Background()
			if test.inContext {
				ctx = ContextWithPrompt(ctx, p)
			}
			client.Track(ctx, test.event, caller(), test.details)
			if diff := cmp.Diff(test.want, m.points(t)); diff != "" {
				t.Errorf("series (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTrackIgnores: other events, and events that are not right, count nothing,
// not even a part.
func TestTrackIgnores(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	ref := p.Ref().String()
	own := newMeter(t, Options{}).Start(context.Background(), p, RunOptions{}).Token()
	run := func(value float64, fields ...any) openfeature.TrackingEventDetails {
		return details(value, append([]any{"prompt", ref, "outcome", "success"}, fields...)...)
	}
	for name, test := range map[string]struct {
		event   string
		details openfeature.TrackingEventDetails
	}{
		"unknown event":      {"checkout", run(1)},
		"no prompt":          {EventFeedback, details(0, "rating", "positive")},
		"not a ref":          {EventFeedback, details(0, "rating", "positive", "prompt", secretText)},
		"ref of a type":      {EventFeedback, details(0, "rating", "positive", "prompt", 1)},
		"not a token":        {EventFeedback, details(0, "rating", "positive", "run", secretText)},
		"token of a type":    {EventFeedback, details(0, "rating", "positive", "run", 1)},
		"no rating":          {EventFeedback, details(1, "prompt", ref)},
		"rating":             {EventFeedback, details(1, "prompt", ref, "rating", secretText)},
		"role of a type":     {EventFeedback, details(1, "prompt", ref, "rating", "positive", "role", 1)},
		"no name":            {EventScore, details(1, "prompt", ref)},
		"score > 1":          {EventScore, details(7, "prompt", ref, "name", "helpful")},
		"run with a token":   {EventRun, run(1, "run", own)},
		"no outcome":         {EventRun, details(1, "prompt", ref)},
		"outcome":            {EventRun, details(1, "prompt", ref, "outcome", "ok")},
		"success with error": {EventRun, run(1, "error_type", "timeout")},
		"negative seconds":   {EventRun, run(-1)},
		"negative tokens":    {EventRun, run(1, "input_tokens", -1)},
		"half a token":       {EventRun, run(1, "output_tokens", 1.5)},
		"tokens of a type":   {EventRun, run(1, "output_tokens", "12")},
		"too many tokens":    {EventRun, run(1, "output_tokens", 1e300)},
		"cost":               {EventRun, run(1, "cost", -0.1)},
		"provider of a type": {EventRun, run(1, "provider", 7)},
		"no details":         {EventFeedback, openfeature.TrackingEventDetails{}},
	} {
		var log bytes.Buffer
		m := newMeter(t, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		m.Track(context.Background(), test.event, caller(), test.details)
		if got := m.points(t); len(got) != 0 {
			t.Errorf("%s: series %v", name, got)
		}
		if logged := log.Len() > 0; logged != (test.event != "checkout") {
			t.Errorf("%s: log %q", name, log.String())
		}
		if strings.Contains(log.String(), secretText) || strings.Contains(log.String(), userID) {
			t.Errorf("%s: the log repeats what came: %s", name, log.String())
		}
	}
}

// TestTrackOnce: a second event about the same run is known as one, also about
// a run that goes on here.
func TestTrackOnce(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	m := newMeter(t, Options{})
	run := m.Start(context.Background(), p, RunOptions{})
	for range 3 {
		m.Track(context.Background(), EventFeedback, caller(), details(0, "run", run.Token(), "rating", "positive"))
	}
	if got, want := m.points(t)[of("promptflag.feedback", p, "", ",promptflag.feedback.rating=positive")], (point{Count: 1}); got != want {
		t.Errorf("feedback = %v, want %v", got, want)
	}
	if run.Feedback(Negative) == nil {
		t.Error("the run does not know of the event")
	}
}

// TestTrackBounds: refs of Track are bounded, those of the prompt in the
// context are not counted among them.
func TestTrackBounds(t *testing.T) {
	m := newMeter(t, Options{MaxOutside: 2})
	ctx := ContextWithPrompt(context.Background(), newPrompt(t, "support.triage", "one"))
	for i := range 10 {
		m.Track(ctx, EventFeedback, caller(), details(0, "rating", "positive", "prompt", fmt.Sprintf("p%d@sha256:%064x", i, i)))
		m.Track(ctx, EventRun, caller(), details(0, "outcome", "success", "prompt", fmt.Sprintf("r%d@sha256:%064x", i, i)))
	}
	m.Track(ctx, EventFeedback, caller(), details(0, "rating", "positive"))
	names := map[string]bool{}
	for series := range m.points(t) {
		_, rest, _ := strings.Cut(series, "gen_ai.prompt.name=")
		name, _, _ := strings.Cut(rest, ",")
		names[name] = true
	}
	if diff := cmp.Diff(map[string]bool{"p0": true, "r0": true, "support.triage": true}, names); diff != "" {
		t.Errorf("prompts (-want +got):\n%s", diff)
	}
}
