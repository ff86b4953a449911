package otelprompt

import (
	"fmt"

	"go.opentelemetry.io/otel/metric"
)

// Buckets. The first two are those of the conventions for generative AI.
func tokenBuckets() []float64 {
	return []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
}

func secondBuckets() []float64 {
	return []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
}

// costBuckets are for whole units of a currency: model calls cost from far
// below a cent to a few dollars.
func costBuckets() []float64 {
	return []float64{0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}
}

// scoreBuckets include 0, so that complete failures can be counted alone.
func scoreBuckets() []float64 {
	return []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}
}

type instruments struct {
	tokens     metric.Int64Histogram
	duration   metric.Float64Histogram
	firstToken metric.Float64Histogram
	started    metric.Int64Counter
	finished   metric.Int64Counter
	cost       metric.Float64Histogram
	feedback   metric.Int64Counter
	score      metric.Float64Histogram
}

func newInstruments(m metric.Meter) (in instruments, err error) {
	counter := func(to *metric.Int64Counter, name, unit, description string) {
		if err == nil {
			*to, err = m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		}
	}
	histogram := func(to *metric.Float64Histogram, name, unit, description string, buckets []float64) {
		if err == nil {
			*to, err = m.Float64Histogram(name, metric.WithUnit(unit), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(buckets...))
		}
	}
	in.tokens, err = m.Int64Histogram("gen_ai.client.token.usage", metric.WithUnit("{token}"),
		metric.WithDescription("Number of input and output tokens used."), metric.WithExplicitBucketBoundaries(tokenBuckets()...))
	histogram(&in.duration, "gen_ai.client.operation.duration", "s", "GenAI operation duration.", secondBuckets())
	histogram(&in.firstToken, "gen_ai.client.operation.time_to_first_chunk", "s", "Time from the request to the first chunk of a streamed response.", secondBuckets())
	counter(&in.started, "promptflag.run.started", "{run}", "Model calls begun.")
	counter(&in.finished, "promptflag.run.finished", "{run}", "Model calls ended, by outcome.")
	histogram(&in.cost, "promptflag.run.cost", "{currency}", "Cost of a model call whose price is known.", costBuckets())
	counter(&in.feedback, "promptflag.feedback", "{feedback}", "Ratings by people.")
	histogram(&in.score, "promptflag.score", "1", "Scores of answers, 0 to 1.", scoreBuckets())
	if err != nil {
		return in, fmt.Errorf("create instruments: %w", err)
	}
	return in, nil
}
