package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

// testListOrder: '-' and '.' sort before '/', digits and letters behind it, so
// an order by directory would be another one.
func testListOrder(t *testing.T, b store.Backend) {
	keys := []string{"a-b/x", "a-c", "a.b/x", "a/-", "a/b-c/x", "a/b/x", "a/b0", "a0", "aB/x", "aa/x", "b"}
	for _, i := range []int{5, 0, 10, 3, 7, 1, 9, 2, 8, 4, 6} {
		create(t, b, keys[i], keys[i])
	}
	for range 2 {
		if diff := cmp.Diff(keys, keysOf(list(t, b, ""))); diff != "" {
			t.Errorf("List (-want +got):\n%s", diff)
		}
	}
}

func testListPrefix(t *testing.T, b store.Backend) {
	for _, key := range []string{"releases/a.b/1", "releases/a.b/2", "releases/a.bc/1", "releases/a/1", "relic"} {
		create(t, b, key, "12345")
	}
	tests := []struct {
		prefix string
		want   []string
	}{
		{"releases/a/", []string{"releases/a/1"}},
		{"releases/a.b/", []string{"releases/a.b/1", "releases/a.b/2"}},
		{"releases/a.b", []string{"releases/a.b/1", "releases/a.b/2", "releases/a.bc/1"}},
		{"releases/a.b/2", []string{"releases/a.b/2"}},
		{"rel", []string{"releases/a.b/1", "releases/a.b/2", "releases/a.bc/1", "releases/a/1", "relic"}},
		{"releases/z/", nil},
		{"z", nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, keysOf(list(t, b, test.prefix))); diff != "" {
			t.Errorf("List(%q) (-want +got):\n%s", test.prefix, diff)
		}
	}
	for _, o := range list(t, b, "") {
		if age := time.Since(o.ModTime).Abs(); o.Size != 5 || age > 10*time.Minute {
			t.Errorf("List: %+v, want 5 bytes and a time near now", o)
		}
	}
}

func testListEmpty(t *testing.T, b store.Backend) {
	for _, prefix := range []string{"", "blobs/", "blobs/sha256/00"} {
		if got := list(t, b, prefix); len(got) != 0 {
			t.Errorf("List(%q) = %v, want nothing", prefix, got)
		}
	}
}

func testListStop(t *testing.T, b store.Backend) {
	for i := range 5 {
		create(t, b, fmt.Sprintf("pr/1/%d", i), "x")
	}
	var got []string
	for o, err := range b.List(t.Context(), "pr/") {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, o.Key); len(got) == 2 {
			break
		}
	}
	if diff := cmp.Diff([]string{"pr/1/0", "pr/1/1"}, got); diff != "" {
		t.Errorf("first two of List (-want +got):\n%s", diff)
	}
}

// testListPages: object stores answer 1,000 keys at a time.
func testListPages(t *testing.T, b store.Backend) {
	n := 1100
	if testing.Short() {
		n = 110
	}
	keys := make([]string, n)
	parallel(16, func(worker int) {
		for i := worker; i < n; i += 16 {
			keys[i] = fmt.Sprintf("releases/many/%05d-%d/x.json", i*7919%n, i%3)
			if err := b.Create(t.Context(), keys[i], []byte("x"), jsonObject); err != nil {
				t.Errorf("Create: %v", err)
			}
		}
	})
	create(t, b, "releases/more/x.json", "x")
	slices.Sort(keys)
	if diff := cmp.Diff(keys, keysOf(list(t, b, "releases/many/"))); diff != "" {
		t.Errorf("List of %d keys (-want +got):\n%s", n, diff)
	}
}

func testCancelled(t *testing.T, b store.Backend) {
	create(t, b, "blobs/there", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Get(ctx, "blobs/there", store.MaxBlob)
	wantErr(t, err, context.Canceled, "blobs/there")
	err = b.Create(ctx, "blobs/new", []byte("x"), jsonObject)
	wantErr(t, err, context.Canceled, "blobs/new")
	if _, err = collect(ctx, b, "blobs/"); !errors.Is(err, context.Canceled) {
		t.Errorf("List: error %v, want %v", err, context.Canceled)
	}
	if diff := cmp.Diff([]string{"blobs/there"}, keysOf(list(t, b, ""))); diff != "" {
		t.Errorf("after a cancelled Create (-want +got):\n%s", diff)
	}
}
