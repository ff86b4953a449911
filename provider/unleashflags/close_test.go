package unleashflags

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/promptflag/promptflag/provider"
)

// A poll that ends while Close begins leaves no flag behind.
func TestCloseWhilePolling(t *testing.T) {
	s, err := New(Options{URL: "file://" + t.TempDir(), Environment: "production", RefreshInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("testdata/embedded/production.json")
	if err != nil {
		t.Fatal(err)
	}
	failed, visible := make(chan struct{}, 1), make(chan struct{}, 1)
	signal := func(c chan struct{}) {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	err = s.Start(provider.Handler{
		Load:    func(context.Context, *provider.Feed) func() { return func() { signal(visible) } },
		Current: func() {},
		Failed:  func(error) { signal(failed) }, // no document yet
	})
	if err != nil {
		t.Fatal(err)
	}
	<-failed
	e := s.engine
	e.gate.RLock() // an evaluation: Close waits for it
	closed := make(chan error)
	go func() { closed <- s.Close(context.Background()) }()
	for s.life.TryLock() { // until Close has begun
		s.life.Unlock()
		time.Sleep(time.Millisecond)
	}
	if err := os.WriteFile(s.dir+"/production.json", doc, 0o600); err != nil {
		t.Fatal(err)
	}
	select {
	case <-visible:
	case <-time.After(100 * time.Millisecond): // as it should be: the poll waits for Close
	}
	e.gate.RUnlock()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if f := s.Flag("support.reply"); f != nil {
		t.Errorf("Flag after Close = %v", f)
	}
}
