package storetest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

// Run tests a backend. open is called once per subtest and returns an empty
// backend (a fresh directory, a prefix of its own in a shared bucket); Run
// closes it. The subtests run one after the other and need about 3,000 requests,
// most of them for a listing of 1,100 keys, which -short reduces to 110.
func Run(t *testing.T, open func(t *testing.T) store.Backend) {
	tests := []struct {
		name string
		run  func(t *testing.T, b store.Backend)
	}{
		{"create_get", testCreateGet},
		{"binary", testBinary},
		{"empty_object", testEmptyObject},
		{"largest", testLargest},
		{"exists", testExists},
		{"not_found", testNotFound},
		{"limit", testLimit},
		{"ownership", testOwnership},
		{"keys", testKeys},
		{"bad_keys", testBadKeys},
		{"cancelled", testCancelled},
		{"list_order", testListOrder},
		{"list_prefix", testListPrefix},
		{"list_empty", testListEmpty},
		{"list_stop", testListStop},
		{"list_pages", testListPages},
		{"race", testRace},
		{"readers", testReaders},
		{"bucket_blobs", testBucketBlobs},
		{"bucket_corrupt", testBucketCorrupt},
		{"bucket_records", testBucketRecords},
		{"lease_race", testLeaseRace},
		{"lease_life", testLeaseLife},
		{"lease_expiry", testLeaseExpiry},
		{"lease_takeover", testLeaseTakeover},
		{"lease_skew", testLeaseSkew},
		{"lease_many", testLeaseMany},
		{"lease_owed", testLeaseOwed},
		{"delete", testDelete},
		{"bucket_purge", testPurge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := open(t)
			t.Cleanup(func() {
				if err := b.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			test.run(t, b)
		})
	}
}

func testCreateGet(t *testing.T, b store.Backend) {
	create(t, b, "blobs/sha256/00ff", `{"promptflag":1}`)
	want(t, b, "blobs/sha256/00ff", `{"promptflag":1}`)
}

func testBinary(t *testing.T, b store.Backend) {
	data := make([]byte, 4096)
	for i := range data {
		data[i] = byte(i)
	}
	data = append(data, "\r\n\x00\xff\xfe\x1f\x8b"...)
	create(t, b, "blobs/binary", string(data))
	want(t, b, "blobs/binary", string(data))
}

func testEmptyObject(t *testing.T, b store.Backend) {
	create(t, b, "pr/1/empty", "")
	want(t, b, "pr/1/empty", "")
	if got := list(t, b, "pr/"); len(got) != 1 || got[0].Size != 0 {
		t.Errorf("List = %v, want one object of 0 bytes", got)
	}
	wantErr(t, b.Create(t.Context(), "pr/1/empty", []byte("x"), jsonObject), store.ErrExists, "pr/1/empty")
}

func testLargest(t *testing.T, b store.Backend) {
	data := strings.Repeat("0123456789abcdef", store.MaxBlob/16)
	create(t, b, "blobs/largest", data)
	want(t, b, "blobs/largest", data)
}

func testExists(t *testing.T, b store.Backend) {
	create(t, b, "leases/production/1.json", "first")
	for _, data := range []string{"second", "first", ""} {
		err := b.Create(t.Context(), "leases/production/1.json", []byte(data), jsonObject)
		wantErr(t, err, store.ErrExists, "leases/production/1.json")
	}
	want(t, b, "leases/production/1.json", "first")
}

func testNotFound(t *testing.T, b store.Backend) {
	get := func(key string) {
		t.Helper()
		_, err := b.Get(t.Context(), key, store.MaxBlob)
		wantErr(t, err, store.ErrNotFound, key)
	}
	get("blobs/sha256/missing")
	create(t, b, "blobs/sha256/present", "x")
	get("blobs/sha256/missing")
	get("blobs/sha256/presen")
	get("blobs/sha256")
	get("blobs")
}

func testLimit(t *testing.T, b store.Backend) {
	create(t, b, "blobs/ten", "0123456789")
	if got, err := b.Get(t.Context(), "blobs/ten", 10); err != nil || string(got) != "0123456789" {
		t.Errorf("Get with limit 10 = %q, %v; want all ten bytes", got, err)
	}
	for _, limit := range []int64{9, 1, 0} {
		_, err := b.Get(t.Context(), "blobs/ten", limit)
		wantErr(t, err, store.ErrTooLarge, "blobs/ten")
	}
}

func testOwnership(t *testing.T, b store.Backend) {
	data := []byte("written")
	if err := b.Create(t.Context(), "blobs/own", data, jsonObject); err != nil {
		t.Fatal(err)
	}
	copy(data, "XXXXXXX")
	got, err := b.Get(t.Context(), "blobs/own", store.MaxBlob)
	if err != nil {
		t.Fatal(err)
	}
	copy(got, "YYYYYYY")
	want(t, b, "blobs/own", "written")
}

// testKeys: everything ValidKey allows works, and comes back from a listing.
func testKeys(t *testing.T, b store.Backend) {
	long := strings.Repeat("a", 240)
	keys := []string{
		"x",
		"blobs/sha256/" + strings.Repeat("0123456789abcdef", 4),
		"releases/support.triage_v2-x/20261121T020100.000000001Z-eu-west.1-publish-3f9a2c1b04de-00ff-intent.json",
		"releases/support.triage_v2-x/20261121T020100.000000001Z-Prod~1-publish-3f9a2c1b04de-00ff-done.json",
		"pr/17/a+b=c@d~e.json",
		"attestations/sha256/AB/key-1.json",
		long + "/" + long + "/" + long,
	}
	for _, key := range keys {
		create(t, b, key, "content of "+key)
	}
	for _, key := range keys {
		want(t, b, key, "content of "+key)
	}
	slices.Sort(keys)
	if diff := cmp.Diff(keys, keysOf(list(t, b, ""))); diff != "" {
		t.Errorf("List (-want +got):\n%s", diff)
	}
}

func testBadKeys(t *testing.T, b store.Backend) {
	bad := []string{
		"", "/", "/abs", "dir/", "a//b", ".", "..", "../x", "a/../b", "a/./b", ".hidden", "a/.tmp-x",
		"a\\b", "..\\x", "C:/x", "a\x00b", "a b", "a\nb", "a?b", "a#b", "a%2fb", "a*", "trailing.", "ü",
		"\xff", strings.Repeat("a", 241), strings.Repeat("a/", 500) + "a",
	}
	for _, key := range bad {
		_, err := b.Get(t.Context(), key, store.MaxBlob)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get(%q): error %v, want one that refuses the key", key, err)
		}
		err = b.Create(t.Context(), key, []byte("x"), jsonObject)
		if err == nil || errors.Is(err, store.ErrExists) {
			t.Errorf("Create(%q): error %v, want one that refuses the key", key, err)
		}
	}
	for _, prefix := range []string{"/", "../", "a//", "a/../", "a\\", "a\x00", "."} {
		if _, err := collect(t.Context(), b, prefix); err == nil {
			t.Errorf("List(%q) accepted the prefix", prefix)
		}
	}
	if got := list(t, b, ""); len(got) != 0 {
		t.Errorf("after refused keys: List = %v, want nothing", got)
	}
}

func testReaders(t *testing.T, b store.Backend) {
	data := bytes.Repeat([]byte("concurrent "), 1000)
	create(t, b, "blobs/shared", string(data))
	parallel(32, func(int) {
		got, err := b.Get(t.Context(), "blobs/shared", store.MaxBlob)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("concurrent Get: %d bytes, %v; want %d bytes", len(got), err, len(data))
		}
	})
}
