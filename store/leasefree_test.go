package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

var leaseNoon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// TestLeaseFree: when nobody has a lease any more, to the second.
func TestLeaseFree(t *testing.T) {
	at := func(seconds int) time.Time { return leaseNoon.Add(time.Duration(seconds) * time.Second) }
	doc := func(acquired, expires int) leaseDoc { return leaseDoc{Acquired: at(acquired), Expires: at(expires)} }
	tests := []struct {
		name string
		w    watch
		free bool
	}{
		{"none", watch{}, true},
		{"released", watch{seq: 1, released: true}, true},
		{"expired and 30 s", watch{seq: 1, doc: doc(-150, -30), since: at(0)}, false},
		{"expired and more", watch{seq: 1, doc: doc(-151, -31), since: at(0)}, true},
		{"clock ahead, watched for its time", watch{seq: 1, doc: doc(3600, 3660), since: at(-90)}, false},
		{"clock ahead, watched for longer", watch{seq: 1, doc: doc(3600, 3660), since: at(-91)}, true},
		{"unreadable, watched", watch{seq: 1, since: at(-150)}, false},
		{"unreadable, watched for longer", watch{seq: 1, since: at(-151)}, true},
	}
	l := &Lease{o: LeaseOptions{Now: func() time.Time { return leaseNoon }}}
	for _, test := range tests {
		if got := l.free(test.w); got != test.free {
			t.Errorf("%s: free = %v, want %v", test.name, got, test.free)
		}
	}
}

func TestLeaseKeys(t *testing.T) {
	for _, seq := range []int64{1, 2, leaseTop} {
		for _, suffix := range []string{leaseJSON, leaseDone} {
			got, released, ok := parseLeaseKey("e", leaseKey("e", seq, suffix))
			if got != seq || released != (suffix == leaseDone) || !ok {
				t.Errorf("%d%s: %d, %v, %v", seq, suffix, got, released, ok)
			}
		}
	}
	for _, key := range []string{leaseKey("e", 0, leaseJSON), "leases/e/1.json", "leases/e/00000000000x.json", "leases/f/999999999998.json"} {
		if _, _, ok := parseLeaseKey("e", key); ok {
			t.Errorf("%s is the key of a lease", key)
		}
	}
}

// TestLeaseBecame: what goroutines note late takes nothing back.
func TestLeaseBecame(t *testing.T) {
	l := &Lease{seq: 5, since: leaseNoon, newer: leaseNoon}
	l.became(4, leaseNoon.Add(-1), leaseNoon.Add(-1))
	if l.seq != 5 || !l.since.Equal(leaseNoon) || !l.newer.Equal(leaseNoon) {
		t.Errorf("%d, %v, %v after an older number", l.seq, l.since, l.newer)
	}
}

func freshLease(t *testing.T, m *Mem, now *time.Time) *Lease {
	t.Helper()
	l, err := New(m).AcquireLease(t.Context(), "e", LeaseOptions{ID: "aa", Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLeaseHoldUncertain: what cannot be told is no reason to go on writing.
func TestLeaseHoldUncertain(t *testing.T) {
	for _, text := range []string{"{", `{"promptflagLease":9}`,
		`{"promptflagLease":1,"id":"aa","acquired":"2026-11-21T12:00:00Z","expires":"2026-11-21T11:00:00Z"}`,
		fmt.Sprintf("%q", make([]byte, MaxBlob))} {
		m, now := NewMem(), leaseNoon
		l := freshLease(t, m, &now)
		if err := m.Create(t.Context(), leaseKey("e", 2, leaseJSON), []byte(text), CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := l.Hold(t.Context()); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("Hold beside the next lease %.40s = %v, want %v", text, err, ErrLeaseLost)
		}
		now = now.Add(time.Minute)
		if taken, err := l.create(t.Context(), 2, time.Time{}); taken || err != nil {
			t.Errorf("create = %v, %v of a number that is taken by %.40s", taken, err, text)
		}
	}
	now := leaseNoon
	l := freshLease(t, NewMem(), &now)
	if now = now.Add(leaseForgotten + time.Second); !errors.Is(l.Hold(t.Context()), ErrLeaseLost) {
		t.Error("a lease of which nobody can know is held")
	}
}

// TestLeaseSince: renewing does not change when a lease was taken, and giving it
// back twice is no failure.
func TestLeaseSince(t *testing.T) {
	m, now := NewMem(), leaseNoon
	l := freshLease(t, m, &now)
	other := &Lease{bucket: l.bucket, environment: "e", o: l.o, seq: 1, since: leaseNoon, newer: leaseNoon}
	now = now.Add(time.Minute)
	for _, held := range []*Lease{l, other} {
		if err := held.Hold(t.Context()); err != nil || held.seq != 2 || !held.since.Equal(leaseNoon) {
			t.Fatalf("Hold = %v, number %d since %v", err, held.seq, held.since)
		}
	}
	doc, err := l.bucket.readLease(t.Context(), "e", 2)
	if err != nil || !doc.Since.Equal(leaseNoon) || !doc.Acquired.Equal(now) {
		t.Errorf("%+v, %v", doc, err)
	}
	for range 2 {
		if err := l.Release(t.Context()); err != nil {
			t.Errorf("Release = %v", err)
		}
	}
}

// TestLeaseWaiting: nobody sleeps for longer than to wait, and who is told to stop
// waiting hears who has the lease.
func TestLeaseWaiting(t *testing.T) {
	m, now := NewMem(), leaseNoon
	l := freshLease(t, m, &now)
	var slept time.Duration
	o := LeaseOptions{ID: "bb", Wait: 3 * time.Second, Now: func() time.Time { return now }, Sleep: func(_ context.Context, d time.Duration) error {
		slept, now = slept+d, now.Add(d)
		return nil
	}}
	if _, err := l.bucket.AcquireLease(t.Context(), "e", o); !errors.Is(err, ErrLeaseHeld) || slept != o.Wait {
		t.Errorf("%v after %v, want %v after %v", err, slept, ErrLeaseHeld, o.Wait)
	}
	o.Sleep = func(context.Context, time.Duration) error { return context.Canceled }
	if _, err := l.bucket.AcquireLease(t.Context(), "e", o); !errors.Is(err, ErrLeaseHeld) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want both %v and %v", err, ErrLeaseHeld, context.Canceled)
	}
}

// TestLeaseLeft: what a holder that is at work did not do yet is not left undone.
func TestLeaseLeft(t *testing.T) {
	b := New(NewMem())
	if _, err := b.AcquireLease(t.Context(), "e", LeaseOptions{ID: "aa", Subjects: []string{"p"}}); err != nil {
		t.Fatal(err)
	}
	for ended, want := range map[bool]bool{false: false, true: true} {
		if left, err := b.LeaseLeft(t.Context(), "e", func(LeaseHolder) bool { return ended }); left != want || err != nil {
			t.Errorf("LeaseLeft of a holder that ended %v: %v, %v", ended, left, err)
		}
	}
}

// slowSight says that a key is taken a moment before it shows it.
type slowSight struct {
	Backend
	blind int
}

func (s *slowSight) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if s.blind--; s.blind >= 0 {
		return nil, ErrNotFound
	}
	return s.Backend.Get(ctx, key, limit)
}

// lostAnswer repeats a request whose answer was lost.
type lostAnswer struct{ Backend }

func (l lostAnswer) Create(ctx context.Context, key string, data []byte, o CreateOptions) error {
	if err := l.Backend.Create(ctx, key, data, o); err != nil {
		return err
	}
	return l.Backend.Create(ctx, key, data, o)
}

// TestLeaseLostAnswer: a lease whose number is said to be taken may be our own.
func TestLeaseLostAnswer(t *testing.T) {
	b := New(&slowSight{Backend: lostAnswer{NewMem()}, blind: 3})
	o := LeaseOptions{ID: "aa", Sleep: func(context.Context, time.Duration) error { return nil }}
	if _, err := b.AcquireLease(t.Context(), "e", o); err != nil {
		t.Errorf("AcquireLease = %v", err)
	}
}
