package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
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
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	info, err = os.Stat(c.Dir())
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the directory %v, %v", info.Mode(), err)
	}
	for what, bad := range map[string]string{"other bytes": "hellO", "torn": "he", "empty": "", "longer": "hello!", "too large": strings.Repeat("x", maxBlob+1)} {
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
	if err := c.PutBlob(digest, []byte("hellO")); err == nil {
		t.Error("PutBlob of bytes that do not hash to the digest gives no error")
	}
	if err := os.Truncate(path, 2); err != nil {
		t.Fatal(err)
	}
	if err := c.PutBlob(digest, data); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Blob(digest); err != nil || !bytes.Equal(got, data) {
		t.Errorf("Blob after PutBlob onto a torn file = %q, %v", got, err)
	}
	for n, ok := range map[int]bool{maxBlob: true, maxBlob + 1: false} {
		large := make([]byte, n)
		if err := c.PutBlob(digestOf(large), large); (err == nil) != ok {
			t.Errorf("PutBlob of %d bytes: %v", n, err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), digestOf(large)[7:]), large, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Blob(digestOf(large)); (err == nil) != ok || ok && !bytes.Equal(got, large) {
			t.Errorf("Blob of %d bytes: %v", n, err)
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
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData", environment} {
		t.Setenv(name, "")
	}
	if _, err := Open("", nil); err == nil {
		t.Error("Open without any directory gives no error")
	}
	env := func(name string) string { return map[string]string{environment: "/from/option"}[name] }
	if c, err := Open("", &Options{Getenv: env}); err != nil || c.Dir() != abs(t, "/from/option") {
		t.Errorf("Open with Getenv = %v, %v", c, err)
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, abs(t, "/home/x"))
	}
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if c, err := Open("", nil); err != nil || c.Dir() != filepath.Join(base, "promptflag") {
		t.Errorf("Open = %v, %v; want promptflag in %s", c, err, base)
	}
	dir := filepath.Join(t.TempDir(), "not-there")
	t.Setenv(environment, dir)
	if c, err := Open("", nil); err != nil || c.Dir() != dir {
		t.Errorf("Open with %s = %v, %v", environment, c, err)
	}
	if c, err := Open("relative", nil); err != nil || c.Dir() != abs(t, "relative") {
		t.Errorf("Open(relative) = %v, %v", c, err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("Open makes the directory")
	}
}

func abs(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A link out of the directory is not followed, neither a folder's nor a file's.
func TestNoWayOut(t *testing.T) {
	outside, data := t.TempDir(), []byte("hello")
	digest := digestOf(data)
	secret := filepath.Join(outside, digest[7:])
	if err := os.WriteFile(secret, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, link := range map[string][2]string{
		"blobs": {blobDir, outside}, "blob": {blobDir + "/" + digest[7:], secret}, "state": {stateDir, outside},
	} {
		t.Run(what, func(t *testing.T) {
			c := open(t, &Options{MaxBytes: 1})
			path := filepath.Join(c.Dir(), filepath.FromSlash(link[0]))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(link[1], path); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Blob(digest); err == nil {
				t.Error("Blob follows a link")
			}
			_ = c.Prune(nil)
			if err := c.PutBlob(digest, data); (err == nil) != (what != "blobs") {
				t.Errorf("PutBlob: %v", err)
			}
			if err := c.WriteState("feed", data); (err == nil) != (what != "state") {
				t.Errorf("WriteState: %v", err)
			}
			if got := filesIn(t, outside); len(got) != 1 {
				t.Errorf("outside: %q, want only what was there", got)
			}
			if got, err := os.ReadFile(secret); err != nil || string(got) != "hello" {
				t.Errorf("outside: %q, %v", got, err)
			}
		})
	}
}
