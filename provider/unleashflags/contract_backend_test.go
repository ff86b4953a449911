package unleashflags_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/internal/faultproxy"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/provider/unleashflags/unleashv6"
	"github.com/promptflag/promptflag/store"
)

// flagSpec is a flag as both kinds of backend can have it; strategies are as
// the Admin API takes them.
type flagSpec struct {
	name       string
	off        bool
	strategies []object
}

// backend is a flag server behind a proxy that can take it away: the fake feed,
// or a real Unleash.
type backend struct {
	*faultproxy.Proxy
	token    string
	prefix   string // of flag names
	interval time.Duration
	timeout  time.Duration // of a request; zero: 5 s
	engine   unleashflags.Engine
	// set changes the payload of a flag's only variant.
	set func(flag, variant, payload string)
}

// onBoth runs a test on the fake feed and on a real Unleash, with the same flags.
func onBoth(t *testing.T, specs []flagSpec, run func(t *testing.T, b *backend)) {
	t.Run("fake feed", func(t *testing.T) { run(t, fakeBackend(t, specs)) })
	t.Run("real Unleash", func(t *testing.T) { run(t, realBackend(t, specs)) })
}

// onAll is onBoth, and once more with the other engine.
func onAll(t *testing.T, specs []flagSpec, run func(t *testing.T, b *backend)) {
	onBoth(t, specs, run)
	t.Run("fake feed, engine v6", func(t *testing.T) {
		b := fakeBackend(t, specs)
		b.engine = unleashv6.Engine{}
		run(t, b)
	})
}

func fakeBackend(t *testing.T, specs []flagSpec) *backend {
	t.Helper()
	list := append([]flagSpec(nil), specs...)
	f := newFakeServer(t, feedOf(list))
	b := &backend{Proxy: newProxy(t, f.URL, nil), token: testToken, interval: 10 * time.Millisecond}
	b.set = func(flag, variant, payload string) {
		for i, s := range list {
			if s.name == flag {
				changed := clone(s.strategies[0])
				changed["variants"] = []any{variantOf(variant, "string", payload)}
				list[i].strategies = []object{changed}
			}
		}
		f.set(func() { f.body = feedOf(list) })
	}
	return b
}

func feedOf(specs []flagSpec) string {
	features := []object{}
	for _, s := range specs {
		features = append(features, object{"name": s.name, "type": "release", "enabled": !s.off, "project": "default", "strategies": s.strategies})
	}
	b, _ := json.Marshal(object{
		"version": 2, "features": features,
		"query": object{"project": []string{"default"}, "environment": "production"},
	})
	return string(b)
}

func clone(o object) object {
	b, _ := json.Marshal(o)
	var out object
	_ = json.Unmarshal(b, &out)
	return out
}

func realBackend(t *testing.T, specs []flagSpec) *backend {
	t.Helper()
	r := newRealServer(t)
	ids, refused := map[string][]string{}, map[string]string{}
	for _, s := range specs {
		strategies := s.strategies
		if payload, ok := s.refused(); ok {
			refused[r.prefix+s.name] = payload
			strategies = []object{clone(strategies[0])}
			setRef(strategies[0], map[bool]string{true: "{}", false: "0"}[payload != ""])
		}
		ids[s.name] = r.flag(s.name, strategies...)
		if s.off {
			r.toggle(s.name, false)
		}
	}
	b := &backend{Proxy: newProxy(t, r.url, &faultproxy.Options{Filter: putting(refused)}), token: r.prod, prefix: r.prefix, interval: 50 * time.Millisecond}
	b.set = func(flag, variant, payload string) {
		r.set(flag, ids[flag][0], "/variants", []any{variantOf(variant, "string", payload)})
	}
	eventually(t, "the server's feed has the new flags", func() bool { // it is up to a second late
		var feed struct {
			Features []struct {
				Name       string
				Enabled    bool
				Strategies []object
			}
		}
		if err := json.Unmarshal(r.call("GET", "/api/client/features", r.prod, nil), &feed); err != nil {
			t.Fatal(err)
		}
		there := 0
		for _, s := range specs {
			for _, f := range feed.Features {
				if f.Name == r.prefix+s.name && f.Enabled == !s.off && len(f.Strategies) >= len(s.strategies) {
					there++
				}
			}
		}
		return there == len(specs)
	})
	return b
}

// refused returns the payload of a flag that the Admin API does not take: it is
// empty, or neither an object nor an array of JSON. Flags have such payloads all
// the same, made by older servers and by other writers.
func (s flagSpec) refused() (payload string, ok bool) {
	for _, v := range s.strategies[0]["variants"].([]any) {
		p := v.(object)["payload"].(object)
		payload = p["value"].(string)
		var list []any
		var fields object
		if payload == "" || p["type"] == "json" && json.Unmarshal([]byte(payload), &list) != nil && json.Unmarshal([]byte(payload), &fields) != nil {
			return payload, true
		}
	}
	return "", false
}

// putting puts payloads into a server's feed, by flag.
func putting(payloads map[string]string) func(path string, body []byte) []byte {
	return func(path string, body []byte) []byte {
		var feed object
		if len(payloads) == 0 || path != "/api/client/features" || json.Unmarshal(body, &feed) != nil {
			return body
		}
		for _, f := range feed["features"].([]any) {
			if payload, ok := payloads[f.(object)["name"].(string)]; ok {
				setRef(f.(object)["strategies"].([]any)[0].(object), payload)
			}
		}
		body, _ = json.Marshal(feed)
		return body
	}
}

func newProxy(t *testing.T, target string, o *faultproxy.Options) *faultproxy.Proxy {
	t.Helper()
	p, err := faultproxy.New(target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// fault replaces what the backend does to requests; none: all is well.
func (b *backend) fault(t testing.TB, rules ...faultproxy.Rule) {
	t.Helper()
	if err := b.Set(rules...); err != nil {
		t.Fatal(err)
	}
}

func (b *backend) options() unleashflags.Options {
	return unleashflags.Options{
		URL: b.URL(), Token: b.token, RefreshInterval: b.interval, MetricsInterval: -1,
		Timeout: cmp.Or(b.timeout, 5*time.Second), Engine: b.engine,
	}
}

// service returns a service with a provider that is not yet set.
func (b *backend) service(t testing.TB, blobs *store.Bucket, po *provider.Options) *service {
	t.Helper()
	source, err := unleashflags.New(b.options())
	if err != nil {
		t.Fatal(err)
	}
	if po == nil {
		po = &provider.Options{}
	}
	po.FlagPrefix, po.NoCache = b.prefix, po.CacheDir == ""
	return newService(t, provider.New(source, blobs, po))
}

// serve is service with its provider set and ready.
func (b *backend) serve(t testing.TB, blobs *store.Bucket, po *provider.Options) *service {
	t.Helper()
	s := b.service(t, blobs, po)
	if err := s.api.SetProviderAndWait(context.Background(), s.provider); err != nil {
		t.Fatal(err)
	}
	return s
}

// polled waits until the backend has begun n more requests for the feed.
func (b *backend) polled(t testing.TB, n int) {
	t.Helper()
	before := b.Count("GET", "/api/client/features", "")
	eventually(t, fmt.Sprintf("%d more polls", n), func() bool { return b.Count("GET", "/api/client/features", "") >= before+n })
}

// answer is what an evaluation of any type says.
type answer struct {
	Value   any
	Variant string
	Reason  openfeature.Reason
	Code    openfeature.ErrorCode
}

// ask evaluates a flag with the type of the default: bool, string, float64 and
// int64, everything else is an object.
func ask(c *openfeature.Client, flag string, def any, ec openfeature.EvaluationContext) (answer, openfeature.EvaluationDetails) {
	ctx := context.Background()
	of := func(value any, d openfeature.EvaluationDetails) (answer, openfeature.EvaluationDetails) {
		return answer{value, d.Variant, d.Reason, d.ErrorCode}, d
	}
	switch def := def.(type) {
	case bool:
		d, _ := c.BooleanValueDetails(ctx, flag, def, ec)
		return of(d.Value, d.EvaluationDetails)
	case string:
		d, _ := c.StringValueDetails(ctx, flag, def, ec)
		return of(d.Value, d.EvaluationDetails)
	case float64:
		d, _ := c.FloatValueDetails(ctx, flag, def, ec)
		return of(d.Value, d.EvaluationDetails)
	case int64:
		d, _ := c.IntValueDetails(ctx, flag, def, ec)
		return of(d.Value, d.EvaluationDetails)
	}
	d, _ := c.ObjectValueDetails(ctx, flag, def, ec)
	return of(d.Value, d.EvaluationDetails)
}

// everybody is a strategy that all callers match, with variants.
func everybody(order int, variants ...any) object {
	if variants == nil {
		variants = []any{}
	}
	return object{
		"name": "flexibleRollout", "title": "", "sortOrder": order, "disabled": false, "constraints": []any{}, "segments": []any{},
		"parameters": object{"rollout": "100", "stickiness": "default", "groupId": "all"}, "variants": variants,
	}
}

// only is everybody for callers whose field is one of values.
func only(order int, field string, values []string, variants ...any) object {
	s := everybody(order, variants...)
	s["constraints"] = []any{object{"contextName": field, "operator": "IN", "values": values, "inverted": false, "caseInsensitive": false}}
	return s
}

// one is a flag with one variant for everybody.
func one(name, variant, typ, payload string) flagSpec {
	return flagSpec{name: name, strategies: []object{everybody(0, variantOf(variant, typ, payload))}}
}

// kind names the type that an evaluation with this default asks for.
func kind(def any) string {
	name, ok := strings.CutPrefix(fmt.Sprintf("%T", def), "map[string]")
	if ok || strings.HasPrefix(name, "[]") {
		return "object"
	}
	return name
}
