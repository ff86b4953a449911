package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// shutdownTimeout is how long Shutdown waits, for callers that give no context.
const shutdownTimeout = 10 * time.Second

// run is one life of a provider, from Init to Shutdown.
type run struct {
	p      *Provider
	events *emitter
	ctx    context.Context // of background work; ends with the run
	cancel context.CancelFunc
	wg     sync.WaitGroup // background work

	started bool // Flags.Start succeeded; guarded by Provider.life

	first    chan struct{} // closed when the first feed is visible or could not be had
	mu       sync.Mutex
	feed     map[string]*Flag // the visible feed; nil before the first
	waiting  bool             // an Init is waiting, or nobody came yet
	failure  error            // why the first feed could not be had
	troubled []string         // flags that the last ERROR event named
	retrying bool
}

// Init is InitWithContext without a deadline of its own; the flag source bounds
// the wait for the first feed.
func (p *Provider) Init(ec openfeature.EvaluationContext) error {
	return p.InitWithContext(context.Background(), ec)
}

// InitWithContext starts following the flags and returns when the first feed
// is visible and the prompts that it names are loaded (or could not be). An
// error means that the first feed could not be had, or not before ctx ended;
// the provider goes on trying and emits READY when it has one. A second Init
// without a Shutdown between changes nothing. The evaluation context is not used.
func (p *Provider) InitWithContext(ctx context.Context, _ openfeature.EvaluationContext) error {
	r, err := p.start()
	if err == nil {
		err = r.wait(ctx)
	}
	if err != nil {
		return fmt.Errorf("promptflag: %w", err)
	}
	return nil
}

func (p *Provider) start() (*run, error) {
	p.life.Lock()
	defer p.life.Unlock()
	if p.run == nil {
		r := &run{p: p, events: newEmitter(p.eventChannel()), first: make(chan struct{}), waiting: true}
		r.ctx, r.cancel = context.WithCancel(context.Background())
		p.run = r
	}
	r := p.run
	if r.started {
		return r, nil
	}
	if err := p.opt.check(); err != nil {
		return r, &openfeature.ProviderInitError{ErrorCode: openfeature.ProviderFatalCode, Message: err.Error()}
	}
	if err := p.flags.Start(Handler{Load: r.load, Current: r.current, Failed: r.failed}); err != nil {
		return r, err
	}
	r.started = true
	return r, nil
}

// wait returns when the first feed is visible, could not be had, or ctx ends.
// After an error the READY event is up to us.
func (r *run) wait(ctx context.Context) error {
	var cause error
	select {
	case <-r.first:
	case <-ctx.Done():
		cause = ctx.Err()
	case <-r.ctx.Done():
		cause = errors.New("shut down while starting")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.feed != nil {
		return nil
	}
	r.waiting = false
	if r.failure != nil {
		return r.failure
	}
	return fmt.Errorf("no flags yet: %w", cause)
}

// Shutdown is ShutdownWithContext with ten seconds.
func (p *Provider) Shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	_ = p.ShutdownWithContext(ctx)
}

// ShutdownWithContext stops all background work, closes the flag source and
// the event channel. It is idempotent, and the provider can be initialised
// again afterwards. An error means that something still ran when ctx ended.
func (p *Provider) ShutdownWithContext(ctx context.Context) error {
	p.life.Lock()
	defer p.life.Unlock()
	r := p.run
	if r == nil {
		return nil
	}
	p.run = nil
	r.mu.Lock() // a feed becomes visible before this or never
	r.cancel()
	p.ready.Store(false)
	r.mu.Unlock()
	err := p.flags.Close(ctx)
	err = errors.Join(err, waitFor(ctx, "background work", &r.wg), waitFor(ctx, "fetches", &p.loader.wg))
	p.gone.Store(nil)

	p.eventsMu.Lock()
	p.events = make(chan openfeature.Event) // for the next life: the SDK asks for it before Init
	p.eventsMu.Unlock()
	r.events.close()
	if err != nil {
		return fmt.Errorf("promptflag: shut down: %w", err)
	}
	return nil
}

func waitFor(ctx context.Context, what string, wg *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
}

// EventChannel returns the channel of READY, CONFIGURATION_CHANGED and ERROR
// events: the same one until Shutdown closes it.
func (p *Provider) EventChannel() <-chan openfeature.Event { return p.eventChannel() }

func (p *Provider) eventChannel() chan openfeature.Event {
	p.eventsMu.Lock()
	defer p.eventsMu.Unlock()
	return p.events
}
