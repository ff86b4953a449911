package disk

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestState(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := open(t, &Options{Now: func() time.Time { return now }})
	if _, _, err := c.ReadState("feed"); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrCorrupt) {
		t.Errorf("ReadState of nothing: %v", err)
	}
	for _, data := range []string{"first", "", "second\nline"} {
		if err := c.WriteState("feed", []byte(data)); err != nil {
			t.Fatal(err)
		}
		if got, saved, err := c.ReadState("feed"); err != nil || string(got) != data || !saved.Equal(now) {
			t.Errorf("ReadState = %q, %v, %v; want %q, %v", got, saved, err, data, now)
		}
		at := now.Add(-time.Hour)
		if err := c.Touch("feed", at); err != nil {
			t.Fatal(err)
		}
		if got, saved, err := c.ReadState("feed"); err != nil || string(got) != data || !saved.Equal(at) {
			t.Errorf("ReadState after Touch = %q, %v, %v; want %q, %v", got, saved, err, data, at)
		}
	}
	for _, name := range []string{"", "../x", "a/b", "A", ".tmp-x", "a.b"} {
		if err := c.WriteState(name, nil); err == nil {
			t.Errorf("WriteState(%q) gives no error", name)
		}
		if _, _, err := c.ReadState(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadState(%q): %v", name, err)
		}
		if err := c.Touch(name, now); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Touch(%q): %v", name, err)
		}
	}
}

// Whatever happened to the file: ErrCorrupt, and the next write puts it right.
func TestStateDamaged(t *testing.T) {
	c := open(t, nil)
	if err := c.WriteState("feed", []byte("some bytes")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.Dir(), stateDir, "feed")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, n int, bad []byte) {
		t.Helper()
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadState("feed"); !errors.Is(err, ErrCorrupt) || errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s %d: %v", what, n, err)
		}
	}
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		check("flipped bit", i, bad)
	}
	for n := range len(good) {
		check("truncated to", n, good[:n])
	}
	check("longer by", 1, append(bytes.Clone(good), 0))
	check("foreign", 0, []byte(`{"version":2,"features":[]}`))
	if err := os.Truncate(path, int64(headerLen)+maxState+1); err != nil { // takes no room
		t.Fatal(err)
	}
	if _, _, err := c.ReadState("feed"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("too large: %v", err)
	}
	if err := c.WriteState("feed", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, _, err := c.ReadState("feed"); err != nil || string(got) != "new" {
		t.Errorf("ReadState after another write = %q, %v", got, err)
	}
}

func TestStateLimit(t *testing.T) {
	c := open(t, nil)
	large := make([]byte, maxState+1)
	if err := c.WriteState("feed", large[:maxState]); err != nil {
		t.Fatal(err)
	}
	if got, _, err := c.ReadState("feed"); err != nil || len(got) != maxState {
		t.Errorf("ReadState of the limit = %d bytes, %v", len(got), err)
	}
	if err := c.WriteState("feed", large); err == nil {
		t.Error("WriteState above the limit gives no error")
	}
	file := append(encodeHeader(large), large...)
	if err := os.WriteFile(filepath.Join(c.Dir(), stateDir, "feed"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadState("feed"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("ReadState above the limit: %v", err)
	}
}

// Nobody says of a state that it is still true who goes by another one.
func TestTouchOther(t *testing.T) {
	old := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	dir := filepath.Join(t.TempDir(), "cache")
	cache := func() *Cache {
		c, err := Open(dir, &Options{Now: func() time.Time { return old }})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ours, theirs := cache(), cache()
	untouched := func(what string, c *Cache) {
		t.Helper()
		if err := c.Touch("feed", old.Add(time.Hour)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: Touch: %v, want %v", what, err, fs.ErrNotExist)
		}
		if _, saved, err := theirs.ReadState("feed"); err == nil && !saved.Equal(old) {
			t.Errorf("%s: saved = %v", what, saved)
		}
	}
	untouched("nothing there", ours)
	if err := ours.WriteState("feed", []byte("a")); err != nil {
		t.Fatal(err)
	}
	untouched("never read", cache())

	ours.sys.create = func(*os.Root, string) (file, error) { return nil, errors.New("disk full") }
	if err := ours.WriteState("feed", []byte("b")); err == nil {
		t.Fatal("the fault has no effect")
	}
	untouched("write failed", ours)

	if err := theirs.WriteState("feed", []byte("c")); err != nil {
		t.Fatal(err)
	}
	untouched("another wrote", ours)
	if err := theirs.WriteState("feed", []byte("b")); err != nil {
		t.Fatal(err)
	}
	if err := ours.Touch("feed", old.Add(time.Hour)); err != nil {
		t.Errorf("another wrote the same: Touch: %v", err)
	}
	if _, saved, err := theirs.ReadState("feed"); err != nil || !saved.Equal(old.Add(time.Hour)) {
		t.Errorf("another wrote the same: saved = %v, %v", saved, err)
	}
	reader := cache()
	if _, _, err := reader.ReadState("feed"); err != nil {
		t.Fatal(err)
	}
	if err := reader.Touch("feed", old); err != nil {
		t.Errorf("only read: Touch: %v", err)
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte("data"))
	f.Add([]byte(magic))
	f.Add(append(encodeHeader(nil), "data"...))
	f.Add(append(encodeHeader([]byte("data")), "data"...))
	f.Fuzz(func(t *testing.T, file []byte) {
		data, err := decodeState(file)
		if err == nil && !bytes.Equal(append(encodeHeader(data), data...), file) {
			t.Errorf("%q was read as %q", file, data)
		}
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", file, err)
		}
		if data, err := decodeState(append(encodeHeader(file), file...)); err != nil || !bytes.Equal(data, file) {
			t.Errorf("%q comes back as %q, %v", file, data, err)
		}
	})
}
