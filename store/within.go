package store

import (
	"context"
	"iter"
	"time"
)

// Within returns the same bucket with a deadline: a call of its backend that
// takes longer than d ends with context.DeadlineExceeded; of a listing, the way to
// its next line. It is for programs that want to fail rather than wait: a driver
// may repeat what a service in trouble refuses for as long as its context lets it
// (Google's does). Both are closed by closing one.
func (b *Bucket) Within(d time.Duration) *Bucket { return &Bucket{&within{b.backend, d}} }

type within struct {
	Backend
	limit time.Duration
}

func (w *within) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()
	return w.Backend.Get(ctx, key, limit)
}

func (w *within) Create(ctx context.Context, key string, data []byte, o CreateOptions) error {
	ctx, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()
	return w.Backend.Create(ctx, key, data, o)
}

func (w *within) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		timer := time.AfterFunc(w.limit, func() { cancel(context.DeadlineExceeded) })
		defer timer.Stop()
		for o, err := range w.Backend.List(ctx, prefix) {
			if err != nil && context.Cause(ctx) == context.DeadlineExceeded {
				err = slowList{err}
			}
			timer.Stop() // what the caller does with a line does not count
			if !yield(o, err) {
				return
			}
			timer.Reset(w.limit)
		}
	}
}

// slowList is the error of a listing that took too long; the driver knows only
// that it was ended.
type slowList struct{ error }

func (slowList) Is(target error) bool { return target == context.DeadlineExceeded }
