package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func open(t testing.TB, o *Options) *Cache {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "cache"), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBlob(t *testing.T) {
	c := open(t, nil)
	data := []byte("hello")
	digest := digestOf(data)
	if _, err := c.Blob(digest); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Blob of nothing: %v", err)
	}
	for range 2 {
		if err := c.PutBlob(digest, data); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := c.Blob(digest); err != nil || !bytes.Equal(got, data) {
		t.Errorf("Blob = %q, %v", got, err)
	}
	path := filepath.Join(c.Dir(), filepath.FromSlash(blobDir), digest[7:])
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(c.Dir()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the directory %v, %v", info.Mode(), err)
	}
	for what, bad := range map[string]string{"other bytes": "hellO", "torn": "he", "empty": "", "longer": "hello!"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Blob(digest); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the file is still there", what)
		}
		if err := c.PutBlob(digest, data); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Blob(digest); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: Blob after another PutBlob = %q, %v", what, got, err)
		}
	}
	for _, bad := range []string{"", "sha256:", "sha256:../../etc/passwd", digest + "0", "md5:" + digest[7:]} {
		if _, err := c.Blob(bad); err == nil {
			t.Errorf("Blob(%q) gives no error", bad)
		}
		if err := c.PutBlob(bad, data); err == nil {
			t.Errorf("PutBlob(%q) gives no error", bad)
		}
	}
}

func TestState(t *testing.T) {
	c := open(t, nil)
	if _, _, err := c.ReadState("feed"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadState of nothing: %v", err)
	}
	if err := c.Touch("feed", time.Now()); err != nil {
		t.Errorf("Touch of nothing: %v", err)
	}
	for _, data := range []string{"first", "", "second\nline"} {
		if err := c.WriteState("feed", []byte(data)); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-time.Hour).Truncate(time.Second)
		if err := c.Touch("feed", at); err != nil {
			t.Fatal(err)
		}
		if got, saved, err := c.ReadState("feed"); err != nil || string(got) != data || !saved.Equal(at) {
			t.Errorf("ReadState = %q, %v, %v", got, saved, err)
		}
	}
	path := filepath.Join(c.Dir(), stateDir, "feed")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadState("feed"); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("bit %d flipped: %v", i, err)
		}
	}
	for n := range len(good) {
		if _, err := decodeState(good[:n]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d of %d bytes: %v", n, len(good), err)
		}
	}
	for _, name := range []string{"", "../x", "a/b", "A", ".tmp-x"} {
		if err := c.WriteState(name, nil); err == nil {
			t.Errorf("WriteState(%q) gives no error", name)
		}
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte("data"))
	f.Add(append(encodeHeader([]byte("data")), "data"...))
	f.Fuzz(func(t *testing.T, file []byte) {
		data, err := decodeState(file)
		if err == nil && !bytes.Equal(append(encodeHeader(data), data...), file) {
			t.Errorf("%q was read as %q", file, data)
		}
		if data, err := decodeState(append(encodeHeader(file), file...)); err != nil || !bytes.Equal(data, file) {
			t.Errorf("%q comes back as %q, %v", file, data, err)
		}
	})
}

func TestPrune(t *testing.T) {
	now := time.Now()
	c := open(t, &Options{MaxBytes: 250, Now: func() time.Time { return now }})
	if err := c.Prune(nil); err != nil {
		t.Errorf("Prune of nothing: %v", err)
	}
	var digests []string
	for i := range 5 {
		data := bytes.Repeat([]byte{byte('a' + i)}, 100)
		digests = append(digests, digestOf(data))
		if err := c.PutBlob(digests[i], data); err != nil {
			t.Fatal(err)
		}
		old := now.Add(-time.Duration(10-i) * time.Hour)
		if err := os.Chtimes(filepath.Join(c.Dir(), filepath.FromSlash(blobDir), digests[i][7:]), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Blob(digests[1]); err != nil { // used: the newest now
		t.Fatal(err)
	}
	temps := map[string]time.Duration{".tmp-old": 2 * time.Hour, ".tmp-new": time.Minute}
	for name, age := range temps {
		path := filepath.Join(c.Dir(), filepath.FromSlash(blobDir), name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Prune(func(digest string) bool { return digest == digests[0] }); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, digest := range digests {
		if _, err := c.Blob(digest); err == nil {
			left = append(left, digest)
		}
	}
	if want := []string{digests[0], digests[1]}; fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("left %v, want the one that is kept and the one used last %v", left, want)
	}
	for name, want := range map[string]bool{".tmp-old": false, ".tmp-new": true} {
		if _, err := os.Stat(filepath.Join(c.Dir(), filepath.FromSlash(blobDir), name)); (err == nil) != want {
			t.Errorf("%s: %v, want there = %t", name, err, want)
		}
	}
}

// A directory that cannot be is an error at each call, and nothing worse.
func TestNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		c, err := Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		digest := digestOf(nil)
		if _, err := c.Blob(digest); err == nil {
			t.Errorf("%s: Blob gives no error", dir)
		}
		if err := c.PutBlob(digest, nil); err == nil {
			t.Errorf("%s: PutBlob gives no error", dir)
		}
		if err := c.WriteState("x", nil); err == nil {
			t.Errorf("%s: WriteState gives no error", dir)
		}
		if err := c.Prune(func(string) bool { return false }); err == nil {
			t.Errorf("%s: Prune gives no error", dir)
		}
	}
}

func TestOpenWhere(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("LocalAppData", "")
	t.Setenv(environment, "")
	if _, err := Open("", nil); err == nil {
		t.Error("Open without any directory gives no error")
	}
	dir := t.TempDir()
	t.Setenv(environment, dir)
	if c, err := Open("", nil); err != nil || c.Dir() != dir {
		t.Errorf("Open = %v, %v", c, err)
	}
}

// A link out of the directory is not followed.
func TestNoWayOut(t *testing.T) {
	outside := t.TempDir()
	data := []byte("hello")
	if err := os.WriteFile(filepath.Join(outside, digestOf(data)[7:]), data, 0o600); err != nil {
		t.Fatal(err)
	}
	c := open(t, nil)
	if err := os.MkdirAll(filepath.Join(c.Dir(), "blobs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(c.Dir(), filepath.FromSlash(blobDir))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Blob(digestOf(data)); err == nil {
		t.Error("Blob follows a link")
	}
}

func BenchmarkBlob(b *testing.B) {
	c := open(b, nil)
	data := bytes.Repeat([]byte("x"), 4096)
	digest := digestOf(data)
	if err := c.PutBlob(digest, data); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Blob(digest); err != nil {
			b.Fatal(err)
		}
	}
}
