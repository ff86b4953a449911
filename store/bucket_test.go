package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

// recorder notes what a bucket asks its backend to create.
type recorder struct {
	*store.Mem
	keys    []string
	options []store.CreateOptions
	err     error // returned by Create and Get when set
}

func (r *recorder) Create(ctx context.Context, key string, data []byte, o store.CreateOptions) error {
	r.keys, r.options = append(r.keys, key), append(r.options, o)
	if r.err != nil {
		return r.err
	}
	return r.Mem.Create(ctx, key, data, o)
}

func (r *recorder) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	return r.Mem.Get(ctx, key, limit)
}

func TestPutRequest(t *testing.T) {
	r := &recorder{Mem: store.NewMem()}
	if _, _, err := store.New(r).Put(t.Context(), []byte("abc")); err != nil {
		t.Fatal(err)
	}
	want := []store.CreateOptions{{ContentType: "application/json", CacheControl: "public, max-age=31536000, immutable"}}
	if diff := cmp.Diff(want, r.options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{abcKey}, r.keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestPutLimit(t *testing.T) {
	b := store.New(store.NewMem())
	if _, created, err := b.Put(t.Context(), make([]byte, store.MaxBlob)); !created || err != nil {
		t.Errorf("Put of MaxBlob bytes = %v, %v; want true, nil", created, err)
	}
	digest, created, err := b.Put(t.Context(), make([]byte, store.MaxBlob+1))
	if digest != "" || created || !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("Put of one byte more = %q, %v, %v; want %v", digest, created, err, store.ErrTooLarge)
	}
}

func TestGetTooLarge(t *testing.T) {
	mem := store.NewMem()
	if err := mem.Create(t.Context(), abcKey, make([]byte, store.MaxBlob+1), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.New(mem).Get(t.Context(), abcDigest); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("Get: error %v, want %v", err, store.ErrTooLarge)
	}
}

func TestBackendFails(t *testing.T) {
	cause := errors.New("connection refused")
	b := store.New(&recorder{Mem: store.NewMem(), err: cause})
	digest, created, err := b.Put(t.Context(), []byte("abc"))
	if digest != "" || created || !errors.Is(err, cause) {
		t.Errorf("Put = %q, %v, %v; want %v", digest, created, err, cause)
	}
	if _, err := b.Get(t.Context(), abcDigest); !errors.Is(err, cause) {
		t.Errorf("Get: error %v, want %v", err, cause)
	}
	if err := b.PutRecord(t.Context(), record()); !errors.Is(err, cause) {
		t.Errorf("PutRecord: error %v, want %v", err, cause)
	}
}

func TestGetDigest(t *testing.T) {
	b := store.New(&recorder{Mem: store.NewMem(), err: errors.New("asked the backend")})
	hex := strings.TrimPrefix(abcDigest, "sha256:")
	for _, digest := range []string{
		"", "sha256:", hex, "sha256:" + hex[1:], "sha256:" + hex + "0", "sha512:" + hex, "sha256:" + strings.ToUpper(hex),
		"sha256:../" + hex[3:], "sha256:" + hex[:63] + "g", strings.Repeat("x", 10_000),
	} {
		_, err := b.Get(t.Context(), digest)
		if err == nil || !strings.Contains(err.Error(), "is not a digest") || len(err.Error()) > 300 {
			t.Errorf("Get(%.80q): error %v, want a short one that refuses it", digest, err)
		}
	}
}
