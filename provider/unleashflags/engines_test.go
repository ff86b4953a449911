package unleashflags_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	api4 "github.com/Unleash/unleash-client-go/v4/api"
	api6 "github.com/Unleash/unleash-go-sdk/v6/api"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/provider/unleashflags/unleashv6"
)

// onEngines runs a test once for each engine; nil is the default.
func onEngines(t *testing.T, test func(t *testing.T, engine unleashflags.Engine)) {
	t.Run("v4", func(t *testing.T) { test(t, nil) })
	t.Run("v6", func(t *testing.T) { test(t, unleashv6.Engine{}) })
}

// plainFeed is a feed of flags that are given as "name":{…}.
func plainFeed(flags ...string) string {
	for i, f := range flags {
		name, rest, _ := strings.Cut(f, ":{")
		flags[i] = `{"name":` + name + `,` + rest
	}
	return `{"version":2,"features":[` + strings.Join(flags, ",") + `]}`
}

// started is a source whose feeds the test decodes itself.
func started(t *testing.T, engine unleashflags.Engine, log *slog.Logger) *unleashflags.Source {
	t.Helper()
	s, err := unleashflags.New(unleashflags.Options{URL: (&flagsDir{dir: t.TempDir()}).url(), Environment: "none", Engine: engine, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(provider.Handler{Feed: func(*provider.Feed) {}, Current: func() {}, Failed: func(error) {}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func decoded(t *testing.T, s *unleashflags.Source, body string) map[string]*provider.Flag {
	t.Helper()
	feed, err := s.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	feed.Use()
	flags := map[string]*provider.Flag{}
	for _, f := range feed.Flags {
		flags[f.Name] = f
	}
	return flags
}

// parentFlags are in every feed of TestParents.
var parentFlags = []string{
	`"on":{"enabled":true,"strategies":[{"name":"default"}]}`,
	`"off":{"enabled":false,"strategies":[{"name":"default"}]}`,
	`"anna":{"enabled":true,"strategies":[{"name":"userWithId","parameters":{"userIds":"anna"}}]}`,
	`"blue":{"enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"100","stickiness":"default","groupId":"g"},"variants":[{"name":"blue","weight":1000}]}]}`,
	`"legacy":{"enabled":true,"strategies":[{"name":"default"}],"variants":[{"name":"green","weight":1000}]}`,
	`"grandchild":{"enabled":true,"strategies":[{"name":"default"}],"dependencies":[{"feature":"on"}]}`,
	`"unknown":{"enabled":true,"strategies":[{"name":"default","constraints":[{"operator":"FUTURE"}]}]}`,
	`"unknown and on":{"enabled":true,"strategies":[{"name":"default","constraints":[{"operator":"FUTURE"}]},{"name":"flexibleRollout","parameters":{"rollout":"100","groupId":"g"},"variants":[{"name":"blue","weight":1000}]}]}`,
	`"unknown and off":{"enabled":false,"strategies":[{"name":"default","constraints":[{"operator":"FUTURE"}]}]}`,
}

func TestParents(t *testing.T) {
	tests := []struct {
		name, dependencies string
		want               bool // the child is on for anna
	}{
		{"none", ``, true},
		{"on", `{"feature":"on"}`, true},
		{"demanded on", `{"feature":"on","enabled":true}`, true},
		{"off", `{"feature":"off"}`, false},
		{"demanded off and off", `{"feature":"off","enabled":false}`, true},
		{"demanded off and on", `{"feature":"on","enabled":false}`, false},
		{"missing", `{"feature":"nobody"}`, false},
		{"demanded off and missing", `{"feature":"nobody","enabled":false}`, false},
		{"on for the caller", `{"feature":"anna"}`, true},
		{"demanded off and on for the caller", `{"feature":"anna","enabled":false}`, false},
		{"all", `{"feature":"on"},{"feature":"anna"}`, true},
		{"not all", `{"feature":"on"},{"feature":"off"}`, false},
		{"itself a child", `{"feature":"grandchild"}`, false},
		{"its variant", `{"feature":"blue","variants":["red","blue"]}`, true},
		{"no variants demanded", `{"feature":"blue","variants":[]}`, true},
		{"another variant", `{"feature":"blue","variants":["red"]}`, false},
		{"variant of the flag", `{"feature":"legacy","variants":["green"]}`, true},
		{"another variant of the flag", `{"feature":"legacy","variants":["red"]}`, false},
		{"without a variant", `{"feature":"on","variants":["red"]}`, false},
		{"without a variant, as demanded", `{"feature":"on","variants":["disabled"]}`, true},
		{"off, variant", `{"feature":"off","variants":["disabled"]}`, false},
		{"unresolved", `{"feature":"unknown"}`, false},
		{"unresolved is not known to be off", `{"feature":"unknown","enabled":false}`, false},
		{"switched off", `{"feature":"unknown and off","enabled":false}`, true},
		{"on all the same", `{"feature":"unknown and on"}`, true},
		{"on all the same, but not which variant", `{"feature":"unknown and on","variants":["blue"]}`, false},
	}
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		s := started(t, engine, nil)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				child := `"child":{"enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"100","groupId":"g"},"variants":[{"name":"v","weight":1}]}],"dependencies":[` + tt.dependencies + `]}`
				f := decoded(t, s, plainFeed(append([]string{child}, parentFlags...)...))["child"]
				caller := openfeature.FlattenedContext{"targetingKey": "anna"}
				m := s.Variant(f, caller)
				if on := s.Enabled(f, caller); on != tt.want || m.On != tt.want || m.Off == tt.want || (m.Variant.Name == "v") != tt.want {
					t.Errorf("child is on: %v, match %+v, want on: %v", on, m, tt.want)
				}
			})
		}
	})
}

// A child whose definition is old is judged by the parents of the newest feed.
func TestParentsOfTheNewestFeed(t *testing.T) {
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		s := started(t, engine, nil)
		child := `"child":{"enabled":true,"strategies":[{"name":"default"}],"dependencies":[{"feature":"parent"}]}`
		old := decoded(t, s, plainFeed(child, `"parent":{"enabled":true,"strategies":[]}`))["child"]
		enabled := func() bool { return s.Enabled(old, openfeature.FlattenedContext{}) }
		if !enabled() {
			t.Fatal("child is off")
		}
		decoded(t, s, plainFeed(`"parent":{"enabled":false,"strategies":[]}`)) // the child does not name it any more
		if m := s.Variant(old, openfeature.FlattenedContext{}); enabled() || !m.Off {
			t.Errorf("parent went off: %+v", m)
		}
		decoded(t, s, plainFeed(`"parent":{"enabled":true,"strategies":[]}`))
		if !enabled() {
			t.Error("parent went on again: child is off")
		}
		decoded(t, s, plainFeed(`"other":{"enabled":true,"strategies":[]}`))
		if enabled() {
			t.Error("parent is gone: child is on")
		}
	})
}

// Everything that is written about flags holds for each engine, with the same
// callers in the same buckets.
func TestEnginesAgree(t *testing.T) {
	flags := []string{
		`"percent":{"enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"37","stickiness":"userId","groupId":"percent"}}]}`,
		`"tenants":{"enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"50","stickiness":"tenantId","groupId":"t"},"variants":[{"name":"a","weight":300},{"name":"b","weight":700}]}]}`,
		`"variants":{"enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"100"},"variants":[{"name":"a","weight":1},{"name":"b","weight":1},{"name":"c","weight":1,"payload":{"type":"string","value":"x"}}]}]}`,
		`"no group":{"enabled":true,"strategies":[{"name":"default","variants":[{"name":"a","weight":1},{"name":"b","weight":1}]}]}`,
		`"own":{"enabled":true,"strategies":[{"name":"default"}],"variants":[{"name":"a","weight":1,"overrides":[{"contextName":"userId","values":["user-7"]}]},{"name":"b","weight":1}]}`,
		`"users":{"enabled":true,"strategies":[{"name":"userWithId","parameters":{"userIds":"user-1, user-2"}},{"name":"gradualRolloutUserId","parameters":{"percentage":20,"groupId":"g"}}]}`,
		`"constraint":{"enabled":true,"strategies":[{"name":"default","constraints":[{"contextName":"plan","operator":"IN","values":["pro"],"inverted":true},{"contextName":"age","operator":"NUM_GTE","value":"18"}]}]}`,
		`"off":{"enabled":false,"strategies":[{"name":"default"}]}`,
		`"nothing":{"enabled":true,"strategies":[]}`,
	}
	a, b := started(t, nil, nil), started(t, unleashv6.Engine{}, nil)
	body := plainFeed(flags...)
	flags4, flags6 := decoded(t, a, body), decoded(t, b, body)
	ons := map[string]int{}
	for i := range 500 {
		caller := openfeature.FlattenedContext{"targetingKey": fmt.Sprintf("user-%d", i), "tenantId": fmt.Sprint(i % 50), "age": i % 40}
		if i%3 == 0 {
			caller["plan"] = "pro"
		}
		for name, f4 := range flags4 {
			f6 := flags6[name]
			on4, on6 := a.Enabled(f4, caller), b.Enabled(f6, caller)
			m4, m6 := a.Variant(f4, caller), b.Variant(f6, caller)
			if on4 != on6 || m4 != m6 || on4 != m4.On {
				t.Fatalf("%s for %v: v4 %v %+v, v6 %v %+v", name, caller, on4, m4, on6, m6)
			}
			if on4 {
				ons[name+m4.Variant.Name]++
			}
		}
	}
	for _, name := range []string{"percent", "tenantsa", "tenantsb", "variantsa", "variantsb", "variantsc", "no groupa", "no groupb", "owna", "ownb", "users", "constraint", "nothing"} {
		if ons[name] == 0 {
			t.Errorf("%s was never seen: %v", name, ons)
		}
	}
}

// All flags that are off share one value in each SDK. Weights that add up to
// nothing would spoil it; when another client in the process did, answers are
// as before.
func TestSharedDisabledVariant(t *testing.T) {
	was4, was6 := *api4.DISABLED_VARIANT, *api6.DISABLED_VARIANT
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		s := started(t, engine, nil)
		flags := decoded(t, s, plainFeed(
			`"weightless":{"enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"100","groupId":"g"},"variants":[{"name":"v","weight":0},{"name":"w","weight":-3}]}],"variants":[{"name":"v","weight":0}]}`,
			`"off":{"enabled":false,"strategies":[]}`))
		if m := s.Variant(flags["weightless"], nil); !m.On || m.Variant.Name != "" {
			t.Errorf("weightless: %+v, want on without a variant", m)
		}
		if *api4.DISABLED_VARIANT != was4 || *api6.DISABLED_VARIANT != was6 {
			t.Error("the shared value is spoiled")
		}
		defer func() { *api4.DISABLED_VARIANT, *api6.DISABLED_VARIANT = was4, was6 }()
		api4.DISABLED_VARIANT.Enabled, api4.DISABLED_VARIANT.FeatureEnabled = true, true
		api6.DISABLED_VARIANT.Enabled, api6.DISABLED_VARIANT.FeatureEnabled = true, true
		if m := s.Variant(flags["off"], nil); m.On || m.Variant.Name != "" || !m.Off {
			t.Errorf("off, after the value was spoiled: %+v", m)
		}
	})
}

// blockedLog is a log that does not come back before it is released.
type blockedLog struct {
	slog.Handler
	release chan struct{}
}

func (b blockedLog) Enabled(context.Context, slog.Level) bool { return true }

func (b blockedLog) Handle(context.Context, slog.Record) error {
	<-b.release
	return nil
}

// v4 reports a caller whose values do not fit a constraint, at every call and
// through a channel. Evaluations go on while the log hangs.
func TestEvaluationDoesNotWaitForTheLog(t *testing.T) {
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		release := make(chan struct{})
		s := started(t, engine, slog.New(blockedLog{slog.DiscardHandler, release}))
		defer close(release) // before the source is closed
		f := decoded(t, s, plainFeed(`"f":{"enabled":true,"strategies":[{"name":"default","constraints":[{"contextName":"version","operator":"SEMVER_GT","value":"1.2.3"}]}]}`))["f"]
		for i := range 1000 {
			if m := s.Variant(f, openfeature.FlattenedContext{"version": fmt.Sprint("not one ", i)}); m.On {
				t.Fatal("it matches")
			}
		}
	})
}

// What one caller says of itself is never seen of another one.
func TestCallersShareNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		s := started(t, engine, nil)
		f := decoded(t, s, plainFeed(`"f":{"enabled":true,"strategies":[{"name":"default","constraints":[{"contextName":"tenantId","operator":"IN","values":["acme"]}]}]}`))["f"]
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range 500 {
					caller := openfeature.FlattenedContext{"plan": fmt.Sprint(i)}
					if i%3 == 0 {
						caller["tenantId"] = "acme"
					}
					if on := s.Enabled(f, caller); on != (i%3 == 0) {
						t.Errorf("caller %d: on = %v", i, on)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// The server is told which SDK decides.
func TestServerIsToldTheEngine(t *testing.T) {
	want := map[bool][2]string{true: {"unleash-client-go:4.5.0", "4.3.1"}, false: {"unleash-go-sdk:6.4.0", "6.1.0"}}
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		f := newFakeServer(t, fixtureFeed(t))
		o := f.options()
		o.Engine = engine
		s := serve(t, o, newBucket(t), nil)
		_, _ = s.BooleanValue(context.Background(), "support.greet", true, user("user-0"))
		registered(t, f)
		if err := s.api.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		posts := append(f.posts["/api/client/register"], f.posts["/api/client/metrics"]...)
		if len(posts) < 2 {
			t.Fatalf("posts = %v", posts)
		}
		for _, p := range posts {
			if got := [2]string{fmt.Sprint(p["sdkVersion"]), fmt.Sprint(p["specVersion"])}; got != want[engine == nil] {
				t.Errorf("told %q, want %q", got, want[engine == nil])
			}
		}
		if got := f.heads[0].Get("Unleash-Sdk"); got != want[engine == nil][0] {
			t.Errorf("header Unleash-Sdk = %q", got)
		}
	})
}
