package lease

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

const (
	patience  = 5 * time.Minute // longer than a lease lasts that nobody renews
	emergency = 5 * time.Second
	beat      = 20 * time.Second // how often a lease is looked after, apart from writes
)

// Options of Take. Origin, Command and NewID are required.
type Options struct {
	Origin  plan.Origin
	Command string // publish, rollback, …
	// Emergency does not wait for others.
	Emergency bool
	NewID     func() string // lower-case hex, different at each call
	Now       func() time.Time
	// Say tells a person what is being waited for; nil: nobody.
	Say func(string)
}

func (o Options) say(format string, args ...any) {
	if o.Say != nil {
		o.Say(fmt.Sprintf(format, args...))
	}
}

// Held is a lease that is renewed until it is released. It may be shared by
// goroutines.
type Held struct {
	lease *store.Lease // nil: an emergency that got none
	stop  context.CancelFunc
	done  chan struct{}
}

var _ plan.Lease = (*Held)(nil)

// Take takes the lease of an environment, which is in the environment's bucket.
// The caller releases it. Somebody else having it is store.ErrLeaseHeld.
func Take(ctx context.Context, b *store.Bucket, environment string, o Options) (*Held, error) {
	me := Holder(o.Origin, o.Command)
	so := store.LeaseOptions{
		Holder: me, ID: o.NewID(), Now: o.Now, Wait: patience,
		Ended: func(h store.LeaseHolder) bool { return Ended(me, h) },
		Waiting: func(e *store.LeaseHeldError) {
			o.say("%v; waiting for it, at most %s", e, patience)
		},
	}
	if o.Emergency {
		so.Wait, so.TakeOver = emergency, true
		so.Waiting = func(e *store.LeaseHeldError) {
			o.say("%v; %s takes it over in %s", e, o.Command, emergency)
		}
	}
	l, err := b.AcquireLease(ctx, environment, so)
	if err != nil && o.Emergency && ctx.Err() == nil {
		o.say("%v; %s goes on without", err, o.Command)
		return &Held{}, nil
	}
	if err != nil {
		return nil, err
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	h := &Held{lease: l, stop: stop, done: make(chan struct{})}
	go h.beat(beating)
	return h, nil
}

// beat renews the lease while nothing is written: while versions are evaluated
// or stored, or a server is slow. What goes wrong is seen before the next write.
func (h *Held) beat(ctx context.Context) {
	defer close(h.done)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = h.lease.Hold(ctx)
		}
	}
}

// Hold implements [plan.Lease].
func (h *Held) Hold(ctx context.Context) error {
	if h.lease == nil {
		return nil
	}
	return h.lease.Hold(ctx)
}

// Release implements [plan.Lease]. It is used once.
func (h *Held) Release(ctx context.Context) error {
	if h.lease == nil {
		return nil
	}
	h.stop()
	<-h.done
	return h.lease.Release(ctx)
}

// Holder describes this process as a holder.
func Holder(from plan.Origin, command string) store.LeaseHolder {
	h := store.LeaseHolder{
		Actor: from.Actor, Run: from.Run, RunURL: from.RunURL, Command: command, Reason: from.Reason,
		PID: os.Getpid(), Process: processID(),
	}
	// On GitHub a run is <id>.<attempt>.
	if id, attempt, ok := strings.Cut(from.Run, "."); ok {
		if n, err := strconv.Atoi(attempt); err == nil && n > 0 {
			h.Run, h.Attempt = id, n
		}
	}
	var err error
	if h.Host, err = os.Hostname(); err != nil {
		h.Host = ""
	}
	return h
}

// Ended reports, to me, that a holder has certainly ended.
func Ended(me, holder store.LeaseHolder) bool {
	sameRun := me.Run != "" && me.Run == holder.Run && me.RunURL == holder.RunURL
	if sameRun && holder.Attempt > 0 && holder.Attempt < me.Attempt {
		return true
	}
	return processEnded(holder.PID, holder.Process)
}
