package storetest

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/promptflag/promptflag/store"
)

// requests counts the calls of a backend, and the lines of its listings.
type requests struct {
	store.Backend
	n, seen atomic.Int64
}

func (r *requests) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	r.n.Add(1)
	return r.Backend.Get(ctx, key, limit)
}

func (r *requests) Create(ctx context.Context, key string, data []byte, o store.CreateOptions) error {
	r.n.Add(1)
	return r.Backend.Create(ctx, key, data, o)
}

func (r *requests) List(ctx context.Context, prefix string) iter.Seq2[store.Object, error] {
	r.n.Add(1)
	return func(yield func(store.Object, error) bool) {
		for o, err := range r.Backend.List(ctx, prefix) {
			r.seen.Add(1)
			if !yield(o, err) {
				return
			}
		}
	}
}
