package unleashflags_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	unleash "github.com/Unleash/unleash-client-go/v4"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// Hazards 1, 2, 6, 12 and 16: starting and polling.

func isPost(r *http.Request) bool { return r.Method == http.MethodPost }

func processRegistration(t *testing.T, say func(string, ...any)) {
	h := newFakeServer(t, fixtureFeed(t)).holding(t, isPost)
	options := bareOptions(t, h.URL, unleash.WithDisableMetrics(false))
	go func() { _, _ = unleash.NewClient(options...) }()
	eventually(t, "the registration is held, and NewClient waits for it", func() bool {
		return h.held.Load() == 1 && waiting("", "v4.NewClient(", "registerInstance", "http.(*Client).") != ""
	})
	say("NewClient waits in registerInstance")
}

func oursRegistration(t *testing.T) {
	h := newFakeServer(t, fixtureFeed(t)).holding(t, isPost)
	o := unleashflags.Options{URL: h.URL, Token: testToken, RefreshInterval: 10 * time.Millisecond, Timeout: time.Hour}
	s := serve(t, o, newBucket(t), nil)
	defer h.release() // Shutdown sends a last report
	eventually(t, "the registration is held", func() bool { return h.held.Load() == 1 })
	for range 100 {
		if a, _ := s.object("support.reply", user("user-0")); a.Value != ref(t, "support.reply.1") {
			t.Fatalf("answer = %v", a)
		}
	}
	if h.held.Load() != 1 {
		t.Error("the registration is not held any more")
	}
}

func processReady(t *testing.T, say func(string, ...any)) {
	l := &quietListener{}
	c := bare(t, away, unleash.WithStorage(&unleash.BootstrapStorage{Reader: strings.NewReader(fixtureFeed(t))}), unleash.WithListener(l))
	go c.WaitForReady()
	eventually(t, "WaitForReady waits while polls fail and flags are answered", func() bool {
		return l.errors.Load() >= 3 && waiting("chan receive", "WaitForReady") != "" && payload(c, "support.reply") != ""
	})
	say("WaitForReady waits, bootstrapped flags are answered, 3 polls failed")
}

// kept is a cache directory in which a provider has left the feed of a server
// that is gone since.
func kept(t *testing.T, body string, o func(*unleashflags.Options)) (unleashflags.Options, *provider.Options) {
	t.Helper()
	f := newFakeServer(t, body)
	options, po := f.options(), &provider.Options{CacheDir: t.TempDir()}
	if o != nil {
		o(&options)
	}
	s := serve(t, options, newBucket(t), po)
	if err := s.api.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return options, po
}

func oursReady(t *testing.T) {
	o, po := kept(t, fixtureFeed(t), nil)
	s := serve(t, o, newGate(noBlobs{}), po)
	if a, _ := s.object("support.triage", user("user-3")); a.Code != "" || a.Reason != "SPLIT" {
		t.Errorf("answer = %v", a)
	}
	eventually(t, "STALE", func() bool { return len(s.seen(openfeature.ProviderStale)) == 1 })
}

// noBlobs is a bucket that is down.
type noBlobs struct{}

func (noBlobs) Get(context.Context, string) ([]byte, error) { return nil, fmt.Errorf("down") }

func processInterval(t *testing.T, _ func(string, ...any)) {
	bare(t, "http://unleash.invalid", unleash.WithRefreshInterval(0))
}

func oursInterval(t *testing.T) {
	for _, interval := range []time.Duration{0, -1} {
		f := newFakeServer(t, fixtureFeed(t))
		o := f.options()
		o.RefreshInterval = interval
		s := serve(t, o, newBucket(t), nil)
		if a, _ := s.object("support.reply", user("user-0")); a.Value != ref(t, "support.reply.1") {
			t.Errorf("interval %v: %v", interval, a)
		}
		f.mu.Lock()
		if got := f.heads[0].Get("Unleash-Interval"); got != "3000" {
			t.Errorf("interval %v: polls every %s ms, want 3000", interval, got)
		}
		f.mu.Unlock()
	}
}

// backOff counts our polls between a client's refusal and its next poll: ten of
// its own are left out.
func backOff(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	f.status = http.StatusUnauthorized
	const interval = 100 * time.Millisecond // of which the client leaves out ten, and we need one
	o := f.options()
	o.AppName, o.RefreshInterval = "ours", interval
	source, err := unleashflags.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, provider.New(source, newBucket(t), &provider.Options{NoCache: true}))
	if err := s.api.SetProviderAndWait(context.Background(), s.provider); err == nil {
		t.Error("ready with a token that is refused")
	}
	c := bare(t, f.URL, unleash.WithRefreshInterval(interval))
	defer c.Close()
	polls := func() (list []string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, h := range f.heads {
			list = append(list, h.Get("Unleash-Appname"))
		}
		return list
	}
	between := func() (ours, bares int) {
		for _, app := range polls() {
			switch {
			case app == "bare":
				bares++
			case bares == 1:
				ours++
			}
		}
		return ours, bares
	}
	eventually(t, "the client was refused", func() bool { _, bares := between(); return bares == 1 })
	f.set(func() { f.status = 0 })
	eventually(t, "READY", func() bool { return s.State() == openfeature.ReadyState })
	if _, bares := between(); bares != 1 {
		t.Errorf("%d polls of the client before we are ready, want the refused one", bares)
	}
	eventually(t, "the client polls again", func() bool { _, bares := between(); return bares > 1 })
	ours, _ := between()
	t.Logf("%d polls of ours between the client's refusal and its next one", ours)
	if ours < 3 {
		t.Errorf("%d polls of ours between the client's refusal and its next one, want some ten", ours)
	}
}

func processFeed(t *testing.T, say func(string, ...any)) {
	var polls atomic.Int64
	h := newFakeServer(t, fixtureFeed(t)).holding(t, func(*http.Request) bool { return polls.Add(1) == 2 })
	bare(t, h.URL)
	eventually(t, "the second poll is held, and the client waits for it", func() bool {
		return h.held.Load() == 1 && waiting("", "(*repository).sync", "(*repository).fetch", "http.(*Client).") != ""
	})
	say("the poll waits in fetch, timeout %v", http.DefaultClient.Timeout)
}

func oursFeed(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	var hold atomic.Bool
	h := f.holding(t, func(r *http.Request) bool { return !isPost(r) && hold.CompareAndSwap(true, false) })
	o := f.options()
	o.URL, o.Timeout = h.URL, 2*time.Second // long enough for the start on a busy machine
	s := serve(t, o, newBucket(t), nil)
	hold.Store(true)
	eventually(t, "a poll is held", func() bool { return h.arrived.Load() == 1 })
	f.set(func() { f.body = strings.Replace(f.body, `"rollout": "10"`, `"rollout": "100"`, 1) })
	eventually(t, "the next one brings the news", func() bool {
		a, _ := s.object("support.triage", user("user-0"))
		return a.Variant == version(t, "support.triage.2")
	})
}
