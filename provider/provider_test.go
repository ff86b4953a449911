package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

func TestReason(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("p", "a")
	constrained := func(s Strategy) Strategy { s.Constrained = true; return s }
	tenant := constrained(strategyOf("", 100, a))
	several := strategyOf("", 100, a)
	several.Variants = append(several.Variants, several.Variants...)
	for _, tt := range []struct {
		name string
		list []Strategy // the last one matches
		want openfeature.Reason
	}{
		{"stable alone", []Strategy{strategyOf("stable", 100, a)}, "STATIC"},
		{"behind a partial candidate", []Strategy{strategyOf("candidate", 5, a), strategyOf("stable", 100, a)}, "SPLIT"},
		{"behind a candidate at 0 %", []Strategy{strategyOf("candidate", 0, a), strategyOf("stable", 100, a)}, "STATIC"},
		{"candidate at 100 %", []Strategy{strategyOf("candidate", 100, a)}, "STATIC"},
		{"several variants", []Strategy{several}, "SPLIT"},
		{"behind several variants for a tenant", []Strategy{constrained(several), strategyOf("stable", 100, a)}, "TARGETING_MATCH"},
		{"tenant", []Strategy{tenant}, "TARGETING_MATCH"},
		{"behind a tenant", []Strategy{tenant, strategyOf("stable", 100, a)}, "TARGETING_MATCH"},
		{"behind both", []Strategy{tenant, strategyOf("candidate", 5, a), strategyOf("stable", 100, a)}, "SPLIT"},
	} {
		p, f := start(t, &blobs, nil, flagOf("p", tt.list...))
		last := len(tt.list) - 1
		f.match = func(f *Flag) Match {
			return Match{On: true, Strategy: last, Variant: f.Strategies[last].Variants[0]}
		}
		if got := object(p, "p").Reason; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Which version OFF and "nothing matched" serve.
func TestStable(t *testing.T) {
	var blobs fakeBlobs
	a, b, c := blobs.put("p", "a"), blobs.put("p", "b"), blobs.put("p", "c")
	constrained := strategyOf("", 100, b)
	constrained.Constrained = true
	for _, tt := range []struct {
		name string
		list []Strategy
		want prompts.Ref // none: the caller's default
	}{
		{"the role", []Strategy{strategyOf("candidate", 100, b), strategyOf("stable", 100, a)}, a},
		{"the first of two", []Strategy{strategyOf("stable", 100, a), strategyOf("stable", 100, b)}, a},
		{"behind a person's", []Strategy{strategyOf("", 100, b), strategyOf("stable", 100, a)}, a},
		{"role lost", []Strategy{strategyOf("candidate", 5, b), strategyOf("", 100, a)}, a},
		{"role lost, constrained and partial ones do not count", []Strategy{constrained, strategyOf("", 50, c), strategyOf("", 100, a)}, a},
		{"never a candidate", []Strategy{strategyOf("candidate", 100, b)}, prompts.Ref{}},
		{"never another prompt's", []Strategy{strategyOf("stable", 100, prompts.Ref{Name: "q", Digest: a.Digest})}, prompts.Ref{}},
	} {
		p, f := start(t, &blobs, nil, flagOf("p", tt.list...))
		f.match = func(*Flag) Match { return Match{Off: true} }
		d := object(p, "p")
		switch {
		case tt.want.Name == "" && (d.Value != "default" || d.ResolutionDetail().ErrorCode != openfeature.GeneralCode || d.Variant == ""):
			t.Errorf("%s: %+v, want the caller's default", tt.name, d)
		case tt.want.Name != "" && (fmt.Sprint(d.Value) != tt.want.String() || d.Reason != openfeature.DisabledReason):
			t.Errorf("%s: %v %s, want %s", tt.name, d.Value, d.Reason, tt.want)
		}
	}
}

func TestNotLoadable(t *testing.T) {
	var blobs fakeBlobs
	good := blobs.put("p", "good")
	other := blobs.put("q", "other")
	alien := blobs.store("p", []byte(`{"promptflag":2,"name":"p"}`))
	demanding := blobs.store("p", []byte(`{"promptflag":1,"name":"p","requires":["magic"]}`))
	broken := blobs.store("p", []byte(`{`))
	swapped := blobs.put("p", "swapped")
	blobs.data[string(swapped.Digest)] = blobs.data[string(good.Digest)]
	for _, tt := range []struct {
		name string
		ref  prompts.Ref
		want string
	}{
		{"blob missing", prompts.Ref{Name: "p", Digest: prompts.DigestOf([]byte("x"))}, "no such blob"},
		{"other bytes", swapped, "hash to"},
		{"another prompt's artifact", prompts.Ref{Name: "p", Digest: other.Digest}, `"q"`},
		{"another prompt's ref", other, "names another prompt"},
		{"newer major", alien, "load"},
		{"unknown requires", demanding, "load"},
		{"no artifact", broken, "load"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, f := start(t, &blobs, nil, flagOf("p", strategyOf("candidate", 100, tt.ref), strategyOf("stable", 100, good)))
			d := object(p, "p")
			if fmt.Sprint(d.Value) != good.String() || d.Reason != StaleReason || d.FlagMetadata[keyRequested] != tt.ref.String() || d.Variant != good.Version() {
				t.Errorf("answer = %+v", d)
			}
			f.current()
			e := nextEvent(t, p)
			if e.EventType != openfeature.ProviderError || !slices.Equal(e.FlagChanges, []string{"p"}) || !strings.Contains(e.Message, tt.want) {
				t.Errorf("event = %+v, want an ERROR that says %q", e, tt.want)
			}
		})
	}
}

// What a flag answered once is kept as its last stable version.
func TestLastStable(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("p", "a")
	missing := prompts.Ref{Name: "p", Digest: prompts.DigestOf([]byte("x"))}
	p, f := start(t, &blobs, nil, flagOf("p", strategyOf("stable", 100, a)))
	check := func(what string, reason openfeature.Reason) {
		t.Helper()
		if d := object(p, "p"); fmt.Sprint(d.Value) != a.String() || d.Reason != reason || d.Variant != a.Version() {
			t.Errorf("%s: %v %s", what, d.Value, d.Reason)
		}
	}
	check("as asked", openfeature.StaticReason)
	f.feed(flagOf("p", strategyOf("stable", 100, missing)))
	check("stable not loadable", StaleReason)
	f.feed(flagOf("p", Strategy{Role: "stable", Percent: 100, Variants: []Variant{{"x", Payload{"string", "edited by hand"}}}}))
	check("payload broken by hand", StaleReason)
	f.feed(flagOf("p", Strategy{Percent: 100, Variants: []Variant{{"x", Payload{"json", "{}"}}}}))
	check("no trace of a prompt flag", StaleReason)
	f.feed()
	check("vanished", StaleReason)
	f.feed(flagOf("p", strategyOf("stable", 100, missing)))
	check("back, not loadable", StaleReason)
	f.feed()
	f.clock.add(24*time.Hour + time.Minute)
	if d := object(p, "p"); d.ResolutionDetail().ErrorCode != openfeature.FlagNotFoundCode || d.Value != "default" {
		t.Errorf("vanished a day ago: %+v", d)
	}
	if got := p.FloatEvaluation(context.Background(), "p", 1, nil).ResolutionDetail().ErrorCode; got != openfeature.FlagNotFoundCode {
		t.Errorf("as a number: %s", got)
	}
}

func TestFeedAge(t *testing.T) {
	var blobs fakeBlobs
	p, f := start(t, &blobs, nil, flagOf("p", strategyOf("stable", 100, blobs.put("p", "a"))))
	f.clock.add(500 * time.Millisecond)
	was := int64(0)
	for _, seconds := range []int64{0, 1, 7, 7, 3000} {
		f.clock.add(time.Duration(seconds-was) * time.Second)
		was = seconds
		if got := object(p, "p").FlagMetadata[keyAge]; got != seconds {
			t.Errorf("%s = %v (%T), want %d", keyAge, got, got, seconds)
		}
	}
	f.current()
	if got := object(p, "p").FlagMetadata[keyAge]; got != int64(0) {
		t.Errorf("after a poll: %v", got)
	}
}

// A panic of the flag source is stable for a prompt flag, and the caller's
// default for everything else.
func TestPanic(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("p", "a")
	p, f := start(t, &blobs, nil, flagOf("p", strategyOf("stable", 100, a)), &Flag{Name: "plain", Enabled: true})
	f.match = func(*Flag) Match { panic("spoiled") }
	ctx := context.Background()
	wantAnswer(t, "object", object(p, "p"), a, StaleReason)
	if d := p.StringEvaluation(ctx, "p", "d", nil); d.Value != a.String() || d.Reason != StaleReason {
		t.Errorf("string: %+v", d)
	}
	for what, got := range map[string]openfeature.ProviderResolutionDetail{
		"object": object(p, "plain").ProviderResolutionDetail,
		"string": p.StringEvaluation(ctx, "plain", "d", nil).ProviderResolutionDetail,
		"bool":   p.BooleanEvaluation(ctx, "p", true, nil).ProviderResolutionDetail,
		"float":  p.FloatEvaluation(ctx, "plain", 1, nil).ProviderResolutionDetail,
		"int":    p.IntEvaluation(ctx, "plain", 1, nil).ProviderResolutionDetail,
	} {
		if d := got.ResolutionDetail(); d.ErrorCode != openfeature.GeneralCode || d.Variant == "" || strings.Contains(d.ErrorMessage, "spoiled") {
			t.Errorf("%s: %+v", what, d)
		}
	}
}

// Whose answer may have changed: defined otherwise, new, gone, or below a
// parent that is one of these.
func TestChanges(t *testing.T) {
	flag := func(name, fingerprint string, parents ...string) *Flag {
		return &Flag{Name: name, Enabled: true, Fingerprint: fingerprint, Parents: parents}
	}
	var blobs fakeBlobs
	p, f := start(t, &blobs, nil,
		flag("same", "1"), flag("other", "1"), flag("left", "1"), flag("child", "1", "other"), flag("quiet", "1", "same"))
	f.feed(flag("same", "1"), flag("other", "2"), flag("new", "1"), flag("child", "1", "other"), flag("quiet", "1", "same"))
	want := []string{"child", "left", "new", "other"}
	if diff := cmp.Diff(want, nextEvent(t, p).FlagChanges); diff != "" {
		t.Errorf("changes (-want +got)\n%s", diff)
	}
}

func TestInitErrors(t *testing.T) {
	t.Run("bad glob", func(t *testing.T) {
		p := New(&fakeFlags{}, &fakeBlobs{}, &Options{Prompts: []string{"["}})
		defer p.Shutdown()
		var fatal *openfeature.ProviderInitError
		if err := p.Init(openfeature.EvaluationContext{}); !errors.As(err, &fatal) || fatal.ErrorCode != openfeature.ProviderFatalCode {
			t.Errorf("Init = %v, want FATAL", err)
		}
	})
	t.Run("options changed after New", func(t *testing.T) {
		o := &Options{Prompts: []string{"p"}}
		p := New(&fakeFlags{}, &fakeBlobs{}, o)
		o.Prompts[0] = "["
		if err := p.opt.check(); err != nil {
			t.Error(err)
		}
	})
	t.Run("late", func(t *testing.T) {
		var blobs fakeBlobs
		p, f := create(t, &blobs, nil)
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := p.InitWithContext(ctx, openfeature.EvaluationContext{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Init = %v", err)
		}
		f.feed(flagOf("p", strategyOf("stable", 100, blobs.put("p", "a"))))
		if e := nextEvent(t, p); e.EventType != openfeature.ProviderReady || e.ProviderName != Name {
			t.Errorf("event = %+v, want READY", e)
		}
		if err := p.Init(openfeature.EvaluationContext{}); err != nil {
			t.Errorf("Init of a provider that is ready: %v", err)
		}
	})
	t.Run("no server, nothing on disk", func(t *testing.T) {
		p, f := create(t, &fakeBlobs{}, nil)
		f.failed(errors.New("connection refused"))
		if err := p.Init(openfeature.EvaluationContext{}); err == nil || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("Init = %v", err)
		}
	})
}

// Nobody reads the events: nothing waits for that.
func TestEventsUnread(t *testing.T) {
	var blobs fakeBlobs
	p, f := start(t, &blobs, nil, flagOf("p", strategyOf("stable", 100, blobs.put("p", "a"))))
	for i := range 3 * maxQueued {
		f.feed(flagOf("p", strategyOf("stable", 100, blobs.put("p", fmt.Sprint(i)))), flagOf(fmt.Sprintf("f%d", i)))
	}
	got := map[string]bool{}
	for len(got) < 3*maxQueued { // one event under way, the others became one
		for _, name := range nextEvent(t, p).FlagChanges {
			got[name] = true
		}
	}
}

// A feed that comes while the provider shuts down does not wake it up.
func TestShutdownBeforeFirstFeed(t *testing.T) {
	var blobs fakeBlobs
	p, f := create(t, &blobs, nil)
	p.Shutdown()
	f.h.Feed(feedOf(flagOf("p", strategyOf("stable", 100, blobs.put("p", "a")))))
	if d := object(p, "p"); d.Value != "default" || d.ResolutionDetail().ErrorCode != openfeature.ProviderNotReadyCode {
		t.Errorf("after Shutdown: %+v", d)
	}
}

// What cannot be loaded is news once, whatever the words of the next failure.
func TestTroubleIsNewsOnce(t *testing.T) {
	var blobs fakeBlobs
	a, b := blobs.put("p", "a"), blobs.put("p", "b")
	p, f := start(t, &blobs, nil, flagOf("p", strategyOf("stable", 100, a)))
	tries := 0
	blobs.mu.Lock()
	blobs.hook = func(context.Context, string) error { tries++; return fmt.Errorf("503, request id %d", tries) }
	blobs.mu.Unlock()
	f.feed(flagOf("p", strategyOf("candidate", 100, b), strategyOf("stable", 100, a)))
	wantEvents(t, p, openfeature.ProviderConfigChange)
	f.current()
	wantEvents(t, p, openfeature.ProviderError)
	for range 3 {
		f.current()
	}
	noEvent(t, p)
	if tries < 3 {
		t.Errorf("%d tries", tries)
	}
}
