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

// TestTombstones: what a tombstone has to say, and what is none.
func TestTombstones(t *testing.T) {
	const digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	mem := store.NewMem()
	b := store.New(mem)
	for name, stone := range map[string]store.Tombstone{
		"reason": {Digest: "sha256:" + digits, Reason: " \n"}, "digest": {Digest: digits, Reason: "r"},
	} {
		if err := b.PutTombstone(t.Context(), stone); err == nil {
			t.Errorf("PutTombstone without a %s: no error", name)
		}
	}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("", 3600))
	large := store.Tombstone{Digest: "sha256:" + digits, Time: at, Reason: strings.Repeat("r", store.MaxBlob)}
	if err := b.PutTombstone(t.Context(), large); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("PutTombstone: %v, want %v", err, store.ErrTooLarge)
	}
	large.Reason = "r"
	for range 2 {
		if err := b.PutTombstone(t.Context(), large); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.Tombstone(t.Context(), "sha256:"+digits)
	if err != nil || !got.Time.Equal(at) || got.Time.Location() != time.UTC {
		t.Errorf("Tombstone = %+v, %v", got, err)
	}

	zeros := strings.Repeat("0", 64)
	for text, corrupt := range map[string]bool{
		"{": true, `{"promptflagTombstone":1,"digest":"sha256:` + digits + `"}`: true,
		`{"promptflagTombstone":2,"digest":"sha256:` + zeros + `"}`: false,
	} {
		other := store.NewMem()
		create(t, other, "tombstones/sha256/"+zeros+".json", text)
		create(t, other, "blobs/sha256/"+zeros, "x")
		if _, err := store.New(other).Tombstone(t.Context(), "sha256:"+zeros); err == nil || errors.Is(err, store.ErrCorrupt) != corrupt {
			t.Errorf("Tombstone that says %s: %v, corrupt: %v", text, err, corrupt)
		}
		if n, err := store.New(other).Purge(t.Context(), "sha256:"+zeros); n != 0 || err == nil {
			t.Errorf("Purge by a tombstone that says %s = %d, %v", text, n, err)
		}
	}

	create(t, mem, "tombstones/sha256/readme.json", "x")
	if purged, err := b.Purged(t.Context(), ""); len(purged) != 1 || !purged["sha256:"+digits] || err != nil {
		t.Errorf("Purged = %v, %v", purged, err)
	}
	create(t, mem, "attestations/sha256/"+digits+"/key.json", "x")
	create(t, mem, "attestations/sha256/"+zeros+"/key.json", "x")
	if n, err := b.Purge(t.Context(), "sha256:"+digits); n != 1 || err != nil {
		t.Errorf("Purge = %d, %v, want the signature alone", n, err)
	}
	for d, want := range map[string]error{digits: store.ErrNotFound, zeros: nil} {
		if _, err := mem.Get(t.Context(), "attestations/sha256/"+d+"/key.json", 10); !errors.Is(err, want) {
			t.Errorf("signature of %s: %v, want %v", d, err, want)
		}
	}
}

func create(t *testing.T, b store.Backend, key, text string) {
	t.Helper()
	if err := b.Create(t.Context(), key, []byte(text), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestKeptPlaces: what is kept for ever is neither listed nor read for removal.
func TestKeptPlaces(t *testing.T) {
	mem := store.NewMem()
	b := store.New(mem)
	for _, key := range []string{"releases/a/x", "blobs/sha256/x", "blobs/sha256/" + strings.Repeat("a", 64), "blobs/sha256/" + strings.Repeat("b", 64)} {
		create(t, mem, key, "x")
	}
	for place, want := range map[string]int{"releases/": -1, "": -1, "blobs/": -1, store.BlobObjects: 3} {
		n := 0
		for _, err := range b.Objects(t.Context(), place, "") {
			if n++; err != nil {
				n = -1
			}
		}
		if n != want {
			t.Errorf("Objects(%q): %d lines, want %d (-1 is an error)", place, n, want)
		}
	}
	if _, err := b.Removable(t.Context(), "releases/a/x"); err == nil {
		t.Error("Removable reads a record")
	}
	if data, err := b.Removable(t.Context(), "blobs/sha256/x"); string(data) != "x" || err != nil {
		t.Errorf("Removable = %q, %v", data, err)
	}
	create(t, mem, "blobs/sha256/a", "no digest")
	for limit, want := range map[int]int{1: 1, 9: 1} {
		if found, err := b.Find(t.Context(), "a", limit); len(found) != want || err != nil {
			t.Errorf("Find(a, %d) = %v, %v", limit, found, err)
		}
	}
	create(t, mem, "blobs/sha256/a"+strings.Repeat("b", 63), "x")
	if found, err := b.Find(t.Context(), "a", 1); len(found) != 1 || err != nil {
		t.Errorf("Find(a, 1) = %v, %v", found, err)
	}
}

// hangs deletes nothing until its context ends.
type hangs struct{ store.Backend }

func (hangs) Delete(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestRemoveWithin(t *testing.T) {
	b := store.New(hangs{store.NewMem()}).Within(time.Millisecond)
	if err := b.Remove(t.Context(), "recorded/a.json"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Remove = %v, want %v", err, context.DeadlineExceeded)
	}
}
