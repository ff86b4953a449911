package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Lease is one that this process holds, see [Bucket.AcquireLease]. It may be
// shared by goroutines.
type Lease struct {
	bucket      *Bucket
	environment string
	o           LeaseOptions
	owed        []string // by the holder before

	mu    sync.Mutex // guards the following
	seq   int64
	since time.Time // when it was taken
	newer time.Time // when it was taken or renewed
	maybe int64     // a number that may be ours: nobody heard what became of it
}

// leaseForgotten is the age at which nobody can tell any more what happened to
// a lease: its bucket may have dropped the newer ones.
const leaseForgotten = time.Hour

// Hold reports whether the lease is still ours, and renews it when a third of
// its time is over. It is one read, and is to be called before every write that
// the lease is about. After ErrLeaseLost nothing may be written any more; after
// any other error nobody can tell whether something may.
//
// A lease that expired while its holder was slow is renewed like any other:
// expiry allows others to take it, and as long as none did it is ours.
func (l *Lease) Hold(ctx context.Context) error {
	for {
		l.mu.Lock()
		seq, newer, since := l.seq, l.newer, l.since
		l.mu.Unlock()
		age := l.o.Now().Sub(newer)
		next, err := l.bucket.readLease(ctx, l.environment, seq+1)
		switch {
		case err == nil && next.ID == l.o.ID:
			l.became(seq+1, next.Since, next.Acquired) // renewed by another goroutine, or unheard
			continue
		case err == nil || errors.Is(err, ErrCorrupt):
			return &LeaseLostError{l.environment, next.Holder, next.Acquired}
		case !errors.Is(err, ErrNotFound):
			return fmt.Errorf("hold lease of %s: %w", l.environment, err)
		case age > leaseForgotten:
			return fmt.Errorf("hold lease of %s: not renewed for %s: %w", l.environment, age.Round(time.Minute), ErrLeaseLost)
		case age <= l.o.TTL/3:
			return nil
		}
		if taken, err := l.create(ctx, seq+1, since); taken {
			return nil
		} else if err != nil {
			return fmt.Errorf("renew lease of %s: %w", l.environment, err)
		}
	}
}

// became notes a newer number of the same lease.
func (l *Lease) became(seq int64, since, newer time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seq > l.seq {
		l.seq, l.since = seq, since
	}
	if newer.After(l.newer) {
		l.newer = newer
	}
}

// Owed are the subjects that the holder before did not finish: it ended without
// giving the lease back, or gave it back with them.
func (l *Lease) Owed() []string { return slices.Clone(l.owed) }

// Release gives the lease back, so that nobody has to wait until it expires;
// undone are subjects that were not finished. It is used once, and not by who
// lost the lease.
func (l *Lease) Release(ctx context.Context, undone ...string) error {
	l.mu.Lock()
	seq, maybe := l.seq, l.maybe
	l.mu.Unlock()
	if maybe > seq && l.ours(ctx, maybe) {
		seq = maybe
	}
	key := leaseKey(l.environment, seq, leaseDone)
	data, err := encodeJSON(key, leaseEnd{leaseSchema, l.o.ID, l.o.Now().UTC(), slices.Compact(slices.Sorted(slices.Values(undone)))})
	if err == nil {
		err = l.bucket.backend.Create(ctx, key, data, CreateOptions{ContentType: jsonType})
	}
	if err != nil && !errors.Is(err, ErrExists) {
		return fmt.Errorf("release lease of %s: %w", l.environment, err)
	}
	return nil
}

// ours reports whether the lease of a number is certainly ours.
func (l *Lease) ours(ctx context.Context, seq int64) bool {
	doc, err := l.bucket.readLease(ctx, l.environment, seq)
	return err == nil && doc.ID == l.o.ID
}

// giveUp gives back what was taken without hearing so, as when the run is
// cancelled meanwhile: others would wait until it expires.
func (l *Lease) giveUp(ctx context.Context) {
	if l.maybe == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUpTimeout)
	defer cancel()
	if l.ours(ctx, l.maybe) {
		_ = l.Release(ctx, l.owed...) // it expires
	}
}

const giveUpTimeout = 3 * time.Second

// create writes the lease of that number. Not taken and no error: somebody else
// has that number.
func (l *Lease) create(ctx context.Context, seq int64, since time.Time) (taken bool, err error) {
	now := l.o.Now() // before the request: the lease ends for us before it does for others
	if since.IsZero() {
		since = now
	}
	doc := leaseDoc{
		Schema: leaseSchema, ID: l.o.ID, Seq: seq, Environment: l.environment, Holder: l.o.Holder,
		Since: since.UTC(), Acquired: now.UTC(), Expires: now.Add(l.o.TTL).UTC(),
		Subjects: slices.Compact(slices.Sorted(slices.Values(slices.Concat(l.o.Subjects, l.owed)))),
	}
	key := leaseKey(l.environment, seq, leaseJSON)
	data, err := encodeJSON(key, doc)
	if err != nil {
		return false, err
	}
	err = l.bucket.backend.Create(ctx, key, data, CreateOptions{ContentType: jsonType})
	if err != nil {
		// The answer to our own request may have been lost, and a driver that sent
		// it again then finds the number taken.
		there, readErr := l.taken(ctx, seq, errors.Is(err, ErrExists))
		switch {
		case readErr == nil && there.ID != l.o.ID, errors.Is(readErr, ErrCorrupt):
			return false, nil
		case errors.Is(readErr, ErrNotFound):
			return false, err
		case readErr != nil:
			l.mu.Lock()
			l.maybe = seq
			l.mu.Unlock()
			return false, err
		}
	}
	l.became(seq, since, now)
	return true, nil
}

// taken reads a lease that was just written by somebody. Where its number was
// said to be taken it is there, but some servers say so a moment before they
// show it.
func (l *Lease) taken(ctx context.Context, seq int64, certain bool) (doc leaseDoc, err error) {
	const looks, pause = 50, 20 * time.Millisecond
	for range looks {
		doc, err = l.bucket.readLease(ctx, l.environment, seq)
		if !certain || !errors.Is(err, ErrNotFound) {
			return doc, err
		}
		if err := l.o.Sleep(ctx, pause); err != nil {
			return doc, err
		}
	}
	return doc, err
}
