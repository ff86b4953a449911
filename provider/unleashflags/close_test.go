package unleashflags

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/promptflag/promptflag/provider"
)

// After Close no feed is handed over, and a flag of an earlier one is off.
func TestClose(t *testing.T) {
	s, err := New(Options{URL: "file://" + t.TempDir(), Environment: "production", RefreshInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("testdata/embedded/production.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.dir+"/production.json", doc, 0o600); err != nil {
		t.Fatal(err)
	}
	feeds := make(chan *provider.Feed, 1000)
	err = s.Start(provider.Handler{Feed: func(f *provider.Feed) { feeds <- f }, Current: func() {}, Failed: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	f := (<-feeds).Flags[0]
	e := s.engine
	e.gate.RLock() // an evaluation: Close waits for it
	closed := make(chan error)
	go func() { closed <- s.Close(context.Background()) }()
	for s.life.TryLock() { // until Close has begun
		s.life.Unlock()
		time.Sleep(time.Millisecond)
	}
	e.gate.RUnlock()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.dir+"/production.json", append(doc, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	select {
	case <-feeds:
		t.Error("a feed after Close")
	case <-time.After(20 * time.Millisecond):
	}
	if m := s.Variant(f, nil); !m.Off || s.Enabled(f, nil) {
		t.Errorf("after Close: %+v, want off", m)
	}
	if _, err := s.Decode([]byte(`{"features":[]}`)); err == nil {
		t.Error("Decode after Close gives no error")
	}
}
