package store_test

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/store"
)

const (
	abcDigest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of "abc"
	abcKey    = "blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
)

func TestDirLayout(t *testing.T) {
	dir := t.TempDir()
	b := store.New(newDir(t, dir))
	if _, _, err := b.Put(t.Context(), []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(abcKey))); string(got) != "abc" || err != nil {
		t.Errorf("ReadFile = %q, %v; want abc", got, err)
	}
	if got := filesIn(t, dir); len(got) != 1 {
		t.Errorf("files = %q, want only the blob", got)
	}
}

func TestDirMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not-yet")
	_, err := store.New(newDir(t, dir)).Get(t.Context(), abcDigest)
	if !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), dir+" does not exist") {
		t.Errorf("Get: error %v, want not found, naming %s", err, dir)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a read created %s", dir)
	}
}

// TestDirBelowFile: what is below a file is not there, as on every backend.
func TestDirBelowFile(t *testing.T) {
	d := newDir(t, t.TempDir())
	if err := d.Create(t.Context(), "a/b", []byte("abc"), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), "a/b/c", store.MaxBlob); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get: error %v, want %v", err, store.ErrNotFound)
	}
	for _, prefix := range []string{"a/b/", "a/b/c/d"} {
		for o, err := range d.List(t.Context(), prefix) {
			t.Errorf("List(%s) yields %v, %v, want nothing", prefix, o, err)
		}
	}
}

// TestDirNoLimit: the largest limit is one too.
func TestDirNoLimit(t *testing.T) {
	d := newDir(t, t.TempDir())
	if err := d.Create(t.Context(), "a", []byte("abc"), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Get(t.Context(), "a", math.MaxInt64); string(got) != "abc" || err != nil {
		t.Errorf("Get = %q, %v; want abc", got, err)
	}
}

// TestDirTorn: a crash of the machine, or a person, left half a file.
func TestDirTorn(t *testing.T) {
	dir := t.TempDir()
	b := store.New(newDir(t, dir))
	if _, _, err := b.Put(t.Context(), []byte("abc")); err != nil {
		t.Fatal(err)
	}
	for _, torn := range []string{"ab", "", "abcd"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(abcKey)), []byte(torn), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Get(t.Context(), abcDigest); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("Get of %q: error %v, want %v", torn, err, store.ErrCorrupt)
		}
	}
}

func TestDirLeftovers(t *testing.T) {
	dir := t.TempDir()
	d := newDir(t, dir)
	b := store.New(d)
	if _, _, err := b.Put(t.Context(), []byte("abc")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"blobs/sha256/.tmp-ABC", "blobs/sha256/.claim-ff", ".DS_Store", ".git/config", "blobs/a b", "Thumbs.db~ "} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("x"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for o, err := range d.List(t.Context(), "") {
		if err != nil || o.Key != abcKey {
			t.Errorf("List yields %q, %v; want only %s", o.Key, err, abcKey)
		}
	}
}

// TestDirEscape: a link inside the bucket does not lead out of it.
func TestDirEscape(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making symbolic links needs a privilege")
	}
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	d := newDir(t, dir)
	if got, err := d.Get(t.Context(), "blobs/secret", store.MaxBlob); err == nil {
		t.Errorf("Get through a link out of the bucket = %q", got)
	}
	if err := d.Create(t.Context(), "blobs/new", []byte("x"), store.CreateOptions{}); err == nil {
		t.Error("Create through a link out of the bucket succeeded")
	}
	if got := filesIn(t, outside); len(got) != 1 {
		t.Errorf("outside = %q, want it untouched", got)
	}
}

func TestNewDir(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", file} {
		if _, err := store.NewDir(path); err == nil {
			t.Errorf("NewDir(%q): no error", path)
		}
	}
	if err := newDir(t, file+"/below").Create(t.Context(), "a", nil, store.CreateOptions{}); err == nil {
		t.Error("Create below a file: no error")
	}
}

// TestDirStaleClaim: without hard links, a writer died between look and rename.
func TestDirStaleClaim(t *testing.T) {
	dir := t.TempDir()
	d := newDir(t, dir)
	store.WithoutLinks(d)
	claim := filepath.Join(dir, ".claim-a")
	if err := os.WriteFile(claim, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := contextWithTimeout(t)
	defer cancel()
	err := d.Create(ctx, "a", []byte("x"), store.CreateOptions{})
	if err == nil || !strings.Contains(err.Error(), claim) {
		t.Errorf("Create: error %v, want one that names %s", err, claim)
	}
	if err := os.Remove(claim); err != nil {
		t.Fatal(err)
	}
	if err := d.Create(t.Context(), "a", []byte("x"), store.CreateOptions{}); err != nil {
		t.Errorf("Create after the claim is gone: %v", err)
	}
	if got := filesIn(t, dir); len(got) != 1 {
		t.Errorf("files = %q, want only the object", got)
	}
}

// filesIn returns every file below dir, hidden ones too.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
