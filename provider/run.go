package provider

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

const (
	startWait  = 250 * time.Millisecond // for a live feed, when there is one on disk
	savedWait  = 2 * time.Second        // for the disk, before a live feed is taken without it
	holdFor    = 10 * time.Second       // how long a flag keeps its old definition for prompts on their way
	missedMost = 3                      // polls in a row that may fail before the feed is stale
)

// run is one life of a provider, from Init to Shutdown. Its loop is the one
// goroutine that changes what evaluation sees: everybody else posts to it.
type run struct {
	p       *Provider
	events  *emitter
	keeper  *keeper         // what is written to disk
	ctx     context.Context // of background work; ends with the run
	cancel  context.CancelFunc
	wg      sync.WaitGroup // background work
	started bool           // guarded by Provider.life

	mu      sync.Mutex
	mail    []func()      // what the loop is to do; guarded by mu
	wake    chan struct{} // there is mail
	first   chan struct{} // closed when every flag can be answered, or when it is known that none can
	opened  bool          // first is closed; guarded by mu
	ready   bool          // evaluation sees flags; guarded by mu
	waiting bool          // an Init waits, or nobody came yet; guarded by mu
	failure error         // why there is no first feed; guarded by mu

	loopState
}

// loopState belongs to the loop.
type loopState struct {
	set     string
	tracks  map[string]*track
	asking  map[prompts.Ref][]*track // who wants to know of a ref that is not in memory
	held    map[*track]bool          // flags that keep their old definition for now
	changed map[string]bool          // flags whose answer may have changed in this turn
	resized bool                     // flags came or went in this turn

	prepared bool // disk and bundle were read
	early    *Feed
	saved    *Feed     // last good feed, until a live one came
	savedAt  time.Time // when it was last known to be the newest
	bundle   *Feed
	live     bool   // the feed came from the server
	aged     bool   // the feed is the bundle's
	empty    bool   // the feed has no flags
	renewed  bool   // the next feed changes every answer
	stateSet string // savedState.Set

	missed   int   // polls in a row that failed
	cause    error // why the last one that failed did
	refused  error // the server did not accept the credentials at the last poll
	announce bool  // events are due: the SDK forgets what it hears during Init
	status   status

	stables bool // the last good state has changed in this turn
}

func newRun(p *Provider) *run {
	r := &run{
		p: p, events: newEmitter(p.eventChannel()), wake: make(chan struct{}, 1), first: make(chan struct{}), waiting: true,
		loopState: loopState{
			tracks: map[string]*track{}, asking: map[prompts.Ref][]*track{}, held: map[*track]bool{}, changed: map[string]bool{},
		},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// start begins all background work.
func (r *run) start() error {
	begin := time.Now()
	r.keeper = openKeeper(r.p)
	var disk localBlobs
	if r.keeper != nil {
		disk = r.keeper.disk
	}
	r.p.loader.start(r.ctx, disk, func() { r.post(r.loaded) })
	err := r.p.flags.Start(Handler{
		Feed:    func(f *Feed) { r.post(func() { r.takeLive(f) }) },
		Current: func() { r.post(r.current) },
		Failed:  func(err error) { r.post(func() { r.failed(err) }) },
	})
	if err != nil {
		return err
	}
	r.wg.Go(r.loop)
	r.wg.Go(func() { r.prepare(begin) })
	if r.keeper != nil {
		r.wg.Go(func() { r.keeper.run(r.ctx) })
	}
	return nil
}

func (r *run) stop() {
	r.mu.Lock()
	r.cancel()
	r.ready = false
	r.p.view.Store(nil)
	r.mu.Unlock()
	r.p.loader.stop()
}

// wait returns when every flag can be answered, when it is known that none can,
// or when ctx ends. After an error the READY event is up to us.
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
	if r.ready {
		return nil
	}
	r.waiting = false
	if r.failure != nil {
		return r.failure
	}
	return fmt.Errorf("no flags yet: %w", cause)
}

// post has the loop do f.
func (r *run) post(f func()) {
	r.mu.Lock()
	r.mail = append(r.mail, f)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *run) loop() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-r.wake:
		case <-timer.C:
		case <-r.ctx.Done():
			return
		}
		r.mu.Lock()
		mail := r.mail
		r.mail = nil
		r.mu.Unlock()
		for _, f := range mail {
			r.guard(f)
		}
		next := time.Hour
		r.guard(func() { next = r.turn() })
		timer.Reset(next)
	}
}

// guard keeps a panic in background work from ending the service.
func (r *run) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			r.p.log.Error("panic in background work", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// turn ends a turn of the loop: what is over is let go, what has changed is
// shown and announced. It returns when to look again.
func (r *run) turn() time.Duration {
	now := r.p.now()
	next := now.Add(time.Hour)
	for t := range r.held {
		if until := t.heldAt.Add(holdFor); !until.After(now) {
			r.update(t)
		} else if until.Before(next) {
			next = until
		}
	}
	if due := r.p.loader.retry(now, false); !due.IsZero() && due.Before(next) {
		next = due
	}
	r.show()
	r.tell()
	r.keep()
	return max(next.Sub(now), 10*time.Millisecond)
}
