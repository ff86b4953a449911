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
	mu    sync.Mutex
	h     Handler
	flags map[string]*Flag
	match func(*Flag) Match
}

func (f *fakeFlags) Start(h Handler) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.h = h
	return nil
}

func (f *fakeFlags) Flag(name string) *Flag {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flags[name]
}

func (f *fakeFlags) Enabled(flag *Flag, _ openfeature.FlattenedContext) bool {
	return f.match(flag).On
}
func (f *fakeFlags) Variant(flag *Flag, _ openfeature.FlattenedContext) Match { return f.match(flag) }
func (f *fakeFlags) Close(context.Context) error                              { return nil }

// feed is a poll that found something new.
func (f *fakeFlags) feed(flags ...*Flag) {
	visible := f.h.Load(context.Background(), &Feed{Set: "default/production", Flags: flags})
	f.mu.Lock()
	f.flags = map[string]*Flag{}
	for _, flag := range flags {
		f.flags[flag.Name] = flag
	}
	f.mu.Unlock()
	visible()
}

// first matches the first strategy and its first variant.
func first(f *Flag) Match {
	m := Match{Off: !f.Enabled, Strategy: -1, Index: -1}
	if f.Enabled && len(f.Strategies) > 0 {
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
	hook func(ctx context.Context) error
}

func (b *fakeBlobs) Get(ctx context.Context, digest string) ([]byte, error) {
	b.mu.Lock()
	b.gets++
	data, ok := b.data[digest]
	hook := b.hook
	b.mu.Unlock()
	if hook != nil {
		if err := hook(ctx); err != nil {
			return nil, err
		}
	}
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

// start returns a provider that is initialised with the given flags.
func start(t *testing.T, blobs *fakeBlobs, o *Options, flags ...*Flag) (*Provider, *fakeFlags) {
	t.Helper()
	f := &fakeFlags{match: first}
	p := New(f, blobs, o)
	t.Cleanup(p.Shutdown)
	if _, err := p.start(); err != nil {
		t.Fatal(err)
	}
	f.feed(flags...)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
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
