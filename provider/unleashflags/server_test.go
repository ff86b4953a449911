package unleashflags_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

const testToken = "default:production.s3cr3t"

// fakeServer is the client side of the flag server's API.
type fakeServer struct {
	*httptest.Server
	mu     sync.Mutex
	body   string
	status int           // of the feed; 0: as it should be
	hang   chan struct{} // requests wait for it to be closed
	posts  map[string][]object
	heads  []http.Header // of the feed's requests
	same   int           // 304 answers
}

func newFakeServer(t *testing.T, body string) *fakeServer {
	f := &fakeServer{body: body, posts: map[string][]object{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func fixtureFeed(t *testing.T) string {
	b, err := os.ReadFile("testdata/embedded/production.feed.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (f *fakeServer) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeServer) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	body, status, hang := f.body, f.status, f.hang
	f.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
			return
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != testToken:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodPost:
		var v object
		_ = json.NewDecoder(r.Body).Decode(&v)
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		f.posts[r.URL.Path] = append(f.posts[r.URL.Path], v)
		w.WriteHeader(http.StatusAccepted)
	case r.URL.Path == "/api/client/features":
		f.heads = append(f.heads, r.Header)
		tag := fmt.Sprintf(`"%d:%d"`, len(body), bytes.IndexByte([]byte(body), 'x'))
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		if r.Header.Get("If-None-Match") == tag {
			f.same++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Etag", tag)
		_, _ = io.WriteString(w, body)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (f *fakeServer) options() unleashflags.Options {
	return unleashflags.Options{URL: f.URL, Token: testToken, RefreshInterval: 10 * time.Millisecond, MetricsInterval: 20 * time.Millisecond}
}

// toggles adds up what was reported of one flag.
func (f *fakeServer) toggles(flag string) map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]int{}
	for _, p := range f.posts["/api/client/metrics"] {
		t, ok := p["bucket"].(object)["toggles"].(object)[flag].(object)
		if !ok {
			continue
		}
		out["yes"] += int(t["yes"].(float64))
		out["no"] += int(t["no"].(float64))
		for name, n := range t["variants"].(object) {
			out[name] += int(n.(float64))
		}
	}
	return out
}

// registered waits until an instance has registered.
func registered(t *testing.T, f *fakeServer) {
	t.Helper()
	eventually(t, "a registration", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.posts["/api/client/register"]) > 0
	})
}

func TestServer(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	o := f.options()
	o.AppName, o.InstanceID, o.MetricsInterval = "triage-service", "one", time.Hour
	s := serve(t, o, newBucket(t), nil)
	candidate, stable := version(t, "support.triage.2"), version(t, "support.triage.1")

	if diff := cmp.Diff(map[string]int{candidate: 96, stable: 904}, s.split("support.triage", 1000)); diff != "" {
		t.Errorf("split (-want +got)\n%s", diff)
	}
	eventually(t, "an answer of 304", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.same > 0 })
	f.set(func() { f.body = strings.Replace(f.body, `"rollout": "10"`, `"rollout": "100"`, 1) })
	eventually(t, "the dial is seen", func() bool { a, _ := s.object("support.triage", user("user-0")); return a.Variant == candidate })
	_, _ = s.object("support.greet", user("user-0"))
	_, _ = s.BooleanValue(context.Background(), "support.greet", true, user("user-0"))
	registered(t, f)
	if err := s.api.Shutdown(context.Background()); err != nil { // with a last report, long before the interval is over
		t.Fatal(err)
	}
	got := f.toggles("support.triage")
	if got[candidate]+got[stable] != got["yes"] || got["yes"] < 1001 || got[stable] < 904 || got["no"] != 0 {
		t.Errorf("exposures of support.triage = %v", got)
	}
	if diff := cmp.Diff(map[string]int{"yes": 0, "no": 2, version(t, "support.greet.1"): 1}, f.toggles("support.greet")); diff != "" {
		t.Errorf("exposures of an OFF flag (-want +got)\n%s", diff)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	reg := f.posts["/api/client/register"]
	if len(reg) != 1 || reg[0]["appName"] != "triage-service" || reg[0]["instanceId"] != "one" {
		t.Errorf("registrations = %v", reg)
	}
	h := f.heads[0]
	for name, want := range map[string]string{"Unleash-Appname": "triage-service", "Unleash-Instanceid": "one", "Unleash-Client-Spec": "", "Unleash-Sdk": "unleash-client-go:4.5.0", "Unleash-Interval": "10"} {
		if h.Get(name) != want {
			t.Errorf("header %s = %q, want %q", name, h.Get(name), want)
		}
	}
}

// What could not be reported is reported later, nothing twice and nothing lost.
func TestReportsSurviveAnOutage(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	s := serve(t, f.options(), newBucket(t), nil)
	want := map[string]int{"yes": 0, "no": 0}
	for round := range 3 {
		f.set(func() { f.status = []int{0, http.StatusServiceUnavailable, 0}[round] })
		for i := range 50 {
			a, _ := s.object("support.triage", user(fmt.Sprintf("user-%d", i)))
			want[a.Variant]++
			want["yes"]++
		}
		time.Sleep(50 * time.Millisecond)
	}
	eventually(t, "all is reported", func() bool { return cmp.Equal(want, f.toggles("support.triage")) })
}

func TestServerErrors(t *testing.T) {
	for _, tt := range []struct {
		status int
		want   string
	}{
		{401, "refuses the token"}, {403, "refuses the token"}, {404, "check the URL"}, {429, "429"}, {503, "503"},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			f := newFakeServer(t, fixtureFeed(t))
			f.status = tt.status
			var log syncBuffer
			o := f.options()
			o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			source, err := unleashflags.New(o)
			if err != nil {
				t.Fatal(err)
			}
			s := newService(t, provider.New(source, newBucket(t), &provider.Options{Logger: o.Logger, NoCache: true}))
			err = s.api.SetProviderAndWait(context.Background(), s.provider)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("SetProviderAndWait = %v, want %q", err, tt.want)
			}
			f.set(func() { f.status = 0 })
			start := time.Now()
			eventually(t, "READY", func() bool { return s.State() == openfeature.ReadyState })
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("ready %v after the recovery: the client backed off", d)
			}
			for _, text := range []string{fmt.Sprint(err), log.String()} {
				if strings.Contains(text, "s3cr3t") {
					t.Errorf("the token is in: %s", text)
				}
			}
		})
	}
}

// A flag that the client cannot read matches nobody and is reported; others are
// not touched by it.
func TestUnreadableFlag(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{`"operator": "IN"`, `"operator": 7`, `operator "7" is not known`},
		{`"values": [`, `"value": 7, "values": [`, "cannot read the flag"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			f := newFakeServer(t, strings.Replace(fixtureFeed(t), tt.old, tt.new, 1))
			s := serve(t, f.options(), newBucket(t), nil)
			if a, _ := s.object("checkout.beta", user("u", "tenantId", "globex")); a.Reason != openfeature.DisabledReason || a.Code != "" {
				t.Errorf("answer = %v, want DISABLED", a)
			}
			eventually(t, "an ERROR event", func() bool { return len(s.seen(openfeature.ProviderError)) > 0 })
			if e := s.seen(openfeature.ProviderError)[0]; !strings.Contains(e.message, tt.want) || !strings.Contains(e.message, "checkout.beta") {
				t.Errorf("event = %v, want checkout.beta and %q", e, tt.want)
			}
			if a, _ := s.object("support.reply", user("u")); a.Value != ref(t, "support.reply.1") {
				t.Errorf("another flag: %v", a)
			}
		})
	}
}

// A server that accepts and never answers holds up neither New, Init with a
// deadline, evaluation nor Shutdown.
func TestHungServer(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	f.hang = make(chan struct{})
	o := f.options()
	o.Timeout = time.Hour
	source, err := unleashflags.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, provider.New(source, newBucket(t), &provider.Options{NoCache: true}))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := s.api.SetProviderAndWait(ctx, s.provider); err == nil {
		t.Error("SetProviderAndWait succeeded")
	}
	if a, _ := s.object("support.reply", user("user-0")); a.Code != openfeature.ProviderNotReadyCode {
		t.Errorf("answer = %v", a)
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.provider.ShutdownWithContext(ctx)
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
	close(f.hang)

	t.Run("bounded by Timeout", func(t *testing.T) {
		f := newFakeServer(t, fixtureFeed(t))
		f.hang = make(chan struct{})
		defer close(f.hang)
		o := f.options()
		o.Timeout = 30 * time.Millisecond
		source, err := unleashflags.New(o)
		if err != nil {
			t.Fatal(err)
		}
		p := provider.New(source, newBucket(t), &provider.Options{NoCache: true})
		defer p.Shutdown()
		if err := p.Init(openfeature.EvaluationContext{}); err == nil || !strings.Contains(err.Error(), "deadline") {
			t.Errorf("Init = %v, want the deadline", err)
		}
	})
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Services wrap the default transport, for traces or metrics.
func TestWrappedDefaultTransport(t *testing.T) {
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	wrapped := &countingTransport{Transport: standard.(*http.Transport).Clone()}
	http.DefaultTransport = wrapped
	s := serve(t, newFakeServer(t, fixtureFeed(t)).options(), newBucket(t), nil)
	if a, _ := s.object("support.reply", user("user-0")); a.Value != ref(t, "support.reply.1") || wrapped.n.Load() == 0 {
		t.Errorf("answer = %v after %d requests", a, wrapped.n.Load())
	}
}

type countingTransport struct {
	*http.Transport
	n atomic.Int64
}

func (c *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.Transport.RoundTrip(r)
}

// Callers who do not say are in the environment that the server names.
func TestEnvironmentOfTheServer(t *testing.T) {
	const flag = `{"name":"f","enabled":true,"strategies":[{"name":"default","constraints":[{"contextName":"environment","operator":"IN","values":["production"]}]}]}`
	for query, want := range map[string]bool{"production": true, "development": false} {
		f := newFakeServer(t, `{"version":2,"features":[`+flag+`],"query":{"environment":"`+query+`"}}`)
		o := f.options()
		o.Environment = ""
		s := serve(t, o, newBucket(t), nil)
		on, err := s.BooleanValue(context.Background(), "f", !want, user("user-0"))
		if err != nil || on != want {
			t.Errorf("the server says %s: %t, %v, want %t", query, on, err, want)
		}
		elsewhere := openfeature.NewEvaluationContext("user-0", map[string]any{"environment": "production"})
		if on, err := s.BooleanValue(context.Background(), "f", false, elsewhere); err != nil || !on {
			t.Errorf("the caller says production: %t, %v", on, err)
		}
	}
}
