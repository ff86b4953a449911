package unleashflags

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
)

// Source is a provider.Flags on one of Unleash's Go clients. It may be shared by
// goroutines; sources in one process share nothing.
type Source struct {
	opt  Options
	log  *slog.Logger
	base *url.URL // of the API; ends with /api/
	dir  string   // of the embedded documents; "" with a server

	life   sync.Mutex // held while starting and while closing
	engine *engine    // nil when closed; guarded by life
}

var _ provider.Flags = (*Source)(nil)

// engine is one open Engine and what is around it, from Start to Close.
type engine struct {
	src     *Source
	about   EngineInfo
	sdk     Evaluator
	says    *complaints // of sdk
	handler provider.Handler
	feed    fetcher
	server  *server // nil with embedded documents
	report  *reporter

	parents atomic.Pointer[map[string]*compiled] // all flags of the newest feed
	earlier earlier
	callers callers

	cancel context.CancelFunc // ends the poll loop
	done   chan struct{}      // closed when it has ended

	gate   sync.RWMutex // held for reading while the client evaluates
	closed bool         // guarded by gate; an evaluation after the client's Close can hang
}

// Start makes a new Unleash client and begins to poll. It returns at once.
func (s *Source) Start(h provider.Handler) error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.engine != nil {
		return nil
	}
	e := &engine{src: s, handler: h, done: make(chan struct{})}
	if s.dir != "" {
		e.feed = fileFeed{s.dir, s.opt.Environment, s.opt.Project}
	} else {
		connection := randomHex(16)
		e.server = newServer(s, connection)
		e.feed = e.server
		e.report = newReporter(e.server, connection, s.log)
	}
	if err := e.open(); err != nil {
		return err
	}
	s.engine = e
	var ctx context.Context
	ctx, e.cancel = context.WithCancel(context.Background())
	go e.run(ctx)
	e.report.start()
	return nil
}

// Decode reads the body of a feed as GET /api/client/features gives it. The
// source must have been started.
func (s *Source) Decode(body []byte) (*provider.Feed, error) {
	s.life.Lock()
	e := s.engine
	s.life.Unlock()
	if e == nil {
		return nil, errors.New("decode feed: the flag source is not started")
	}
	feed, err := e.decode(body)
	if err != nil {
		return nil, fmt.Errorf("decode feed: %w", err)
	}
	return feed, nil
}

// Close stops polling, reports the last exposures and waits for both, no
// longer than ctx. Evaluations after it are off.
func (s *Source) Close(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	e := s.engine
	if e == nil {
		return nil
	}
	s.engine = nil
	e.gate.Lock() // waits for evaluations, which only compute
	e.closed = true
	e.gate.Unlock()

	done := make(chan struct{})
	go func() {
		defer close(done)
		e.cancel()
		<-e.done
		_ = e.sdk.Close()
		e.says.stop()
		e.report.stop(ctx)
		if e.server != nil {
			e.server.close()
		}
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Enabled asks the engine whether f is on.
func (s *Source) Enabled(f *provider.Flag, caller openfeature.FlattenedContext) bool {
	c, ok := f.Compiled.(*compiled)
	if !ok {
		return false
	}
	c.engine.gate.RLock()
	defer c.engine.gate.RUnlock()
	if c.engine.closed {
		return false
	}
	return c.satisfied(caller) && c.isOn(caller)
}

// Variant asks the engine for the variant of f.
func (s *Source) Variant(f *provider.Flag, caller openfeature.FlattenedContext) provider.Match {
	c, ok := f.Compiled.(*compiled)
	if !ok {
		return provider.Match{Off: true, Strategy: -1, Index: -1}
	}
	c.engine.gate.RLock()
	defer c.engine.gate.RUnlock()
	if c.engine.closed || !c.satisfied(caller) {
		return provider.Match{Off: true, Strategy: -1, Index: -1}
	}
	return c.match(c.outcome(caller))
}

// Count counts an answer for the next report.
func (s *Source) Count(f *provider.Flag, on bool, variant string) {
	c, ok := f.Compiled.(*compiled)
	if !ok || c.engine.report == nil {
		return
	}
	n := c.counts.Load()
	if n == nil {
		n = c.engine.report.counts(f.Name)
		c.counts.Store(n)
	}
	n.add(on, variant)
}
