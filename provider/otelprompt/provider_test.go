package otelprompt_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/otelprompt"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
)

var _ provider.Tracker = (*otelprompt.Runs)(nil)

// With the real provider: the span names what was served, and feedback by
// OpenFeature's Track is counted for that version.
func TestWithProvider(t *testing.T) {
	ctx := context.Background()
	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	runs, err := otelprompt.NewRuns(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), nil)
	if err != nil {
		t.Fatal(err)
	}
	client := serve(t, &provider.Options{Tracker: runs, NoCache: true})
	client.AddHooks(otelprompt.Hook{})

	ctx, span := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("").Start(ctx, "POST /tickets")
	d, err := client.ObjectValueDetails(ctx, "support.triage", nil, openfeature.NewEvaluationContext("user-3", nil))
	if err != nil {
		t.Fatal(err)
	}
	prompt, ok := d.Value.(*prompts.Prompt)
	if !ok {
		t.Fatalf("value = %T", d.Value)
	}
	client.Track(otelprompt.ContextWithPrompt(ctx, prompt), otelprompt.EventFeedback, openfeature.NewEvaluationContext("user-3", nil),
		openfeature.NewTrackingEventDetails(0).Add("rating", "positive"))
	span.End()

	attrs := map[string]string{}
	for _, a := range spans.GetSpans()[0].Attributes {
		attrs[string(a.Key)] = a.Value.Emit()
	}
	for key, want := range map[string]string{
		"gen_ai.prompt.name": "support.triage", "gen_ai.prompt.version": prompt.Version(), "feature_flag.provider.name": "promptflag",
		"feature_flag.result.variant": prompt.Version(), "feature_flag.set.id": "default/production",
	} {
		if attrs[key] != want {
			t.Errorf("%s = %q, want %q", key, attrs[key], want)
		}
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &rm); err != nil {
		t.Fatal(err)
	}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, ok := m.Data.(metricdata.Sum[int64])
		if !ok || m.Name != "promptflag.feedback" {
			continue
		}
		version, _ := sum.DataPoints[0].Attributes.Value("gen_ai.prompt.version")
		if sum.DataPoints[0].Value != 1 || version.AsString() != prompt.Version() {
			t.Errorf("feedback = %+v", sum.DataPoints)
		}
		return
	}
	t.Error("no feedback was counted")
}

// serve returns a client of a provider on the embedded flags of package unleashflags.
func serve(t *testing.T, o *provider.Options) *openfeature.Client {
	t.Helper()
	ctx, testdata := context.Background(), filepath.Join("..", "unleashflags", "testdata")
	bucket, err := store.Open(ctx, "mem://")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bucket.Close() })
	files, err := filepath.Glob(filepath.Join(testdata, "artifacts", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("artifacts: %v %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := bucket.Put(ctx, data); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := filepath.Abs(filepath.Join(testdata, "embedded"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := unleashflags.New(unleashflags.Options{URL: "file://" + filepath.ToSlash(dir), Environment: "production"})
	if err != nil {
		t.Fatal(err)
	}
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(ctx, provider.New(source, bucket, o)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Shutdown(ctx) })
	return api.NewClient()
}
