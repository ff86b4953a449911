package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/store"
)

// interrupted writes a lease, and the run is cancelled before it hears so.
type interrupted struct {
	store.Backend
	at     string // end of the key
	cancel context.CancelFunc
}

func (i *interrupted) Create(ctx context.Context, key string, data []byte, o store.CreateOptions) error {
	err := i.Backend.Create(ctx, key, data, o)
	if strings.HasSuffix(key, i.at) {
		i.cancel()
		return ctx.Err()
	}
	return err
}

func (i *interrupted) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return i.Backend.Get(ctx, key, limit)
}

// TestLeaseCancelled: whoever comes after a cancelled run does not wait for what
// that run got without hearing of it.
func TestLeaseCancelled(t *testing.T) {
	for name, at := range map[string]string{"while taking": "998.json", "while renewing": "997.json"} {
		t.Run(name, func(t *testing.T) {
			mem := store.NewMem()
			ctx, cancel := context.WithCancel(t.Context())
			now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
			clock := func() time.Time { return now }
			b := store.New(&interrupted{mem, at, cancel})
			l, err := b.AcquireLease(ctx, "e", store.LeaseOptions{ID: "aa", Subjects: []string{"p"}, Now: clock})
			if err == nil {
				now = now.Add(time.Minute)
				if err := l.Hold(ctx); err == nil {
					t.Fatal("Hold heard of the renewal")
				}
				if err := l.Release(context.WithoutCancel(ctx), "p"); err != nil {
					t.Fatal(err)
				}
			}
			next, err := store.New(mem).AcquireLease(t.Context(), "e", store.LeaseOptions{ID: "bb", Now: clock})
			if err != nil {
				t.Fatalf("the next one: %v", err)
			}
			if owed := next.Owed(); name == "while renewing" && !slices.Equal(owed, []string{"p"}) {
				t.Errorf("owed %v, want what was not finished", owed)
			}
		})
	}
}

// TestLeaseCancelledOwes: what a cancelled run would have had to finish for
// somebody else is not forgotten.
func TestLeaseCancelledOwes(t *testing.T) {
	mem := store.NewMem()
	ctx, cancel := context.WithCancel(t.Context())
	first, err := store.New(mem).AcquireLease(ctx, "e", store.LeaseOptions{ID: "aa", Subjects: []string{"p"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Release(ctx, "p"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.New(&interrupted{mem, "997.json", cancel}).AcquireLease(ctx, "e", store.LeaseOptions{ID: "bb"}); err == nil {
		t.Fatal("AcquireLease heard of the lease")
	}
	next, err := store.New(mem).AcquireLease(t.Context(), "e", store.LeaseOptions{ID: "cc"})
	if err != nil || !slices.Equal(next.Owed(), []string{"p"}) {
		t.Errorf("%v, owed %v, want p", err, next.Owed())
	}
}
