package store_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptflag/promptflag/store"
)

// stuck repeats for ever what is refused, as a driver may: nothing ends but by its
// context.
type stuck struct{ store.Backend }

func (stuck) Get(ctx context.Context, _ string, _ int64) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (stuck) Create(ctx context.Context, _ string, _ []byte, _ store.CreateOptions) error {
	<-ctx.Done()
	return ctx.Err()
}

func (stuck) List(ctx context.Context, _ string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		if yield(store.Object{Key: "a"}, nil) {
			<-ctx.Done()
			yield(store.Object{}, ctx.Err())
		}
	}
}

func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := store.New(stuck{store.NewMem()}).Within(time.Minute)
		start := time.Now()
		_, _, err := b.Put(t.Context(), []byte("x"))
		_, err2 := b.Get(t.Context(), "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
		_, err3 := b.RecordKeys(t.Context(), "p")
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a backend that never answers: %v, want %v", err, context.DeadlineExceeded)
			}
		}
		if took := time.Since(start); took != 3*time.Minute {
			t.Errorf("three calls ended after %v, want a minute each", took)
		}
	})
}
