package otelprompt

import (
	"context"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/promptflag/promptflag/prompts"
)

// inSpan runs do in a recording span and returns that span's attributes, and
// those of its events.
func inSpan(t *testing.T, do func(ctx context.Context)) (attrs map[string]string, events []map[string]string) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	t.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	ctx, span := tp.Tracer("test").Start(context.Background(), "request")
	do(ctx)
	span.End()
	spans := exporter.GetSpans()
	if len(spans) != 1 {
		t.Fatalf("%d spans, want 1", len(spans))
	}
	for _, e := range spans[0].Events {
		if e.Name != "feature_flag.evaluation" {
			t.Errorf("event %q", e.Name)
		}
		events = append(events, words(e.Attributes))
	}
	return words(spans[0].Attributes), events
}

func words(attrs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range attrs {
		m[string(a.Key)] = a.Value.Emit()
	}
	return m
}

func TestHook(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	fallback := newPrompt(t, "support.triage", "built in")
	asRef := served(p, "candidate")
	asRef.value = p.Ref().String()
	asMap := served(p, "stable")
	asMap.value = p.Structure()
	liar := asMap
	liar.detail.FlagMetadata = openfeature.FlagMetadata{metaName: "Not A Name", metaVersion: secretText}
	client := newClient(t, map[string]answer{
		"support.triage": served(p, "candidate"),
		"ref":            asRef,
		"map":            asMap,
		"liar":           liar,
		"checkout":       {true, openfeature.ProviderResolutionDetail{Reason: openfeature.TargetingMatchReason, Variant: "on", FlagMetadata: openfeature.FlagMetadata{metaSet: "default/production"}}},
		"stale":          {p, openfeature.ProviderResolutionDetail{Reason: "STALE", Variant: p.Version()}},
		"broken": {p, openfeature.ProviderResolutionDetail{
			Reason: openfeature.ErrorReason, Variant: "default", ResolutionError: openfeature.NewGeneralResolutionError("it says " + secretText),
		}},
	}, nil, Hook{})

	full := func(flag, reason string) map[string]string {
		return map[string]string{
			"gen_ai.prompt.name": "support.triage", "gen_ai.prompt.version": p.Version(),
			"feature_flag.key": flag, "feature_flag.provider.name": "InMemoryProvider",
			"feature_flag.result.variant": p.Version(), "feature_flag.result.reason": reason, "feature_flag.set.id": "default/production",
		}
	}
	with := func(m map[string]string, pairs ...string) map[string]string {
		m = maps.Clone(m)
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] == "-" {
				delete(m, pairs[i])
			} else {
				m[pairs[i]] = pairs[i+1]
			}
		}
		return m
	}
	object := func(flag string, def any) func(context.Context) {
		return func(ctx context.Context) { client.Object(ctx, flag, def, caller()) }
	}
	none := map[string]string{}

	tests := []struct {
		name        string
		do          func(ctx context.Context)
		attrs, span map[string]string // of the event, of the span
	}{
		{"a prompt", object("support.triage", nil), full("support.triage", "split"), full("support.triage", "split")},
		{"a prompt as a structure", object("map", nil), full("map", "split"), full("map", "split")},
		{
			"a prompt as a ref", func(ctx context.Context) { client.String(ctx, "ref", "", caller()) },
			full("ref", "split"), full("ref", "split"),
		},
		{
			"no flag set", object("stale", nil),
			with(full("stale", "stale"), "feature_flag.set.id", "-"), with(full("stale", "stale"), "feature_flag.set.id", ""),
		},
		{
			"a plain flag", func(ctx context.Context) { client.Boolean(ctx, "checkout", false, caller()) },
			map[string]string{
				"feature_flag.key": "checkout", "feature_flag.provider.name": "InMemoryProvider", "feature_flag.result.variant": "on",
				"feature_flag.result.reason": "targeting_match", "feature_flag.set.id": "default/production",
			}, none,
		},
		{
			"metadata that names no prompt", object("liar", nil),
			map[string]string{
				"feature_flag.key": "liar", "feature_flag.provider.name": "InMemoryProvider", "feature_flag.result.variant": p.Version(),
				"feature_flag.result.reason": "split",
			}, none,
		},
		{
			"an error and a default that is a prompt", object("broken", fallback),
			map[string]string{
				"gen_ai.prompt.name": "support.triage", "gen_ai.prompt.version": fallback.Version(),
				"feature_flag.key": "broken", "feature_flag.provider.name": "InMemoryProvider", "feature_flag.result.variant": "default",
				"feature_flag.result.reason": "error", "error.type": "general",
			},
			map[string]string{
				"gen_ai.prompt.name": "support.triage", "gen_ai.prompt.version": fallback.Version(),
				"feature_flag.key": "broken", "feature_flag.provider.name": "InMemoryProvider", "feature_flag.result.variant": "default",
				"feature_flag.result.reason": "error", "feature_flag.set.id": "",
			},
		},
		{
			"an unknown flag", object("nope", (*prompts.Prompt)(nil)),
			map[string]string{
				"feature_flag.key": "nope", "feature_flag.provider.name": "InMemoryProvider",
				"feature_flag.result.reason": "error", "error.type": "flag_not_found",
			}, none,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			span, events := inSpan(t, test.do)
			if diff := cmp.Diff(test.span, span); diff != "" {
				t.Errorf("attributes of the span (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]map[string]string{test.attrs}, events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHookTwice: the attributes describe one evaluation, the last that gave a
// prompt, and every evaluation is an event.
func TestHookTwice(t *testing.T) {
	a, b := newPrompt(t, "support.triage", "one"), newPrompt(t, "support.reply", "two")
	noSet := served(b, "stable")
	delete(noSet.detail.FlagMetadata, metaSet)
	client := newClient(t, map[string]answer{"a": served(a, "stable"), "b": noSet}, nil, Hook{})
	span, events := inSpan(t, func(ctx context.Context) {
		client.Object(ctx, "a", nil, caller())
		client.Object(ctx, "b", nil, caller())
		client.Boolean(ctx, "nope", true, caller())
	})
	want := map[string]string{
		"gen_ai.prompt.name": "support.reply", "gen_ai.prompt.version": b.Version(), "feature_flag.key": "b",
		"feature_flag.provider.name": "InMemoryProvider", "feature_flag.result.variant": b.Version(),
		"feature_flag.result.reason": "split", "feature_flag.set.id": "",
	}
	if diff := cmp.Diff(want, span); diff != "" {
		t.Errorf("attributes of the span (-want +got):\n%s", diff)
	}
	var keys []string
	for _, e := range events {
		keys = append(keys, e["feature_flag.key"])
	}
	if diff := cmp.Diff([]string{"a", "b", "nope"}, keys); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestHookNotReady: the SDK answers itself while there is no provider, without
// variant and metadata.
func TestHookNotReady(t *testing.T) {
	p := newPrompt(t, "support.triage", "built in")
	hc := openfeature.NewHookContext("support.triage", openfeature.Object, p, openfeature.NewClientMetadata("x"),
		openfeature.Metadata{Name: "promptflag"}, caller())
	for code, want := range map[openfeature.ErrorCode]string{
		openfeature.ProviderNotReadyCode: "provider_not_ready",
		"SOMETHING with " + secretText:   "_OTHER",
	} {
		_, events := inSpan(t, func(ctx context.Context) {
			Hook{}.Finally(ctx, hc, openfeature.InterfaceEvaluationDetails{Value: p, EvaluationDetails: openfeature.EvaluationDetails{
				ResolutionDetail: openfeature.ResolutionDetail{ErrorCode: code, ErrorMessage: secretText},
			}}, openfeature.HookHints{})
		})
		if len(events) != 1 || events[0]["error.type"] != want || events[0]["feature_flag.result.reason"] != "unknown" {
			t.Errorf("%s: events %v, want error.type %s and reason unknown", code, events, want)
		}
	}
}

// TestHookCostsNothing: where no span records, the hook allocates no more than
// one that does nothing.
func TestHookCostsNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	unsampled, _ := tp.Tracer("test").Start(context.Background(), "request")
	p := newPrompt(t, "support.triage", "one")
	flags := map[string]answer{"support.triage": served(p, "stable")}
	plain := newClient(t, flags, nil, openfeature.UnimplementedHook{})
	ours := newClient(t, flags, nil, Hook{})
	for name, ctx := range map[string]context.Context{"no span": context.Background(), "span not sampled": unsampled} {
		who := caller()
		measure := func(c *openfeature.Client) float64 {
			return testing.AllocsPerRun(200, func() { c.Object(ctx, "support.triage", nil, who) })
		}
		if floor, got := measure(plain), measure(ours); got != floor {
			t.Errorf("%s: %v allocations, a hook that does nothing has %v", name, got, floor)
		}
		var d openfeature.InterfaceEvaluationDetails
		d.Value = p
		if got := testing.AllocsPerRun(200, func() {
			Hook{}.Finally(ctx, openfeature.HookContext{}, d, openfeature.HookHints{})
		}); got != 0 {
			t.Errorf("%s: Finally allocates %v times, want 0", name, got)
		}
	}
}

func TestContextWithPrompt(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	ctx := context.Background()
	if got, ok := PromptFromContext(ctx); got != nil || ok {
		t.Errorf("PromptFromContext of an empty context = %v, %v", got, ok)
	}
	if got, ok := PromptFromContext(ContextWithPrompt(ctx, nil)); got != nil || ok {
		t.Errorf("PromptFromContext after nil = %v, %v", got, ok)
	}
	if got, ok := PromptFromContext(ContextWithPrompt(ctx, p)); got != p || !ok {
		t.Errorf("PromptFromContext = %v, %v", got, ok)
	}
	want := map[string]string{"gen_ai.prompt.name": "support.triage", "gen_ai.prompt.version": p.Version()}
	if diff := cmp.Diff(want, words(Attributes(p))); diff != "" {
		t.Errorf("Attributes (-want +got):\n%s", diff)
	}
	if got := Attributes(nil); len(got) != 0 {
		t.Errorf("Attributes(nil) = %v", got)
	}
}
