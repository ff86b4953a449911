package unleashflags_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// A handler that is registered when the provider is in its state runs at once,
// whichever client registers it; the others wait.
func tckLateHandlers(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	states := []openfeature.EventType{openfeature.ProviderReady, openfeature.ProviderStale, openfeature.ProviderError, openfeature.ProviderConfigChange}
	late := func(want ...openfeature.EventType) {
		t.Helper()
		for _, register := range []interface {
			AddHandler(openfeature.EventType, openfeature.EventCallback)
			RemoveHandler(openfeature.EventType, openfeature.EventCallback)
		}{s.api, s.Client, s.api.NewClient()} {
			var ran []openfeature.EventType
			var mu sync.Mutex // a poll that answers meanwhile has handlers of its own goroutine
			for _, typ := range states {
				f := func(openfeature.EventDetails) { mu.Lock(); defer mu.Unlock(); ran = append(ran, typ) }
				register.AddHandler(typ, &f)
				register.RemoveHandler(typ, &f)
			}
			mu.Lock()
			if !slices.Equal(want, ran) {
				t.Errorf("%T: late handlers that ran: %v, want %v", register, ran, want)
			}
			mu.Unlock()
		}
	}
	late(openfeature.ProviderReady)
	b.fault(t, lost())
	s.is(openfeature.StaleState)
	late(openfeature.ProviderStale)
	b.fault(t, refused())
	s.is(openfeature.ErrorState)
	late(openfeature.ProviderError)
	b.fault(t)
	s.is(openfeature.ReadyState)
	late(openfeature.ProviderReady)
}

// domain is one provider in a domain of an API, with its client and its events.
type domain struct {
	*openfeature.Client
	provider *provider.Provider
	mu       sync.Mutex
	types    []openfeature.EventType
}

func (d *domain) saw(typ openfeature.EventType) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.types, typ)
}

func newDomain(t *testing.T, api *openfeature.EvaluationAPI, name string, o unleashflags.Options) *domain {
	t.Helper()
	source, err := unleashflags.New(o)
	if err != nil {
		t.Fatal(err)
	}
	d := &domain{provider: provider.New(source, newBucket(t), &provider.Options{NoCache: true})}
	options := []openfeature.APIOption{}
	if name != "" {
		options = append(options, openfeature.WithDomain(name))
	}
	d.Client = api.NewClient(options...)
	for _, typ := range []openfeature.EventType{openfeature.ProviderReady, openfeature.ProviderStale, openfeature.ProviderError, openfeature.ProviderConfigChange} {
		f := func(openfeature.EventDetails) { d.mu.Lock(); defer d.mu.Unlock(); d.types = append(d.types, typ) }
		d.AddHandler(typ, &f)
	}
	_ = api.SetProviderAndWait(context.Background(), d.provider, options...)
	return d
}

// Several providers in one process and one API: each domain has its own flags,
// state and events, and what ends in one goes on in the others.
func TestTCKSeveralDomains(t *testing.T) {
	a := fakeBackend(t, []flagSpec{one("flag", "a", "string", "of a"), one("changing-flag", "foo", "string", "foo")})
	b := fakeBackend(t, []flagSpec{one("flag", "b", "string", "of b")})
	wrong := a.options()
	wrong.Token = "default:production.another"
	api := isolated.NewAPI()
	t.Cleanup(func() {
		if err := api.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	first, second, bad := newDomain(t, api, "a", a.options()), newDomain(t, api, "b", b.options()), newDomain(t, api, "bad", wrong)
	none := newDomain(t, api, "", b.options())                    // the last one: its state is everybody's who has no own
	stranger := api.NewClient(openfeature.WithDomain("nobody's")) // has the default provider

	check := func(when string, want map[*openfeature.Client]answer) {
		t.Helper()
		for c, want := range want {
			if got, _ := ask(c, "flag", "default", nobody); !cmp.Equal(want, got) {
				t.Errorf("%s: domain %q answers %v, want %v", when, c.Metadata().Domain(), got, want)
			}
		}
	}
	notReady := answer{"default", "default", "ERROR", openfeature.ProviderNotReadyCode}
	ofA, ofB := answer{"of a", "a", "SPLIT", ""}, answer{"of b", "b", "SPLIT", ""}
	check("at first", map[*openfeature.Client]answer{none.Client: ofB, first.Client: ofA, second.Client: ofB, bad.Client: notReady, stranger: ofB})
	eventually(t, "states", func() bool {
		return first.State() == openfeature.ReadyState && second.State() == openfeature.ReadyState && bad.State() == openfeature.ErrorState && stranger.State() == openfeature.ReadyState
	})
	eventually(t, "their events", func() bool {
		return none.saw(openfeature.ProviderReady) && first.saw(openfeature.ProviderReady) && second.saw(openfeature.ProviderReady) && bad.saw(openfeature.ProviderError)
	})

	a.set("changing-flag", "changed", "changed")
	eventually(t, "a's change", func() bool { return first.saw(openfeature.ProviderConfigChange) })
	a.fault(t, lost())
	eventually(t, "a is stale", func() bool { return first.State() == openfeature.StaleState && first.saw(openfeature.ProviderStale) })
	for name, d := range map[string]*domain{"": none, "b": second} {
		if d.State() != openfeature.ReadyState || d.saw(openfeature.ProviderStale) || d.saw(openfeature.ProviderConfigChange) || d.saw(openfeature.ProviderError) {
			t.Errorf("domain %q is in state %s and saw %v", name, d.State(), d.types)
		}
	}
	if first.saw(openfeature.ProviderError) || bad.saw(openfeature.ProviderReady) {
		t.Error("an event came to another domain")
	}
	check("a is away", map[*openfeature.Client]answer{none.Client: ofB, first.Client: ofA, second.Client: ofB, bad.Client: notReady})

	if err := api.SetProviderAndWait(context.Background(), openfeature.NoopProvider{}, openfeature.WithDomain("a")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the replaced provider is shut down", func() bool {
		d := first.provider.StringEvaluation(context.Background(), "flag", "default", nil)
		return d.ResolutionDetail().ErrorCode == openfeature.ProviderNotReadyCode
	})
	check("a is replaced", map[*openfeature.Client]answer{none.Client: ofB, second.Client: ofB, stranger: ofB})
}

// The SDK initialises a provider once for each domain that it is bound to, and
// listens to it once: replaced in both, only the closed event channel ends the
// listener that API.Shutdown waits for.
func TestTCKOneProviderInTwoDomains(t *testing.T) {
	b := fakeBackend(t, tckFlags())
	source, err := unleashflags.New(b.options())
	if err != nil {
		t.Fatal(err)
	}
	p, api := provider.New(source, newBucket(t), &provider.Options{NoCache: true}), isolated.NewAPI()
	domains := []string{"a", "b"}
	for _, name := range domains {
		if err := api.SetProviderAndWait(within(t), p, openfeature.WithDomain(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range domains {
		if got, _ := ask(api.NewClient(openfeature.WithDomain(name)), "string-flag", "bye", nobody); got.Value != "hi" {
			t.Errorf("domain %s: %v", name, got)
		}
	}
	b.fault(t, lost())
	for _, name := range domains {
		eventually(t, "domain "+name+" is stale", func() bool { return api.NewClient(openfeature.WithDomain(name)).State() == openfeature.StaleState })
	}
	b.fault(t)
	for i, name := range domains {
		if err := api.SetProviderAndWait(within(t), openfeature.NoopProvider{}, openfeature.WithDomain(name)); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if got, _ := ask(api.NewClient(openfeature.WithDomain("b")), "string-flag", "bye", nobody); got.Value != "hi" {
				t.Errorf("replaced in one domain, the other answers %v", got)
			}
		}
	}
	ended := make(chan error)
	go func() { ended <- api.Shutdown(context.Background()) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-within(t).Done():
		t.Fatal("API.Shutdown hangs")
	}
	p.Shutdown() // the SDK's own call may still run
}
