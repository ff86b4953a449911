package otelprompt_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider/otelprompt"
)

// A service evaluates a prompt, calls a model, and another one gets feedback
// for the answer.
func Example() {
	ctx := context.Background()
	spans := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("support")
	reader := sdkmetric.NewManualReader()
	runs, err := otelprompt.NewRuns(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), nil)
	if err != nil {
		log.Fatal(err)
	}
	api := isolated.NewAPI() // a service uses the global one, and package provider
	defer func() { _ = api.Shutdown(ctx) }()
	if err := api.SetProviderAndWait(ctx, memprovider.NewInMemoryProvider(flags())); err != nil {
		log.Fatal(err)
	}
	api.AddHooks(otelprompt.Hook{})
	client := api.NewClient()

	// A request.
	ctx, request := tracer.Start(ctx, "POST /tickets")
	v, err := client.ObjectValueDetails(ctx, "support.triage", nil, openfeature.NewEvaluationContext("user-4711", nil))
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := prompts.From(v.Value)
	if err != nil {
		log.Fatal(err)
	}
	ctx, chat := tracer.Start(ctx, "chat", trace.WithAttributes(otelprompt.Attributes(prompt)...))
	run := runs.Start(ctx, prompt, otelprompt.Served(v.FlagMetadata))
	// … the model call …
	_ = run.Tokens(812, 40)
	_ = run.Succeed()
	chat.End()
	request.End()
	token := run.Token() // goes to the browser with the answer

	// Later, maybe in another process.
	rated, err := runs.Resume(token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("feedback:", rated.Feedback(otelprompt.Positive))
	fmt.Println("again:", rated.Feedback(otelprompt.Negative))

	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name)
		for _, a := range span.Attributes {
			fmt.Printf("  %s = %s\n", a.Key, a.Value.Emit())
		}
	}
	printCounters(reader)
	// Output:
	// feedback: <nil>
	// again: already recorded for this run
	// chat
	//   gen_ai.prompt.name = support.triage
	//   gen_ai.prompt.version = 65c1830644c3
	// POST /tickets
	//   feature_flag.key = support.triage
	//   feature_flag.provider.name = InMemoryProvider
	//   feature_flag.result.variant = 65c1830644c3
	//   feature_flag.result.reason = split
	//   feature_flag.set.id = default/production
	//   gen_ai.prompt.name = support.triage
	//   gen_ai.prompt.version = 65c1830644c3
	// promptflag.feedback 1
	//   feature_flag.set.id=default/production,gen_ai.prompt.name=support.triage,gen_ai.prompt.version=65c1830644c3,promptflag.feedback.rating=positive,promptflag.role=candidate
	// promptflag.run.finished 1
	//   feature_flag.set.id=default/production,gen_ai.prompt.name=support.triage,gen_ai.prompt.version=65c1830644c3,promptflag.outcome=success,promptflag.role=candidate
	// promptflag.run.started 1
	//   feature_flag.set.id=default/production,gen_ai.prompt.name=support.triage,gen_ai.prompt.version=65c1830644c3,promptflag.role=candidate
}

// flags has one flag, support.triage, that answers as package provider does.
func flags() map[string]memprovider.InMemoryFlag {
	definition, err := prompts.Parse("support/triage.toml", "support.triage", []byte(`
model = "gpt-4o-mini"
[[messages]]
role = "system"
content = "You sort tickets."
`))
	if err != nil {
		log.Fatal(err)
	}
	p := definition.Prompt
	answer := func(memprovider.InMemoryFlag, openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
		return p, openfeature.ProviderResolutionDetail{
			Reason: openfeature.SplitReason, Variant: p.Version(),
			FlagMetadata: openfeature.FlagMetadata{
				"promptName": p.Name(), "promptVersion": string(p.Digest()), "promptRole": "candidate", "flagSetId": "default/production",
			},
		}
	}
	return map[string]memprovider.InMemoryFlag{"support.triage": {Key: "support.triage", State: memprovider.Enabled, ContextEvaluator: &answer}}
}

func printCounters(reader *sdkmetric.ManualReader) {
	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		log.Fatal(err)
	}
	var lines []string
	for _, m := range data.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
			for _, p := range sum.DataPoints {
				lines = append(lines, fmt.Sprintf("%s %d\n  %s", m.Name, p.Value, p.Attributes.Encoded(attribute.DefaultEncoder())))
			}
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
}
