package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"go.uber.org/goleak"

	"github.com/promptflag/promptflag/prompts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeFlags is a flag source that a test drives by hand.
type fakeFlags struct {
	mu     sync.Mutex
	h      Handler
	p      *Provider
	clock  *clock
	match  func(*Flag) Match
	bodies map[string]*Feed // what Decode makes of which body
	counts map[string]int   // by "<flag> <on> <variant>"
}

func (f *fakeFlags) Key() string { return "fake" }

func (f *fakeFlags) Decode(body []byte) (*Feed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	feed := f.bodies[string(body)]
	if feed == nil {
		return nil, errors.New("no such body")
	}
	return feed, nil
}

func (f *fakeFlags) Count(flag *Flag, on bool, variant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[fmt.Sprintf("%s %t %s", flag.Name, on, variant)]++
}

func (f *fakeFlags) Start(h Handler) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.h = h
	return nil
}

func (f *fakeFlags) Enabled(flag *Flag, _ openfeature.FlattenedContext) bool {
	return f.match(flag).On
}
func (f *fakeFlags) Variant(flag *Flag, _ openfeature.FlattenedContext) Match { return f.match(flag) }
func (f *fakeFlags) Close(context.Context) error                              { return nil }

// feed is a poll that found something new; it returns when all is loaded and visible.
func (f *fakeFlags) feed(flags ...*Flag) { f.news(feedOf(flags...)) }

func (f *fakeFlags) news(feed *Feed) {
	f.h.Feed(feed)
	idle(f.p)
}

func (f *fakeFlags) current() {
	f.h.Current()
	idle(f.p)
}

func (f *fakeFlags) failed(err error) {
	f.h.Failed(err)
	idle(f.p)
}

func feedOf(flags ...*Flag) *Feed { return &Feed{Set: "default/production", Flags: flags} }

// idle waits until the provider has nothing to do but to wait.
func idle(p *Provider) {
	r := p.run
	for quiet := 0; quiet < 3; {
		done, prepared := make(chan struct{}), false
		r.post(func() { prepared = r.prepared; close(done) })
		select {
		case <-done:
		case <-r.ctx.Done():
			return
		}
		p.loader.mu.Lock()
		busy := p.loader.localWorkers + p.loader.remoteWorkers
		p.loader.mu.Unlock()
		if quiet++; busy > 0 || !prepared {
			quiet = 0
			time.Sleep(time.Millisecond)
		}
	}
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// first matches the first strategy and its first variant.
func first(f *Flag) Match {
	m := Match{Off: !f.Enabled, Strategy: -1, Index: -1}
	if f.Enabled && len(f.Strategies) > 0 && len(f.Strategies[0].Variants) > 0 {
		m.On, m.Strategy, m.Index = true, 0, 0
		m.Variant = f.Strategies[0].Variants[0]
	}
	return m
}

// fakeBlobs is a bucket; what a test puts under a digest need not hash to it.
type fakeBlobs struct {
	mu   sync.Mutex
	data map[string][]byte
	gets int
	hook func(ctx context.Context, digest string) error
}

func (b *fakeBlobs) Get(ctx context.Context, digest string) ([]byte, error) {
	b.mu.Lock()
	b.gets++
	hook := b.hook
	b.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, digest); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.data[digest]
	if !ok {
		return nil, errors.New("no such blob")
	}
	return data, nil
}

// put stores an artifact and returns its ref.
func (b *fakeBlobs) put(name, text string) prompts.Ref {
	data, _ := json.Marshal(map[string]any{"promptflag": 1, "name": name, "messages": []any{map[string]any{"role": "user", "content": text}}})
	return b.store(name, data)
}

func (b *fakeBlobs) store(name string, data []byte) prompts.Ref {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.data == nil {
		b.data = map[string][]byte{}
	}
	r := prompts.Ref{Name: name, Digest: prompts.DigestOf(data)}
	b.data[string(r.Digest)] = data
	return r
}

func strategyOf(role string, percent float64, ref prompts.Ref) Strategy {
	return Strategy{Role: role, Percent: percent, Variants: []Variant{{Name: ref.Version(), Payload: Payload{"string", ref.String()}}}}
}

func flagOf(name string, strategies ...Strategy) *Flag {
	sum := sha256.Sum256(fmt.Append(nil, strategies))
	return &Flag{Name: name, Enabled: true, Strategies: strategies, Fingerprint: hex.EncodeToString(sum[:])}
}

// start returns a provider that is initialised with the given flags. It keeps
// nothing on disk unless o names a directory.
func start(t *testing.T, blobs *fakeBlobs, o *Options, flags ...*Flag) (*Provider, *fakeFlags) {
	t.Helper()
	p, f := create(t, blobs, o)
	f.feed(flags...)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		t.Fatal(err)
	}
	return p, f
}

// create returns a provider that was started and knows no feed.
func create(t *testing.T, blobs *fakeBlobs, o *Options, bodies ...map[string]*Feed) (*Provider, *fakeFlags) {
	t.Helper()
	if o == nil {
		o = &Options{}
	}
	o.NoCache = o.CacheDir == ""
	f := &fakeFlags{match: first}
	for _, b := range bodies {
		f.bodies = b // what may be on disk or in the bundle
	}
	p := New(f, blobs, o)
	f.p = p
	f.clock = &clock{now: time.Now()}
	p.now = f.clock.time
	t.Cleanup(p.Shutdown)
	if _, err := p.start(); err != nil {
		t.Fatal(err)
	}
	return p, f
}

func object(p *Provider, flag string) openfeature.InterfaceResolutionDetail {
	return p.ObjectEvaluation(context.Background(), flag, "default", nil)
}

// nextEvent waits for the next event.
func nextEvent(t *testing.T, p *Provider) openfeature.Event {
	t.Helper()
	select {
	case e := <-p.EventChannel():
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no event")
		return openfeature.Event{}
	}
}

// wantEvents reads events of these types; one type may come several times in a row.
func wantEvents(t *testing.T, p *Provider, types ...openfeature.EventType) (last openfeature.Event) {
	t.Helper()
	for i := 0; i < len(types); {
		last = nextEvent(t, p)
		if last.EventType == types[i] {
			i++
		} else if i == 0 || last.EventType != types[i-1] {
			t.Fatalf("event = %+v, want %s", last, types[i])
		}
	}
	return last
}
