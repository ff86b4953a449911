package unleashflags_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// party is somebody around the provider who, once it hangs, never answers,
// whatever a context says.
type party struct {
	world *hangingWorld
	hangs atomic.Bool
	in    atomic.Int64 // who waits in it
}

func (p *party) wait() bool {
	if !p.hangs.Load() {
		return false
	}
	p.in.Add(1)
	defer p.in.Add(-1)
	<-p.world.free
	return true
}

// hangingWorld is everybody whom a provider talks to.
type hangingWorld struct {
	free                           chan struct{}
	once                           sync.Once
	poll, post, store, log, reader party
}

func newHangingWorld() *hangingWorld {
	w := &hangingWorld{free: make(chan struct{})}
	for _, p := range []*party{&w.poll, &w.post, &w.store, &w.log, &w.reader} {
		p.world = w
	}
	return w
}

func (w *hangingWorld) release() { w.once.Do(func() { close(w.free) }) }

// hung says who hangs.
func (w *hangingWorld) hung() string {
	return fmt.Sprintf("poll %t, report %t, store %t, log %t, event handler %t",
		w.poll.in.Load() > 0, w.post.in.Load() > 0, w.store.in.Load() > 0, w.log.in.Load() > 0, w.reader.in.Load() > 0)
}

var errFreed = errors.New("hung until the end of the test")

type hangingTransport struct {
	*hangingWorld
	http.RoundTripper
}

func (t hangingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	p := &t.poll
	if isPost(r) {
		p = &t.post
	}
	if p.wait() {
		return nil, errFreed
	}
	return t.RoundTripper.RoundTrip(r)
}

type hangingBlobs struct {
	*hangingWorld
	provider.Blobs
}

func (b hangingBlobs) Get(ctx context.Context, digest string) ([]byte, error) {
	if b.store.wait() {
		return nil, errFreed
	}
	return b.Blobs.Get(ctx, digest)
}

type hangingLog struct{ *hangingWorld }

func (hangingLog) Enabled(context.Context, slog.Level) bool    { return true }
func (l hangingLog) Handle(context.Context, slog.Record) error { l.log.wait(); return nil }
func (l hangingLog) WithAttrs([]slog.Attr) slog.Handler        { return l }
func (l hangingLog) WithGroup(string) slog.Handler             { return l }
func (w *hangingWorld) hear(openfeature.EventDetails)          { w.reader.wait() }
func (w *hangingWorld) client(base http.RoundTripper) *http.Client {
	return &http.Client{Transport: hangingTransport{w, base}}
}

// ask makes all types of evaluation through the SDK and returns how many, or
// what is wrong.
func (w *hangingWorld) ask(t *testing.T, s *service, missing prompts.Ref) (n int, err error) {
	ctx := context.Background()
	object := func(ctx context.Context, flag string, ec openfeature.EvaluationContext, want string, reason openfeature.Reason, code openfeature.ErrorCode) {
		d, _ := s.ObjectValueDetails(ctx, flag, "default", ec)
		e, _ := s.StringValueDetails(ctx, flag, "default", ec)
		n += 2
		for _, got := range [][]any{{d.Value, d.Reason, d.ErrorCode}, {e.Value, e.Reason, e.ErrorCode}} {
			if fmt.Sprint(got) != fmt.Sprint([]any{want, reason, code}) && err == nil {
				err = fmt.Errorf("%s = %v, want %s %s %s", flag, got, want, reason, code)
			}
		}
	}
	object(ctx, "support.triage", user("user-3"), ref(t, "support.triage.2"), "SPLIT", "")
	object(ctx, "support.triage", user("user-0"), ref(t, "support.triage.1"), "SPLIT", "")
	object(ctx, "support.triage", user("user-0", "tenantId", "acme"), ref(t, "support.triage.3"), "TARGETING_MATCH", "")
	object(ctx, "support.greet", user("user-0"), ref(t, "support.greet.1"), "DISABLED", "")
	object(ctx, "support.reply", user("user-0"), ref(t, "support.reply.1"), "STATIC", "")
	object(provider.WithPin(ctx, missing), "support.reply", user("user-0"), ref(t, "support.reply.1"), "STALE", "")
	list := openfeature.NewEvaluationContext("user-0", map[string]any{"roles": []string{"left out"}, "tenantId": []int{1}})
	object(ctx, "support.triage", list, ref(t, "support.triage.1"), "SPLIT", "")
	object(ctx, "unknown", user("user-0"), "default", "ERROR", openfeature.FlagNotFoundCode)
	acme := user("u", "tenantId", "acme")
	for _, flag := range []string{"support.reply", "checkout.beta"} {
		if on, e := s.BooleanValue(ctx, flag, false, acme); (!on || e != nil) && err == nil {
			err = fmt.Errorf("%s = %v, %w", flag, on, e)
		}
	}
	d, _ := s.FloatValueDetails(ctx, "support.reply", 1, acme)
	e, _ := s.IntValueDetails(ctx, "support.reply", 1, acme)
	if (d.ErrorCode != openfeature.TypeMismatchCode || e.ErrorCode != openfeature.TypeMismatchCode) && err == nil {
		err = fmt.Errorf("as a number: %v, %v", d.ErrorCode, e.ErrorCode)
	}
	banner, e2 := s.ObjectValue(ctx, "checkout.banner", nil, acme)
	if (banner == nil || e2 != nil) && err == nil {
		err = fmt.Errorf("checkout.banner = %v, %w", banner, e2)
	}
	return n + 5, err
}

// askAll asks by several goroutines, with everybody hanging before and after.
func (w *hangingWorld) askAll(t *testing.T, s *service, want string) {
	t.Helper()
	missing := prompts.Ref{Name: "support.reply", Digest: prompts.DigestOf([]byte("not there"))}
	var answers atomic.Int64
	ask := func(goroutines, times int) {
		t.Helper()
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() {
				for range times {
					n, err := w.ask(t, s, missing)
					answers.Add(int64(n))
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		eventually(t, "all answers, while hung: "+w.hung(), func() bool {
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
	}
	ask(1, 1) // the pinned version is asked for, and hangs
	eventually(t, "everybody hangs: "+want, func() bool { return w.hung() == want })
	answers.Store(0)
	ask(4, 100)
	if got := w.hung(); got != want {
		t.Errorf("hung after the answers: %s, want %s", got, want)
	}
	t.Logf("%d answers while hung: %s", answers.Load(), want)
}

// No I/O and no channel wait on the call path, through the SDK: transport,
// store, log and event handlers hang for ever.
func TestHungWorld(t *testing.T) {
	f, w := newFakeServer(t, fixtureFeed(t)), newHangingWorld()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o := f.options()
	o.HTTPClient, o.Logger = w.client(transport), slog.New(hangingLog{w})
	s := serve(t, o, hangingBlobs{w, newBucket(t)}, &provider.Options{CacheDir: t.TempDir(), Logger: o.Logger})
	t.Cleanup(w.release) // before the service is shut down
	registered(t, f)     // else it would be refused, and the log would hold up the reports
	hear := w.hear
	s.api.AddHandler(openfeature.ProviderConfigChange, &hear)
	w.reader.hangs.Store(true)
	f.set(func() { f.body = strings.Replace(f.body, `"dark"`, `"darker"`, 1) })
	eventually(t, "an event handler hangs", func() bool { return w.reader.in.Load() > 0 })
	w.log.hangs.Store(true)
	f.set(func() { f.status = http.StatusServiceUnavailable })
	eventually(t, "the log, and with it all background work, hangs", func() bool { return w.log.in.Load() > 0 })
	w.store.hangs.Store(true)
	w.poll.hangs.Store(true)
	w.post.hangs.Store(true)
	w.askAll(t, s, "poll true, report true, store true, log true, event handler true")
}

// The same from the start: what is on disk is served while nobody else answers.
func TestHungWorldFromTheStart(t *testing.T) {
	o, po := kept(t, fixtureFeed(t), nil)
	w := newHangingWorld()
	for _, p := range []*party{&w.poll, &w.post, &w.store, &w.reader} {
		p.hangs.Store(true)
	}
	o.HTTPClient, po.NoCache = w.client(nil), false
	source, err := unleashflags.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, provider.New(source, hangingBlobs{w, noBlobs{}}, po))
	t.Cleanup(w.release)
	hear := w.hear
	s.api.AddHandler(openfeature.ProviderReady, &hear)
	if err := s.api.SetProviderAndWait(context.Background(), s.provider); err != nil {
		t.Fatal(err)
	}
	w.askAll(t, s, "poll true, report true, store true, log false, event handler true")
}
