package unleashflags_test

import (
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// The SDK's listener asks for the event channel again after each event that it
// has passed on. One that was passing one on while the provider was shut down
// comes back late: it must find an end, because API.Shutdown waits for it when
// the provider was replaced in two domains.
func TestTCKListenerThatComesBackLate(t *testing.T) {
	b := fakeBackend(t, tckFlags())
	source, err := unleashflags.New(b.options())
	if err != nil {
		t.Fatal(err)
	}
	p := provider.New(source, newBucket(t), &provider.Options{NoCache: true})
	defer p.Shutdown()
	for life := range 2 {
		events := p.EventChannel()
		if err := p.Init(nobody); err != nil {
			t.Fatal(err)
		}
		b.fault(t, refused())
		select {
		case e := <-events: // the second life's come where its listener asked before Init
			if e.EventType != openfeature.ProviderError {
				t.Errorf("life %d: %+v", life, e)
			}
		case <-within(t).Done():
			t.Fatalf("life %d has no events", life)
		}
		b.fault(t)
		p.Shutdown()
		if life > 0 {
			break
		}
		select {
		case e, open := <-p.EventChannel():
			if open {
				t.Errorf("an event after Shutdown: %+v", e)
			}
		case <-within(t).Done():
			t.Fatal("the listener waits for ever")
		}
	}
}
