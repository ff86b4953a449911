package otelprompt

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// contract is internal/contract/metrics.json.
type contract struct {
	About       string
	Scope       string
	Instruments []instrument
	Values      map[string][]string
	Span        struct {
		Attributes      []string
		Event           string
		EventAttributes []string `json:"event_attributes"`
		Errors          []string `json:"error.type"`
	}
	Metadata []string
	Track    map[string][]string
}

type instrument struct {
	Name, Kind, Number, Unit string
	Buckets                  []float64
	Always, Known            []string
}

func readContract(t *testing.T) (c contract) {
	t.Helper()
	raw, err := os.ReadFile("../../internal/contract/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// exported describes what the SDK exported: attributes that all points of an
// instrument have, and those that only some have.
func exported(t *testing.T, m *meter) (scope string, out []instrument, values map[string][]string) {
	t.Helper()
	data := m.export(t)
	if len(data.ScopeMetrics) != 1 {
		t.Fatalf("%d scopes, want 1", len(data.ScopeMetrics))
	}
	values = map[string][]string{}
	for _, metric := range data.ScopeMetrics[0].Metrics {
		in := instrument{Name: metric.Name, Unit: metric.Unit}
		if metric.Description == "" {
			t.Errorf("%s has no description", metric.Name)
		}
		var sets []attribute.Set
		switch d := metric.Data.(type) {
		case metricdata.Sum[int64]:
			if !d.IsMonotonic {
				t.Errorf("%s can fall", metric.Name)
			}
			in.Kind, in.Number = "counter", "int64"
			for _, p := range d.DataPoints {
				sets = append(sets, p.Attributes)
			}
		case metricdata.Histogram[int64]:
			in.Kind, in.Number, in.Buckets = "histogram", "int64", d.DataPoints[0].Bounds
			for _, p := range d.DataPoints {
				sets = append(sets, p.Attributes)
			}
		case metricdata.Histogram[float64]:
			in.Kind, in.Number, in.Buckets = "histogram", "float64", d.DataPoints[0].Bounds
			for _, p := range d.DataPoints {
				sets = append(sets, p.Attributes)
			}
		default:
			t.Fatalf("%s is a %T", metric.Name, d)
		}
		in.Always, in.Known = keys(sets, values)
		out = append(out, in)
	}
	return data.ScopeMetrics[0].Scope.Name, out, values
}

func keys(sets []attribute.Set, values map[string][]string) (always, known []string) {
	count := map[string]int{}
	for _, set := range sets {
		for _, a := range set.ToSlice() {
			k, v := string(a.Key), a.Value.Emit()
			count[k]++
			if !slices.Contains(values[k], v) {
				values[k] = append(values[k], v)
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(count)) {
		if count[k] == len(sets) {
			always = append(always, k)
		} else {
			known = append(known, k)
		}
	}
	return always, known
}

// TestContract: what is exported is what the fixture says, in both directions.
func TestContract(t *testing.T) {
	want := readContract(t)
	m := newMeter(t, Options{})
	p := newPrompt(t, "support.triage", "one")
	ctx := context.Background()
	// Runs about which all is known, one for each role and kind of failure.
	for _, role := range want.Values["promptflag.role"] {
		for _, failure := range append(want.Values["error.type"], "") {
			run := m.Start(ctx, p, RunOptions{Role: role, Set: "default/production", Provider: "openai"})
			must(t, run.FirstToken(), run.Tokens(1, 2), run.Cost(0.01), run.Feedback(Positive), run.Score("helpful", 1))
			if failure == "" {
				must(t, run.Succeed())
			} else {
				must(t, run.Fail(ErrorType(failure)))
			}
		}
	}
	// One about which nothing is known but the prompt, not even the model.
	bare := m.start(ctx, subject{name: p.Name(), version: p.Version()}, "", RunOptions{})
	must(t, bare.FirstToken(), bare.Tokens(1, 2), bare.Cost(0.01), bare.Feedback(Negative), bare.Score("helpful", 0), bare.Succeed())

	scope, got, values := exported(t, m)
	byName := func(a, b instrument) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) }
	slices.SortFunc(got, byName)
	slices.SortFunc(want.Instruments, byName)
	if diff := cmp.Diff(want.Instruments, got); diff != "" {
		t.Errorf("instruments (-fixture +exported):\n%s", diff)
	}
	if scope != want.Scope || scope != ScopeName {
		t.Errorf("scope = %q, want %q", scope, want.Scope)
	}
	for key, all := range want.Values {
		slices.Sort(all)
		slices.Sort(values[key])
		if diff := cmp.Diff(all, values[key]); diff != "" {
			t.Errorf("values of %s (-fixture +exported):\n%s", key, diff)
		}
	}
}

// TestContractSpan: the same for spans.
func TestContractSpan(t *testing.T) {
	want := readContract(t)
	p := newPrompt(t, "support.triage", "one")
	var errorTypes []string
	for _, code := range []openfeature.ErrorCode{
		openfeature.ProviderNotReadyCode, openfeature.ProviderFatalCode, openfeature.FlagNotFoundCode, openfeature.ParseErrorCode,
		openfeature.TypeMismatchCode, openfeature.TargetingKeyMissingCode, openfeature.InvalidContextCode, openfeature.GeneralCode, "ELSE",
	} {
		a := served(p, "stable")
		span, events := inSpan(t, func(ctx context.Context) {
			hc := openfeature.NewHookContext("support.triage", openfeature.Object, nil, openfeature.NewClientMetadata(""), openfeature.Metadata{Name: "promptflag"}, caller())
			Hook{}.Finally(ctx, hc, openfeature.InterfaceEvaluationDetails{Value: p, EvaluationDetails: openfeature.EvaluationDetails{
				ResolutionDetail: openfeature.ResolutionDetail{
					Variant: a.detail.Variant, Reason: a.detail.Reason, FlagMetadata: a.detail.FlagMetadata, ErrorCode: code,
				},
			}}, openfeature.HookHints{})
		})
		if diff := cmp.Diff(want.Span.Attributes, slices.Sorted(maps.Keys(span))); diff != "" {
			t.Errorf("attributes (-fixture +exported):\n%s", diff)
		}
		if diff := cmp.Diff(want.Span.EventAttributes, slices.Sorted(maps.Keys(events[0]))); diff != "" {
			t.Errorf("attributes of the event (-fixture +exported):\n%s", diff)
		}
		errorTypes = append(errorTypes, events[0]["error.type"])
	}
	slices.Sort(errorTypes)
	slices.Sort(want.Span.Errors)
	if diff := cmp.Diff(want.Span.Errors, errorTypes); diff != "" {
		t.Errorf("error.type of evaluations (-fixture +exported):\n%s", diff)
	}
	if want.Span.Event != evaluationEvent {
		t.Errorf("event %q, want %q", evaluationEvent, want.Span.Event)
	}
	if diff := cmp.Diff(want.Metadata, []string{metaName, metaVersion, metaRole, metaSet}); diff != "" {
		t.Errorf("metadata (-fixture +read):\n%s", diff)
	}
	if diff := cmp.Diff(want.Track, map[string][]string{
		EventFeedback: {fieldRun, fieldPrompt, fieldRole, fieldSet, fieldRating},
		EventScore:    {fieldRun, fieldPrompt, fieldRole, fieldSet, fieldName},
		EventRun: {
			fieldPrompt, fieldRole, fieldSet, fieldOutcome, fieldError, fieldIn, fieldOut, fieldFirstToken, fieldCost, fieldProvider, fieldOperation,
		},
	}); diff != "" {
		t.Errorf("tracking events (-fixture +read):\n%s", diff)
	}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}
