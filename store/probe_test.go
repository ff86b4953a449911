package store_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/promptflag/promptflag/store"
)

// careless is a service that does not know conditional writes: what is written
// last is there.
type careless struct {
	*store.Mem
	last map[string][]byte
}

func (c careless) Create(_ context.Context, key string, data []byte, _ store.CreateOptions) error {
	c.last[key] = data
	return nil
}

// readOnly refuses to write.
type readOnly struct{ *store.Mem }

func (readOnly) Create(context.Context, string, []byte, store.CreateOptions) error {
	return fs.ErrPermission
}

func TestProbe(t *testing.T) {
	ctx := t.Context()
	b := store.New(store.NewMem())
	if blobs, err := b.TryRead(ctx); blobs || err != nil {
		t.Errorf("empty: %v, %v", blobs, err)
	}
	if _, _, err := b.Put(ctx, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if blobs, err := b.TryRead(ctx); !blobs || err != nil {
		t.Errorf("one blob: %v, %v", blobs, err)
	}
	if wrote, err := b.TryWrite(ctx, "0a"); err != nil || time.Since(wrote) > time.Hour {
		t.Errorf("write: %v, %v", wrote, err)
	}
	if _, err := b.TryWrite(ctx, "0a"); !errors.Is(err, store.ErrExists) {
		t.Errorf("the same id again: %v, want %v", err, store.ErrExists)
	}
	if _, err := store.New(careless{store.NewMem(), map[string][]byte{}}).TryWrite(ctx, "0a"); !errors.Is(err, store.ErrOverwrites) {
		t.Errorf("careless: %v, want %v", err, store.ErrOverwrites)
	}
	if _, err := store.New(readOnly{store.NewMem()}).TryWrite(ctx, "0a"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("read only: %v, want %v", err, fs.ErrPermission)
	}
}
