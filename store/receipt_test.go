package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

var suiteHex = strings.Repeat("5", 64)

func TestReceipts(t *testing.T) {
	b, ctx := store.New(store.NewMem()), t.Context()
	digest, _, err := b.Put(ctx, []byte("abc"))
	if err != nil {
		t.Fatal(err)
	}
	other := "sha256:" + strings.Repeat("0", 64)
	want := map[string]string{}
	for _, text := range []string{`{"verdict":"pass"}`, `{"verdict":"fail"}`, `{"verdict":"pass"}`} {
		key, err := b.PutReceipt(ctx, digest, suiteHex, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want[key] = text
	}
	if _, err := b.PutReceipt(ctx, other, suiteHex, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	keys, err := b.Receipts(ctx, digest)
	got := map[string]string{}
	for _, k := range keys {
		data, err := b.Receipt(ctx, k.Key)
		if err != nil || k.Suite != suiteHex || k.Time.IsZero() {
			t.Errorf("%+v: %v", k, err)
		}
		got[k.Key] = string(data)
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || len(got) != 2 {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestReceiptDamaged(t *testing.T) {
	m := store.NewMem()
	key := "evals/sha256/" + strings.Repeat("0", 64) + "/" + suiteHex + "/" + strings.Repeat("1", 64) + ".json"
	if err := m.Create(t.Context(), key, []byte(`{"verdict":"pass"}`), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if data, err := store.New(m).Receipt(t.Context(), key); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Receipt = %q, %v; want %v", data, err, store.ErrCorrupt)
	}
}

func TestReceiptBad(t *testing.T) {
	b, ctx := store.New(store.NewMem()), t.Context()
	good := "sha256:" + strings.Repeat("0", 64)
	for _, c := range [][2]string{{"sha256:1", suiteHex}, {good, "x"}, {good, ""}, {good, strings.ToUpper(strings.Repeat("a", 64))}} {
		if key, err := b.PutReceipt(ctx, c[0], c[1], []byte("{}")); err == nil {
			t.Errorf("PutReceipt(%q, %q) = %q", c[0], c[1], key)
		}
	}
	if _, err := b.PutReceipt(ctx, good, suiteHex, make([]byte, store.MaxBlob+1)); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	for _, key := range []string{"", "blobs/sha256/" + suiteHex, "evals/sha256/x/y/z.json", "evals/sha256/" + suiteHex + "/" + suiteHex + "/" + suiteHex} {
		if _, err := b.Receipt(ctx, key); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("Receipt(%q): %v", key, err)
		}
	}
	if _, err := b.Receipts(ctx, "sha256:1"); err == nil {
		t.Error("Receipts of no digest")
	}
}

// TestRecorded: what a pull request writes is nowhere else to be found, and what
// is there stays.
func TestRecorded(t *testing.T) {
	r := &recorder{Mem: store.NewMem()}
	b, ctx := store.New(r), t.Context()
	name := strings.Repeat("a", 64)
	if err := b.RecordedBy(12).Put(ctx, name, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if data, err := b.Recorded().Get(ctx, name); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("recorded/ has %q, %v", data, err)
	}
	for _, text := range []string{"two", "three"} {
		if err := b.Recorded().Put(ctx, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for want, at := range map[string]*store.Recorded{"one": b.RecordedBy(12), "two": b.Recorded()} {
		if data, err := at.Get(ctx, name); string(data) != want || err != nil {
			t.Errorf("Get = %q, %v; want %q", data, err, want)
		}
	}
	if diff := cmp.Diff([]string{"pr/12/recorded/" + name + ".json", "recorded/" + name + ".json"}, r.keys[:2]); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
	for _, bad := range []string{"", "..", strings.Repeat("A", 64)} {
		_, err := b.Recorded().Get(ctx, bad)
		if put := b.Recorded().Put(ctx, bad, nil); err == nil || put == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: get %v, put %v", bad, err, put)
		}
	}
}
