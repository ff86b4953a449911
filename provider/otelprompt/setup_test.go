package otelprompt

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/promptflag/promptflag/prompts"
)

// Nothing with one of these may ever be exported.
const (
	secretText = "SECRET-PROMPT-TEXT"
	userID     = "user-4711@example.com"
)

// newPrompt returns a prompt whose text is secret; other words give another
// version.
func newPrompt(t testing.TB, name, words string) *prompts.Prompt {
	t.Helper()
	d, err := prompts.Parse(name+".toml", name, []byte("model = \"gpt-4o-mini\"\n[[messages]]\nrole = \"system\"\ncontent = \""+secretText+" "+words+"\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return d.Prompt
}

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// meter is a Runs on the real SDK, and what it exported.
type meter struct {
	*Runs
	clock  *clock
	reader *sdkmetric.ManualReader
}

func newMeter(t testing.TB, o Options) *meter {
	t.Helper()
	m := &meter{clock: newClock(), reader: sdkmetric.NewManualReader()}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.reader))
	t.Cleanup(func() { _ = mp.Shutdown(context.Background()) })
	o.Now = m.clock.Now
	runs, err := NewRuns(mp, &o)
	if err != nil {
		t.Fatal(err)
	}
	m.Runs = runs
	return m
}

func (m *meter) export(t testing.TB) metricdata.ResourceMetrics {
	t.Helper()
	var out metricdata.ResourceMetrics
	if err := m.reader.Collect(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// point is one series: how often, and of histograms the sum.
type point struct {
	Count uint64
	Sum   float64
}

// points returns all series by name{attributes}.
func (m *meter) points(t testing.TB) map[string]point {
	t.Helper()
	out := map[string]point{}
	for _, scope := range m.export(t).ScopeMetrics {
		for _, metric := range scope.Metrics {
			series(metric, out)
		}
	}
	return out
}

func series(m metricdata.Metrics, out map[string]point) {
	key := func(set attribute.Set) string {
		return m.Name + "{" + set.Encoded(attribute.DefaultEncoder()) + "}"
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			out[key(p.Attributes)] = point{Count: uint64(p.Value)}
		}
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			out[key(p.Attributes)] = point{p.Count, float64(p.Sum)}
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			out[key(p.Attributes)] = point{p.Count, p.Sum}
		}
	default:
		panic(fmt.Sprintf("%s is a %T", m.Name, data))
	}
}

// answer is what the in-memory provider gives for a flag.
type answer struct {
	value  any
	detail openfeature.ProviderResolutionDetail
}

func served(p *prompts.Prompt, role string) answer {
	return answer{p, openfeature.ProviderResolutionDetail{
		Reason: openfeature.SplitReason, Variant: p.Version(), FlagMetadata: metadata(p, role),
	}}
}

func metadata(p *prompts.Prompt, role string) openfeature.FlagMetadata {
	return openfeature.FlagMetadata{
		metaName: p.Name(), metaVersion: string(p.Digest()), metaRole: role, metaSet: "default/production", "promptFeedAgeSeconds": int64(2),
	}
}

// tracked is the in-memory provider with our tracker.
type tracked struct {
	*memprovider.InMemoryProvider
	openfeature.Tracker
}

func (p tracked) Track(ctx context.Context, name string, ec openfeature.EvaluationContext, d openfeature.TrackingEventDetails) {
	p.Tracker.Track(ctx, name, ec, d)
}

// newClient returns a client of the real SDK whose flags give the answers.
func newClient(t testing.TB, flags map[string]answer, tracker openfeature.Tracker, hooks ...openfeature.Hook) *openfeature.Client {
	t.Helper()
	in := map[string]memprovider.InMemoryFlag{}
	for key, a := range flags {
		evaluate := func(memprovider.InMemoryFlag, openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
			return a.value, a.detail
		}
		in[key] = memprovider.InMemoryFlag{Key: key, State: memprovider.Enabled, ContextEvaluator: &evaluate}
	}
	if tracker == nil {
		tracker = openfeature.NoopProvider{}
	}
	api := isolated.NewAPI()
	t.Cleanup(func() { _ = api.Shutdown(context.Background()) })
	ctx := context.Background()
	if err := api.SetProviderAndWait(ctx, tracked{memprovider.NewInMemoryProvider(in), tracker}); err != nil {
		t.Fatal(err)
	}
	api.AddHooks(hooks...)
	return api.NewClient()
}

func caller() openfeature.EvaluationContext {
	return openfeature.NewEvaluationContext(userID, map[string]any{"plan": "pro"})
}
