package store_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/store"
)

// keeps is a backend that cannot delete.
type keeps struct{ store.Backend }

// denies is one whose owner does not let us.
type denies struct{ store.Backend }

func (denies) Delete(context.Context, string) error { return fs.ErrPermission }

func TestRemove(t *testing.T) {
	const key = "recorded/a.json"
	for name, test := range map[string]struct {
		backend func(store.Backend) store.Backend
		want    error
		says    string
	}{
		"deletes":       {func(b store.Backend) store.Backend { return b }, nil, ""},
		"cannot":        {func(b store.Backend) store.Backend { return keeps{b} }, store.ErrCannotDelete, key},
		"is not let to": {func(b store.Backend) store.Backend { return denies{b} }, fs.ErrPermission, "s3:DeleteObject"},
	} {
		t.Run(name, func(t *testing.T) {
			mem := store.NewMem()
			if err := mem.Create(t.Context(), key, []byte("{}"), store.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			for _, b := range []*store.Bucket{store.New(test.backend(mem)), store.New(test.backend(mem)).Within(time.Minute)} {
				err := b.Remove(t.Context(), key)
				if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("Remove: %v, want %v that says %q", err, test.want, test.says)
				}
			}
			_, err := mem.Get(t.Context(), key, 10)
			if gone := errors.Is(err, store.ErrNotFound); gone != (test.want == nil) {
				t.Errorf("gone: %t", gone)
			}
		})
	}
	b := store.New(store.NewMem())
	for _, kept := range []string{"releases/a/x.json", "evals/sha256/a/b/c.json", "tombstones/sha256/a.json", "attestations/sha256/a/b.json", "recorded/", "x"} {
		if err := b.Remove(t.Context(), kept); err == nil || !strings.Contains(err.Error(), "kept for ever") {
			t.Errorf("Remove(%s): %v, want a refusal", kept, err)
		}
	}
}
