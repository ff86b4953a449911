package unleashflags_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	unleash "github.com/Unleash/unleash-client-go/v4"
	"github.com/Unleash/unleash-client-go/v4/api"
	unleashcontext "github.com/Unleash/unleash-client-go/v4/context"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// Hazards 3, 4, 5, 10, 11 and 14: evaluating.

// unknownSegment makes every evaluation of support.triage an error of the client.
func unknownSegment(feed object) {
	_, list := feature(feed, "support.triage")
	list[0]["segments"] = []any{99}
}

func processErrorAfterClose(t *testing.T, say func(string, ...any)) {
	stuckAfterClose(t, say, feedWith(t, unknownSegment))
}

func processImpressionAfterClose(t *testing.T, say func(string, ...any)) {
	stuckAfterClose(t, say, feedWith(t, func(feed object) { f, _ := feature(feed, "support.triage"); f["impressionData"] = true }))
}

func stuckAfterClose(t *testing.T, say func(string, ...any), body string) {
	c := bootstrap(t, body)
	c.WaitForReady()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	go func() {
		for {
			calls.Add(1)
			c.GetVariant("support.triage")
		}
	}()
	eventually(t, "a call waits to send and nobody is there to receive", func() bool {
		return waiting("chan send", "(*Client).GetVariant") != "" && waiting("", "(*Client).sync") == ""
	})
	say("call %d waits for ever", calls.Load())
}

func oursAfterClose(t *testing.T) {
	f := newFakeServer(t, feedWith(t, func(feed object) {
		unknownSegment(feed)
		f, _ := feature(feed, "support.triage")
		f["impressionData"] = true
	}))
	source, err := unleashflags.New(f.options())
	if err != nil {
		t.Fatal(err)
	}
	feeds := make(chan *provider.Feed, 1)
	err = source.Start(provider.Handler{Feed: func(f *provider.Feed) { feeds <- f }, Current: func() {}, Failed: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	feed := <-feeds
	feed.Use()
	if err := source.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	caller := openfeature.FlattenedContext{openfeature.TargetingKey: "user-0", "tenantId": "acme"}
	for range 100 {
		for _, flag := range feed.Flags {
			if m := source.Variant(flag, caller); !m.Off || source.Enabled(flag, caller) {
				t.Fatalf("%s after Close: %+v, want off", flag.Name, m)
			}
		}
	}
}

func oursCloseTwice(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	source, err := unleashflags.New(f.options())
	if err != nil {
		t.Fatal(err)
	}
	p := provider.New(source, newBucket(t), &provider.Options{NoCache: true})
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		p.Shutdown()
		if err := source.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// unsticky takes the stickiness out of every strategy.
func unsticky(feed object) {
	for _, f := range feed["features"].([]any) {
		for _, s := range f.(object)["strategies"].([]any) {
			delete(s.(object)["parameters"].(object), "stickiness")
		}
	}
}

func processStickiness(t *testing.T, _ func(string, ...any)) {
	bootstrap(t, feedWith(t, unsticky)).GetVariant("support.reply")
}

func oursStickiness(t *testing.T) {
	s := serve(t, newFakeServer(t, feedWith(t, unsticky)).options(), newBucket(t), nil)
	for flag, want := range map[string]string{"support.reply": "support.reply.1", "support.greet": "support.greet.1"} {
		if a, _ := s.object(flag, user("user-0")); a.Value != ref(t, want) {
			t.Errorf("%s = %v, want %s", flag, a, want)
		}
	}
	if on, err := s.BooleanValue(context.Background(), "checkout.beta", false, user("u", "tenantId", "acme")); !on || err != nil {
		t.Errorf("checkout.beta = %v, %v", on, err)
	}
}

// changing lets a server give another feed with segments to each poll.
func changing(t *testing.T, f *fakeServer) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	bodies := []string{f.body, strings.Replace(f.body, `"rollout":"10"`, `"rollout":"100"`, 1)}
	if bodies[0] == bodies[1] {
		t.Fatal("the body does not change")
	}
	go func() {
		defer close(over)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				f.set(func() { f.body = bodies[i%2] })
			}
		}
	}()
	return func() { close(done); <-over }
}

func processRace(t *testing.T, say func(string, ...any)) {
	f := newFakeServer(t, feedWith(t, withSegment))
	defer changing(t, f)()
	c := bare(t, f.URL, unleash.WithRefreshInterval(time.Millisecond))
	c.WaitForReady()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		payload(c, "support.triage")
		runtime.Gosched()
	}
	say("no race was found")
}

func barelyRaces(t *testing.T) {
	if !raceEnabled {
		t.Skip("it is seen by the race detector")
	}
	shows("race", "WARNING: DATA RACE", "resolveSegmentConstraints", "(*repository).fetch")(t)
}

func oursRace(t *testing.T) {
	f := newFakeServer(t, feedWith(t, withSegment))
	o := f.options()
	o.RefreshInterval = time.Millisecond
	s := serve(t, o, newBucket(t), nil)
	defer changing(t, f)()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if a, _ := s.object("support.triage", user("user-0", "tenantId", "acme")); a.Value != ref(t, "support.triage.3") {
					t.Errorf("in the segment: %v", a)
					return
				}
			}
		})
	}
	eventually(t, "twenty changes were seen", func() bool { return t.Failed() || len(s.seen(openfeature.ProviderConfigChange)) >= 20 })
	close(stop)
	wg.Wait()
}

// regex gives support.triage's tenant strategy an operator that the client does not know.
func regex(feed object) {
	_, list := feature(feed, "support.triage")
	list[0]["constraints"] = []any{object{"contextName": "tenantId", "operator": "REGEX", "value": "^ac", "values": []string{}}}
}

// acme is a caller whom regex is for.
func acme() unleash.VariantOption {
	return unleash.WithVariantContext(unleashcontext.Context{UserId: "user-0", Properties: map[string]string{"tenantId": "acme"}})
}

func processOperator(t *testing.T, say func(string, ...any)) {
	c := bootstrap(t, feedWith(t, regex))
	if got := payload(c, "support.triage", acme()); got == ref(t, "support.triage.1") {
		say("answers stable")
	}
}

// slowListener never comes back from the first error.
type slowListener struct {
	quietListener
	forever chan struct{}
}

func (l *slowListener) OnError(error) { <-l.forever }

func processSlowListener(t *testing.T, say func(string, ...any)) {
	c := bootstrap(t, feedWith(t, regex), unleash.WithListener(&slowListener{forever: make(chan struct{})}))
	c.WaitForReady()
	var calls atomic.Int64
	go func() {
		for {
			if calls.Add(1) == 2 { // the listener has the first one
				for waiting("chan receive", "(*slowListener).OnError") == "" {
					time.Sleep(time.Millisecond)
				}
			}
			payload(c, "support.triage", acme())
		}
	}()
	eventually(t, "a call waits for the listener", func() bool {
		return waiting("chan send", "(*Client).GetVariant") != "" && waiting("chan receive", "(*slowListener).OnError") != ""
	})
	say("call %d waits", calls.Load())
}

func oursOperator(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	o := f.options()
	log := &stuckLog{free: make(chan struct{})}
	o.Logger = slog.New(log)
	s := serve(t, o, newBucket(t), nil)
	t.Cleanup(func() { close(log.free) })
	f.set(func() { f.body = feedWith(t, regex) })
	in := user("user-0", "tenantId", "acme")
	eventually(t, "stable with STALE", func() bool {
		a, meta := s.object("support.triage", in)
		return a == got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "STALE", ""} && meta["promptRequested"] == ref(t, "support.triage.3")
	})
	eventually(t, "an ERROR that names flag and operator", func() bool {
		for _, e := range s.seen(openfeature.ProviderError) {
			if strings.Contains(e.message, "support.triage") && strings.Contains(e.message, "REGEX") {
				return true
			}
		}
		return false
	})
	log.stuck.Store(true) // the log of the source, not the one of the provider
	for range 100 {
		if a, _ := s.object("support.triage", in); a.Reason != "STALE" {
			t.Fatalf("answer = %v", a)
		}
	}
	if n := len(s.seen(openfeature.ProviderError)); n != 1 {
		t.Errorf("%d ERROR events, want one", n)
	}
}

// stuckLog is a log that never comes back, once it is stuck.
type stuckLog struct {
	stuck atomic.Bool
	free  chan struct{}
}

func (l *stuckLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *stuckLog) Handle(context.Context, slog.Record) error {
	if l.stuck.Load() {
		<-l.free
	}
	return nil
}
func (l *stuckLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *stuckLog) WithGroup(string) slog.Handler      { return l }

// weightless makes the variants of checkout.banner weigh nothing.
func weightless(feed object) {
	_, list := feature(feed, "checkout.banner")
	for _, v := range list[0]["variants"].([]any) {
		v.(object)["weight"] = 0
	}
}

func processWeights(t *testing.T, say func(string, ...any)) {
	c := bootstrap(t, feedWith(t, weightless))
	c.GetVariant("checkout.banner")
	spoiled := c.GetVariant("unknown").Enabled && api.DISABLED_VARIANT.FeatureEnabled
	s := serve(t, newFakeServer(t, fixtureFeed(t)).options(), newBucket(t), nil)
	missing, _ := s.ObjectValueDetails(context.Background(), "unknown", "default", user("u"))
	on, _ := s.BooleanValue(context.Background(), "checkout.beta", true, user("u", "tenantId", "initech"))
	off, _ := s.object("support.greet", user("u"))
	if off.Reason != "DISABLED" {
		on = true
	}
	say("an unknown flag: Enabled %v; ours: %s, %s", spoiled, missing.ErrorCode, map[bool]string{false: "off", true: "on"}[on])
}

func oursWeights(t *testing.T) {
	s := serve(t, newFakeServer(t, feedWith(t, weightless)).options(), newBucket(t), nil)
	if d, err := s.ObjectValueDetails(context.Background(), "checkout.banner", "default", user("u")); d.Value != "default" || d.Reason != openfeature.DefaultReason || err != nil {
		t.Errorf("weightless: %v, %v", d, err)
	}
	if a, _ := s.object("unknown", user("u")); a.Code != openfeature.FlagNotFoundCode {
		t.Errorf("unknown = %v", a)
	}
	if v := fmt.Sprint(*api.DISABLED_VARIANT); v != fmt.Sprint(api.Variant{Name: "disabled"}) {
		t.Errorf("the client's word for off is now %s", v)
	}
}
