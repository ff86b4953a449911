package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// shutdownTimeout is how long Shutdown waits, for callers that give no context.
const shutdownTimeout = 10 * time.Second

// listenerWait is how long a listener has to come back after Shutdown.
const listenerWait = time.Second

// Init is InitWithContext without a deadline of its own; the flag source bounds
// the wait for the first feed.
func (p *Provider) Init(ec openfeature.EvaluationContext) error {
	return p.InitWithContext(context.Background(), ec)
}

// InitWithContext starts following the flags and returns when every flag can be
// answered: from the first feed, or, when the flag server is away, from the last
// good one on disk or the bundle. An error means that there is none of these, or
// not before ctx ended; the provider goes on trying and emits READY when it has
// one. A second Init without a Shutdown between changes nothing. The evaluation
// context is not used.
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
		p.run = newRun(p)
	}
	r := p.run
	if r.started {
		return r, nil
	}
	if err := p.opt.check(); err != nil {
		return r, &openfeature.ProviderInitError{ErrorCode: openfeature.ProviderFatalCode, Message: err.Error()}
	}
	if err := r.start(); err != nil {
		return r, err
	}
	r.started = true
	return r, nil
}

// Resolve returns the prompt that ref names, whatever any flag says, so that a
// conversation can go on with the version it began with: from memory, else from
// disk, the bundle or the bucket, which may take three seconds. It works between
// Init and Shutdown. See WithPin.
func (p *Provider) Resolve(ctx context.Context, ref prompts.Ref) (*prompts.Prompt, error) {
	prompt, err := p.loader.resolve(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("promptflag: resolve: %w", err)
	}
	return prompt, nil
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
	r.stop()
	err := p.flags.Close(ctx)
	err = errors.Join(err, waitFor(ctx, "background work", &r.wg), waitFor(ctx, "fetches", &p.loader.wg))

	p.endListeners(p.nextEvents())
	r.events.close()
	if err != nil {
		return fmt.Errorf("promptflag: shut down: %w", err)
	}
	return nil
}

// nextEvents makes the channel of the next life: the SDK asks for it before Init.
func (p *Provider) nextEvents() (next chan openfeature.Event) {
	next = make(chan openfeature.Event)
	p.eventsMu.Lock()
	defer p.eventsMu.Unlock()
	p.events = next
	return next
}

// endListeners closes next after a while, unless there is a next life by then.
// A listener that was passing an event on during Shutdown asks for the channel
// afterwards, and API.Shutdown may wait for that listener.
func (p *Provider) endListeners(next chan openfeature.Event) {
	time.AfterFunc(listenerWait, func() {
		p.life.Lock()
		defer p.life.Unlock()
		if p.run == nil && p.eventChannel() == next {
			p.nextEvents()
			close(next)
		}
	})
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

// EventChannel returns the channel of READY, STALE, CONFIGURATION_CHANGED and
// ERROR events: the same one until Shutdown closes it. What it returns after
// Shutdown has the events of the next life, and is closed when none has begun a
// second later.
func (p *Provider) EventChannel() <-chan openfeature.Event { return p.eventChannel() }

func (p *Provider) eventChannel() chan openfeature.Event {
	p.eventsMu.Lock()
	defer p.eventsMu.Unlock()
	return p.events
}
