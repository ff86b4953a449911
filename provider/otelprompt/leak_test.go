package otelprompt

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestNoLeak: whatever a service does with user ids and prompt text, neither is
// in anything that is exported.
func TestNoLeak(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	noVariant := served(p, "stable")
	noVariant.detail.Variant = ""
	asMap := served(p, "stable")
	asMap.value = p.Structure()
	broken := answer{p, openfeature.ProviderResolutionDetail{
		Reason: openfeature.ErrorReason, ResolutionError: openfeature.NewGeneralResolutionError(secretText + " for " + userID),
	}}
	spans := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	m := newMeter(t, Options{})
	client := newClient(t, map[string]answer{"prompt": served(p, "candidate"), "no variant": noVariant, "map": asMap, "broken": broken}, m.Runs, Hook{})

	ctx, span := tp.Tracer("test").Start(context.Background(), "request")
	for _, flag := range []string{"prompt", "no variant", "map", "broken", "nope"} {
		client.Object(ctx, flag, p, caller())
		client.String(ctx, flag, secretText, caller())
		client.Boolean(ctx, flag, true, caller())
	}
	run := m.Start(ctx, p, RunOptions{Role: userID, Set: secretText + "\n", Provider: userID, Operation: secretText})
	must(t, run.Fail(ErrorType(errors.New(secretText+userID).Error())))
	_ = run.Feedback(Rating(secretText))
	_ = run.Score(userID, 1)
	for _, event := range []string{EventRun, EventFeedback, EventScore, "other"} {
		for _, outcome := range []string{"success", "error"} {
			client.Track(ctx, event, caller(), details(1,
				"prompt", p.Ref().String(), "outcome", outcome, "rating", "positive", "name", "helpful", "role", userID, "set", secretText+"\n",
				"provider", userID, "operation", secretText, "user", userID, "text", secretText))
			client.Track(ctx, event, caller(), details(1,
				"prompt", p.Ref().String(), "outcome", "error", "error_type", secretText, "rating", userID, "name", userID))
		}
	}
	span.SetAttributes(Attributes(p)...)
	span.End()

	stubs := spans.GetSpans()
	if len(stubs) != 1 || len(stubs[0].Events) < 15 || len(m.points(t)) < 5 {
		t.Fatalf("%d spans and %d series: nothing to look at", len(stubs), len(m.points(t)))
	}
	type export struct {
		Attributes []any
		Events     []any
	}
	var e export
	for _, a := range stubs[0].Attributes {
		e.Attributes = append(e.Attributes, a)
	}
	for _, event := range stubs[0].Events {
		e.Events = append(e.Events, event.Name, event.Attributes)
	}
	raw, err := json.Marshal(e)
	must(t, err)
	all := string(raw) + run.Token()
	for name := range m.points(t) {
		all += name
	}
	for _, secret := range []string{secretText, userID, "4711", "plan", "pro\""} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is exported:\n%s", secret, all)
		}
	}
	if decoded, err := encoding().DecodeString(run.Token()); err != nil || strings.Contains(string(decoded), "4711") || strings.Contains(string(decoded), "SECRET") {
		t.Errorf("token %s, %v", decoded, err)
	}
}
