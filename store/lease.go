package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Errors of leases.
var (
	// ErrLeaseHeld: somebody else has the lease. The error is a *LeaseHeldError.
	ErrLeaseHeld = errors.New("the lease is held")
	// ErrLeaseLost: somebody took the lease over. Whoever gets it stops writing.
	ErrLeaseLost = errors.New("the lease is lost")
)

// A LeaseHolder says who holds a lease, for people and for who decides whether
// that process has ended. All of it is optional, and none of it is trusted.
type LeaseHolder struct {
	Actor   string `json:"actor,omitempty"`
	Run     string `json:"run,omitempty"`     // id of the run in a CI system
	Attempt int    `json:"attempt,omitempty"` // of that run, from 1
	RunURL  string `json:"runUrl,omitempty"`
	Command string `json:"command,omitempty"`
	Host    string `json:"host,omitempty"`
	PID     int    `json:"pid,omitempty"`
	// Process tells processes apart that have the same PID one after the other,
	// in a form that only its writer knows; empty: cannot be told.
	Process string `json:"process,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// String is one line for people, such as
// "publish by ada (https://ci.example/runs/7)".
func (h LeaseHolder) String() string {
	out := printable(h.Command)
	if out == "" {
		out = "somebody"
	}
	if h.Actor != "" {
		out += " by " + printable(h.Actor)
	}
	switch {
	case h.RunURL != "":
		out += " (" + printable(h.RunURL) + ")"
	case h.Run != "":
		out += " (run " + printable(h.Run) + ")"
	case h.Host != "":
		out += fmt.Sprintf(" (process %d on %s)", h.PID, printable(h.Host))
	}
	return out
}

// printable is text of others in a message: short, and on one line.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// A LeaseHeldError says who has a lease.
type LeaseHeldError struct {
	Environment  string
	Holder       LeaseHolder
	Since, Until time.Time // by the holder's clock; zero: the lease cannot be read
}

func (e *LeaseHeldError) Error() string {
	return fmt.Sprintf("the lease of %s is held by %s since %s, until %s unless it is renewed", e.Environment, e.Holder, clock(e.Since), clock(e.Until))
}

// Is makes it an ErrLeaseHeld.
func (e *LeaseHeldError) Is(target error) bool { return target == ErrLeaseHeld }

// A LeaseLostError says who took a lease over.
type LeaseLostError struct {
	Environment string
	Holder      LeaseHolder
	Since       time.Time // by the clock of the new holder
}

func (e *LeaseLostError) Error() string {
	return fmt.Sprintf("the lease of %s was taken over by %s at %s", e.Environment, e.Holder, clock(e.Since))
}

// Is makes it an ErrLeaseLost.
func (e *LeaseLostError) Is(target error) bool { return target == ErrLeaseLost }

func clock(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// LeaseOptions of AcquireLease.
type LeaseOptions struct {
	Holder LeaseHolder
	// ID is different at each call, in all processes: lower-case hex, at most 64
	// digits.
	ID string
	// Subjects are names of what will be written to. Should the holder not finish,
	// whoever gets the lease next is told them, by Lease.Owed.
	Subjects []string
	// TTL is how long the lease is valid without being renewed; 0: two minutes.
	TTL time.Duration
	// Wait is how long to wait for somebody else; 0: not at all.
	Wait time.Duration
	// TakeOver: after Wait the lease is taken from whoever has it.
	TakeOver bool
	// Ended reports that a holder has certainly ended, so that nobody waits for
	// it; nil: nobody has.
	Ended func(LeaseHolder) bool
	// Waiting is told once, when there is somebody to wait for; nil: nobody is.
	Waiting func(*LeaseHeldError)
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Sleep waits; nil: a timer. An error ends the waiting.
	Sleep func(context.Context, time.Duration) error
}

const (
	leaseTTL  = 2 * time.Minute
	leaseSkew = 30 * time.Second // by which two clocks may differ
	leasePoll = 200 * time.Millisecond
	leaseRest = 2 * time.Second // the longest pause between two looks
)

// AcquireLease takes the lease of an environment: the right to write there,
// which one holder at a time has. Of many that ask at the same time exactly one
// gets it. Taking one that is free is one listing of one page and one write,
// however many old leases there are.
//
// A lease is free when it was released; when it expired; and when Ended knows
// that its holder is gone. No two clocks are trusted to agree: a lease counts as
// expired when the time that it names is over by 30 seconds on our clock, or
// when it was watched for as long as it is valid, and those 30 seconds, without
// being renewed. Should a clock be wrong by more, a lease is taken from somebody
// who lives. That costs them their run, and nothing else: they notice it before
// the next write (see Hold).
//
// Somebody else having it is a *LeaseHeldError, after Wait.
func (b *Bucket) AcquireLease(ctx context.Context, environment string, o LeaseOptions) (*Lease, error) {
	err := errors.Join(recordSegment("environment", environment), validID(o.ID))
	if err != nil {
		return nil, fmt.Errorf("take lease: %w", err)
	}
	l := &Lease{bucket: b, environment: environment, o: o.withDefaults()}
	if err := l.acquire(ctx); err != nil {
		l.giveUp(ctx)
		if errors.Is(err, ErrLeaseHeld) {
			return nil, err
		}
		return nil, fmt.Errorf("take lease of %s: %w", environment, err)
	}
	return l, nil
}

func (o LeaseOptions) withDefaults() LeaseOptions {
	if o.TTL <= 0 {
		o.TTL = leaseTTL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// watch is what somebody who waits knows about the newest lease.
type watch struct {
	seq      int64 // 0: there is none
	released bool
	doc      leaseDoc
	owed     []string  // by its holder
	since    time.Time // when it was seen first, by our clock
}

func (l *Lease) acquire(ctx context.Context) error {
	began, pause, told := l.o.Now(), leasePoll, false
	var w watch
	for {
		if err := l.look(ctx, &w); err != nil {
			return err
		}
		waited := l.o.Now().Sub(began)
		if l.free(w) || l.o.TakeOver && waited >= l.o.Wait {
			l.owed = w.owed
			taken, err := l.create(ctx, w.seq+1, time.Time{})
			if taken || err != nil {
				return err
			}
			continue // somebody was quicker
		}
		held := &LeaseHeldError{l.environment, w.doc.Holder, w.doc.Since, w.doc.Expires}
		if waited >= l.o.Wait {
			return held
		}
		if !told && l.o.Waiting != nil {
			l.o.Waiting(held)
			told = true
		}
		if err := l.o.Sleep(ctx, min(pause, l.o.Wait-waited)); err != nil {
			return errors.Join(err, held)
		}
		pause = min(pause*3/2, leaseRest)
	}
}

// look finds the newest lease.
func (l *Lease) look(ctx context.Context, w *watch) error {
	seq, released, err := l.bucket.newestLease(ctx, l.environment)
	if err != nil {
		return err
	}
	if seq == w.seq && released == w.released {
		return nil
	}
	since := w.since
	if seq != w.seq {
		since = l.o.Now()
	}
	*w = watch{seq: seq, released: released, since: since}
	switch {
	case seq == 0:
		return nil
	case released:
		var end leaseEnd
		end, err = l.bucket.readLeaseEnd(ctx, l.environment, seq)
		w.owed = end.Owed
	default:
		w.doc, err = l.bucket.readLease(ctx, l.environment, seq)
		w.owed = w.doc.Subjects
	}
	if errors.Is(err, ErrCorrupt) {
		return nil // it is somebody's, too: of whom is not known
	}
	return err
}

// free reports whether nobody has the lease any more.
func (l *Lease) free(w watch) bool {
	if w.seq == 0 || w.released {
		return true
	}
	now, valid := l.o.Now(), leaseTTL
	if !w.doc.Expires.IsZero() {
		if now.After(w.doc.Expires.Add(leaseSkew)) {
			return true
		}
		valid = w.doc.Expires.Sub(w.doc.Acquired)
	}
	if now.Sub(w.since) > valid+leaseSkew {
		return true
	}
	return l.o.Ended != nil && l.o.Ended(w.doc.Holder)
}

// LeaseLeft reports whether the last holder of an environment's lease left
// something undone: it ended without giving the lease back, or said so when it
// did. ended is that of LeaseOptions.
func (b *Bucket) LeaseLeft(ctx context.Context, environment string, ended func(LeaseHolder) bool) (bool, error) {
	l := &Lease{bucket: b, environment: environment, o: LeaseOptions{Ended: ended}.withDefaults()}
	var w watch
	if err := l.look(ctx, &w); err != nil {
		return false, fmt.Errorf("look at lease of %s: %w", environment, err)
	}
	return len(w.owed) > 0 && l.free(w), nil
}
