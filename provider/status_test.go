package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
)

// Three missed polls make the feed stale; answers stay as they are.
func TestStaleAfterThreeMisses(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	p, f := start(t, &blobs, nil, flagOf("a", strategyOf("candidate", 50, a2), strategyOf("stable", 100, a1)))
	for range 2 {
		f.failed(errAway)
		f.failed(errAway)
		f.current() // two and one are not three
	}
	f.failed(errAway)
	f.failed(errAway)
	noEvent(t, p)
	for range 3 {
		f.failed(errAway)
	}
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderStale || !strings.Contains(e.Message, "3 polls") {
		t.Errorf("event = %+v, want STALE", e)
	}
	noEvent(t, p)
	wantAnswer(t, "stale", object(p, "a"), a2, "SPLIT")
	f.current()
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderReady {
		t.Errorf("event = %+v, want READY", e)
	}
}

// Refused credentials are told at once, and once.
func TestRefused(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("a", "1")
	p, f := start(t, &blobs, nil, flagOf("a", strategyOf("stable", 100, a)))
	refused := fmt.Errorf("fetch flags: 401: %w: the token", ErrRefused)
	for range 4 {
		f.failed(refused)
	}
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderError || !strings.Contains(e.Message, "the token") || e.EventMetadata["errorCode"] != "GENERAL" {
		t.Errorf("event = %+v, want ERROR", e)
	}
	noEvent(t, p)
	wantAnswer(t, "refused", object(p, "a"), a, "STATIC")
	f.failed(errAway) // no longer refused, and away for five polls
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderStale {
		t.Errorf("event = %+v, want STALE", e)
	}
	f.current()
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderReady {
		t.Errorf("event = %+v, want READY", e)
	}
}

// noEvent says that nothing waits to be read.
func noEvent(t *testing.T, p *Provider) {
	t.Helper()
	idle(p)
	p.run.events.mu.Lock()
	defer p.run.events.mu.Unlock()
	select {
	case e := <-p.EventChannel():
		t.Errorf("event = %+v, want none", e)
	default:
		if len(p.run.events.queue) > 0 {
			t.Errorf("events = %+v, want none", p.run.events.queue)
		}
	}
}

// What the source cannot evaluate is one ERROR event, and never silent.
func TestUnresolved(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	candidate := strategyOf("candidate", 50, a2)
	candidate.Unresolved = "segment 7 is not in the feed"
	p, f := start(t, &blobs, nil,
		flagOf("a", candidate, strategyOf("stable", 100, a1)),
		&Flag{Name: "plain", Enabled: true, Fingerprint: "1", Trouble: "operator REGEX is not known"})
	f.match = func(f *Flag) Match {
		if f.Name == "plain" {
			return Match{}
		}
		return Match{On: true, Strategy: 1, Variant: f.Strategies[1].Variants[0]}
	}
	d := object(p, "a")
	wantAnswer(t, "past a strategy that nobody can resolve", d, a1, StaleReason)
	if d.FlagMetadata[keyRequested] != a2.String() {
		t.Errorf("metadata = %v", d.FlagMetadata)
	}
	f.current()
	f.current()
	e := nextEvent(t, p)
	if e.EventType != openfeature.ProviderError || fmt.Sprint(e.FlagChanges) != "[a plain]" || !strings.Contains(e.Message, "segment 7") {
		t.Errorf("event = %+v", e)
	}
	noEvent(t, p)
}

// One event for each flag whose candidate callers cannot get.
func TestLackingStickyField(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	canary := func(percent float64, field string) *Flag {
		c := strategyOf("candidate", percent, a2)
		c.Sticky = field
		return flagOf("a", c, strategyOf("stable", 100, a1))
	}
	ask := func(p *Provider, caller map[string]any) { p.ObjectEvaluation(context.Background(), "a", nil, caller) }
	p, f := start(t, &blobs, nil, canary(5, "tenantId"))
	ask(p, map[string]any{"tenantId": "acme"})
	f.current()
	noEvent(t, p)
	for range 3 {
		ask(p, map[string]any{openfeature.TargetingKey: "user-1"})
		f.current()
	}
	e := nextEvent(t, p)
	if e.EventType != openfeature.ProviderError || !strings.Contains(e.Message, `"tenantId"`) || e.EventMetadata["errorCode"] != "TARGETING_KEY_MISSING" {
		t.Errorf("event = %+v", e)
	}
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderReady {
		t.Errorf("event = %+v, want the state as before", e)
	}
	noEvent(t, p)
	for _, quiet := range []*Flag{canary(100, "tenantId"), canary(0, "tenantId"), canary(5, "")} {
		f.feed(quiet)
		wantEvents(t, p, openfeature.ProviderConfigChange)
		ask(p, nil)
		f.current()
		noEvent(t, p)
	}
	f.feed(canary(6, "userId"))
	wantEvents(t, p, openfeature.ProviderConfigChange)
	ask(p, map[string]any{openfeature.TargetingKey: "user-1"})
	f.current()
	noEvent(t, p)
	ask(p, map[string]any{openfeature.TargetingKey: ""})
	f.current()
	wantEvents(t, p, openfeature.ProviderError, openfeature.ProviderReady)
}

// Exposures are what was served, not what was asked for.
func TestExposures(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	missing := strategyOf("candidate", 100, blobs.put("a", "3"))
	delete(blobs.data, string(missing.Variants[0].Payload.Value[2:]))
	off := flagOf("off", strategyOf("stable", 100, blobs.put("off", "1")))
	off.Enabled = false
	named := strategyOf("", 100, a2)
	named.Variants[0].Name = "acme"
	p, f := start(t, &blobs, nil,
		flagOf("a", missing, strategyOf("stable", 100, a1)), off, flagOf("b", Strategy{Percent: 100, Variants: []Variant{{"x", Payload{"string", "v"}}}}))
	object(p, "a")
	object(p, "off")
	_ = p.StringEvaluation(context.Background(), "b", "", nil)
	_ = p.BooleanEvaluation(context.Background(), "b", false, nil)
	f.feed(flagOf("a", named, strategyOf("stable", 100, a1)), off)
	object(p, "a")
	want := map[string]int{
		"a true " + a1.Version(): 1, "a true acme": 1, "b true x": 1, "b true ": 1,
		"off false " + off.Strategies[0].Variants[0].Name: 1,
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fmt.Sprint(f.counts) != fmt.Sprint(want) {
		t.Errorf("counts = %v, want %v", f.counts, want)
	}
}

type tracker struct {
	got []string
	err error
}

func (t *tracker) Track(_ context.Context, name string, ec openfeature.EvaluationContext, d openfeature.TrackingEventDetails) {
	t.got = append(t.got, fmt.Sprint(name, ec.TargetingKey(), d.Value()))
	if t.err != nil {
		panic(t.err)
	}
}

func TestTrack(t *testing.T) {
	ec, d := openfeature.NewEvaluationContext("user-1", nil), openfeature.NewTrackingEventDetails(1)
	New(&fakeFlags{}, &fakeBlobs{}, nil).Track(context.Background(), "nobody listens", ec, d)
	tr := &tracker{err: errors.New("broken")}
	New(&fakeFlags{}, &fakeBlobs{}, &Options{Tracker: tr}).Track(context.Background(), "feedback", ec, d)
	if len(tr.got) != 1 || !strings.HasPrefix(tr.got[0], "feedback") {
		t.Errorf("tracked %v", tr.got)
	}
}
