package storetest

import (
	"context"
	"testing"

	"github.com/promptflag/promptflag/store"
)

// testDelete is for backends that can delete; others have nothing to show.
func testDelete(t *testing.T, b store.Backend) {
	d, ok := b.(store.Deleter)
	if !ok {
		t.Log("nothing to test: the backend is no store.Deleter")
		return
	}
	create(t, b, "pr/7/a", "a")
	create(t, b, "pr/7/b", "b")
	for range 2 { // that there is none is success
		if err := d.Delete(t.Context(), "pr/7/a"); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	}
	if err := d.Delete(t.Context(), "pr/8/never/there"); err != nil {
		t.Errorf("Delete of what never was: %v", err)
	}
	_, err := b.Get(t.Context(), "pr/7/a", store.MaxBlob)
	wantErr(t, err, store.ErrNotFound, "pr/7/a")
	want(t, b, "pr/7/b", "b")
	create(t, b, "pr/7/a", "again") // the key is free
	want(t, b, "pr/7/a", "again")
	if err := d.Delete(t.Context(), "../b"); err == nil {
		t.Error("Delete of a bad key: no error")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Delete(gone, "pr/7/b"); err == nil {
		t.Error("Delete with a cancelled context: no error")
	}
	want(t, b, "pr/7/b", "b")
}

// testPurge: a tombstone first, then the blob with its receipts, and nothing else.
func testPurge(t *testing.T, backend store.Backend) {
	if _, ok := backend.(store.Deleter); !ok {
		t.Log("nothing to test: the backend is no store.Deleter")
		return
	}
	b := store.New(backend)
	if _, _, err := b.Put(t.Context(), []byte("abc")); err != nil {
		t.Fatal(err)
	}
	other, _, err := b.Put(t.Context(), []byte("other"))
	if err != nil {
		t.Fatal(err)
	}
	suite := abc[len("sha256:"):]
	for _, digest := range []string{abc, other} {
		if _, err := b.PutReceipt(t.Context(), digest, suite, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Purge(t.Context(), abc); err == nil {
		t.Error("Purge without a tombstone: no error")
	}
	want(t, backend, abcKey, "abc")
	stone := store.Tombstone{Digest: abc, Prompt: "a", Actor: "ada", Reason: "a key in the text"}
	if err := b.PutTombstone(t.Context(), stone); err != nil {
		t.Fatal(err)
	}
	for _, wantDeleted := range []int{2, 0} {
		if n, err := b.Purge(t.Context(), abc); err != nil || n != wantDeleted {
			t.Fatalf("Purge = %d, %v; want %d", n, err, wantDeleted)
		}
	}
	_, err = b.Get(t.Context(), abc)
	wantErr(t, err, store.ErrNotFound, abcKey)
	if keys, err := b.Receipts(t.Context(), other); err != nil || len(keys) != 1 {
		t.Errorf("receipts of the other blob: %v, %v", keys, err)
	}
	if purged, err := b.Purged(t.Context(), ""); err != nil || len(purged) != 1 || !purged[abc] {
		t.Errorf("Purged = %v, %v", purged, err)
	}
	got, err := b.Tombstone(t.Context(), abc)
	if err != nil || got.Reason != stone.Reason || got.Actor != "ada" {
		t.Errorf("Tombstone = %+v, %v", got, err)
	}
	if err := b.Remove(t.Context(), "tombstones/sha256/"+suite+".json"); err == nil {
		t.Error("Remove of a tombstone: no error")
	}
}
