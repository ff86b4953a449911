package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptflag/promptflag/store"
)

// clock is one computer's: it passes only when somebody sleeps.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.pass(d)
	return ctx.Err()
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// renters ask for leases of one environment; each has a name and an id.
type renters struct {
	*testing.T
	bucket *store.Bucket
	ids    atomic.Int64
}

func (r *renters) ask(actor string, c *clock, change ...func(*store.LeaseOptions)) (*store.Lease, error) {
	o := store.LeaseOptions{
		Holder: store.LeaseHolder{Actor: actor, Command: "publish", Run: "7", Attempt: 1},
		ID:     fmt.Sprintf("%04x", r.ids.Add(1)), Now: c.Now, Sleep: c.Sleep,
	}
	for _, f := range change {
		f(&o)
	}
	return r.bucket.AcquireLease(r.Context(), "production", o)
}

func (r *renters) gets(actor string, c *clock, change ...func(*store.LeaseOptions)) *store.Lease {
	r.Helper()
	l, err := r.ask(actor, c, change...)
	if err != nil {
		r.Fatalf("%s does not get the lease: %v", actor, err)
	}
	return l
}

// waits wants a refusal that names who has the lease.
func (r *renters) waits(actor, holder string, c *clock, change ...func(*store.LeaseOptions)) {
	r.Helper()
	_, err := r.ask(actor, c, change...)
	var held *store.LeaseHeldError
	if !errors.As(err, &held) || !errors.Is(err, store.ErrLeaseHeld) || held.Holder.Actor != holder {
		r.Fatalf("%s asks for the lease: %v, want that %s has it", actor, err, holder)
	}
}

func (r *renters) holds(l *store.Lease) {
	r.Helper()
	if err := l.Hold(r.Context()); err != nil {
		r.Fatalf("Hold = %v, want nil", err)
	}
}

func (r *renters) lost(l *store.Lease, to string) {
	r.Helper()
	err := l.Hold(r.Context())
	var lost *store.LeaseLostError
	if !errors.As(err, &lost) || !errors.Is(err, store.ErrLeaseLost) || lost.Holder.Actor != to {
		r.Fatalf("Hold = %v, want a loss to %s", err, to)
	}
}

func (r *renters) releases(l *store.Lease) {
	r.Helper()
	if err := l.Release(r.Context()); err != nil {
		r.Fatal(err)
	}
}

func wait(d time.Duration) func(*store.LeaseOptions) {
	return func(o *store.LeaseOptions) { o.Wait = d }
}

func ended(is bool) func(*store.LeaseOptions) {
	return func(o *store.LeaseOptions) { o.Ended = func(store.LeaseHolder) bool { return is } }
}

// testLeaseRace: of many who ask, one gets the lease, again and again.
func testLeaseRace(t *testing.T, b store.Backend) {
	r, c := &renters{T: t, bucket: store.New(b)}, newClock()
	for round := range 3 {
		var winner atomic.Pointer[store.Lease]
		parallel(raceWriters, func(i int) {
			l, err := r.ask(fmt.Sprint("writer ", i), c)
			switch {
			case err == nil && !winner.CompareAndSwap(nil, l):
				t.Errorf("round %d: two have the lease", round)
			case err != nil && !errors.Is(err, store.ErrLeaseHeld):
				t.Errorf("round %d: %v", round, err)
			}
		})
		if winner.Load() == nil {
			t.Fatalf("round %d: nobody has the lease", round)
		}
		r.holds(winner.Load())
		r.releases(winner.Load())
	}
}

// testLeaseLife: a lease is in the way of others until it is given back, renewed
// for as long as it is held, also by several goroutines at once.
func testLeaseLife(t *testing.T, b store.Backend) {
	r, c := &renters{T: t, bucket: store.New(b)}, newClock()
	ana := r.gets("ana", c)
	r.waits("ben", "ana", c)
	for range 20 { // 13 minutes
		c.pass(40 * time.Second)
		parallel(4, func(int) { r.holds(ana) })
		r.waits("ben", "ana", c, wait(10*time.Second))
	}
	r.releases(ana)
	ben := r.gets("ben", c)
	r.waits("ana", "ben", c)
	r.holds(ben)
	r.releases(ben)
	if _, err := r.bucket.AcquireLease(t.Context(), "development", store.LeaseOptions{ID: "ff"}); err != nil {
		t.Errorf("lease of another environment: %v", err)
	}
}

// testLeaseExpiry: a holder that was killed is in the way for two minutes and a
// half; one that was only slow keeps what nobody took.
func testLeaseExpiry(t *testing.T, b store.Backend) {
	r, c := &renters{T: t, bucket: store.New(b)}, newClock()
	ana := r.gets("ana", c)
	c.pass(149 * time.Second)
	r.waits("ben", "ana", c)
	r.holds(ana) // nobody took it
	c.pass(140 * time.Second)
	r.waits("ben", "ana", c)
	ben := r.gets("ben", c, wait(time.Minute))
	r.lost(ana, "ben")
	r.releases(ana) // of what is lost: not the other one's
	r.waits("ana", "ben", c)
	r.holds(ben)
}

// testLeaseTakeover: an emergency waits and takes the lease, and a holder that
// is known to have ended is not waited for.
func testLeaseTakeover(t *testing.T, b store.Backend) {
	r, c := &renters{T: t, bucket: store.New(b)}, newClock()
	ana := r.gets("ana", c)
	r.waits("ben", "ana", c, ended(false))
	told := 0
	ben := r.gets("ben", c, wait(5*time.Second), func(o *store.LeaseOptions) {
		o.TakeOver = true
		o.Waiting = func(*store.LeaseHeldError) { told++ }
	})
	if told != 1 {
		t.Errorf("told %d times who is waited for, want once", told)
	}
	r.lost(ana, "ben")
	cem := r.gets("cem", c, ended(true))
	r.lost(ben, "cem")
	r.lost(ana, "ben")
	r.holds(cem)
}

// testLeaseSkew: clocks that differ by an hour neither shut anybody out nor, as
// long as the holder is at work, do they give a lease to two.
func testLeaseSkew(t *testing.T, b store.Backend) {
	for _, skew := range []time.Duration{-time.Hour, -20 * time.Second, 20 * time.Second, time.Hour} {
		r, anas, bens := &renters{T: t, bucket: store.New(b)}, newClock(), newClock()
		anas.pass(skew)
		ana := r.gets("ana", anas)
		if skew > -time.Minute { // else it looks as if it had expired long ago
			r.waits("ben", "ana", bens, wait(time.Minute))
			anas.pass(time.Minute)
			r.holds(ana)
		}
		// Ana is killed.
		ben := r.gets("ben", bens, wait(3*time.Minute))
		r.lost(ana, "ben")
		r.holds(ben)
		r.releases(ben)
	}
}

// testLeaseMany: old leases cost nothing, and what people put beside them does
// not matter.
func testLeaseMany(t *testing.T, b store.Backend) {
	r, c := &renters{T: t, bucket: store.New(b)}, newClock()
	create(t, b, "leases/production/999999999999.json", "x")
	create(t, b, "leases/production/readme", "x")
	for range 30 {
		r.releases(r.gets("ana", c))
	}
	counted := &requests{Backend: b}
	r.bucket = store.New(counted)
	l := r.gets("ben", c)
	r.holds(l)
	r.releases(l)
	if got := counted.n.Load(); got != 4 || counted.seen.Load() > 1 {
		t.Errorf("%d requests and %d lines of listings for one lease, want 4 and at most 1", got, counted.seen.Load())
	}
	// One that nobody can read is somebody's, until it was watched for long enough.
	first := list(t, b, "leases/production/")[0].Key
	var top int64
	if _, err := fmt.Sscanf(first, "leases/production/%d.", &top); err != nil {
		t.Fatalf("the newest lease is %s: %v", first, err)
	}
	create(t, b, fmt.Sprintf("leases/production/%012d.json", top-1), `{"promptflagLease":9}`)
	r.waits("cem", "", c, wait(time.Minute))
	r.gets("cem", c, wait(3*time.Minute))
}
