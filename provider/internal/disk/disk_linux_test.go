package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// asNobody runs f as a user who is not root, to whom modes mean something.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { // its thread ends with it: the changed user is not given back
		defer close(done)
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			if err := syscall.Setfsuid(65534); err != nil {
				t.Error(err)
				return
			}
		}
		f()
	}()
	<-done
}

func chmod(t *testing.T, mode fs.FileMode, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o755) })
	}
}

// A directory this user may read and not write: what is there is used.
func TestReadOnly(t *testing.T) {
	old := time.Now().Add(-2 * renewAfter)
	c := open(t, &Options{MaxBytes: 1, Now: func() time.Time { return old }})
	good, bad := []byte("hello"), []byte("other")
	if err := errors.Join(c.PutBlob(digestOf(good), good), c.PutBlob(digestOf(bad), bad), c.WriteState("feed", good)); err != nil {
		t.Fatal(err)
	}
	files := filesIn(t, c.Dir())
	chmod(t, 0o444, files...)
	path := filepath.Join(c.Dir(), filepath.FromSlash(blobDir), digestOf(bad)[7:])
	chmod(t, 0o644, path)
	if err := os.WriteFile(path, []byte("damaged"), 0); err != nil {
		t.Fatal(err)
	}
	chmod(t, 0o555, filepath.Dir(filepath.Dir(c.Dir())), filepath.Dir(c.Dir()), c.Dir(),
		filepath.Join(c.Dir(), "blobs"), filepath.Join(c.Dir(), "blobs", "sha256"), filepath.Join(c.Dir(), "state"))
	c.now = time.Now
	asNobody(t, func() { checkReadOnly(t, c, good, bad) })
	if got := filesIn(t, c.Dir()); len(got) != len(files) {
		t.Errorf("files = %q, want %q", got, files)
	}
}

func checkReadOnly(t *testing.T, c *Cache, good, bad []byte) {
	if got, err := c.Blob(digestOf(good)); err != nil || !bytes.Equal(got, good) {
		t.Errorf("Blob = %q, %v", got, err)
	}
	if _, err := c.Blob(digestOf(bad)); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, ErrCorrupt) {
		t.Errorf("Blob of other bytes: %v", err)
	}
	if err := c.PutBlob(digestOf(good), good); err != nil {
		t.Errorf("PutBlob of what is there: %v", err)
	}
	if got, _, err := c.ReadState("feed"); err != nil || !bytes.Equal(got, good) {
		t.Errorf("ReadState = %q, %v", got, err)
	}
	for what, err := range map[string]error{
		"PutBlob":    c.PutBlob(digestOf([]byte("new")), []byte("new")),
		"Touch":      c.Touch("feed", time.Now()),
		"WriteState": c.WriteState("feed", []byte("new")),
		"Prune":      c.Prune(nil),
	} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v, want permission denied", what, err)
		}
	}
}

// A directory this user may not even look into.
func TestNoAccess(t *testing.T) {
	c := open(t, nil)
	if err := c.WriteState("feed", []byte("x")); err != nil {
		t.Fatal(err)
	}
	chmod(t, 0o755, filepath.Dir(filepath.Dir(c.Dir())), filepath.Dir(c.Dir()))
	chmod(t, 0, c.Dir())
	asNobody(t, func() {
		_, blobErr := c.Blob(digestOf(nil))
		_, _, stateErr := c.ReadState("feed")
		for what, err := range map[string]error{
			"Blob": blobErr, "PutBlob": c.PutBlob(digestOf(nil), nil), "ReadState": stateErr,
			"WriteState": c.WriteState("feed", nil), "Touch": c.Touch("feed", time.Now()), "Prune": c.Prune(nil),
		} {
			if !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s: %v, want permission denied", what, err)
			}
		}
	})
}

// The disk takes the first part of a file and then no more. A limit on the size
// of files stands for it; the kernel reports it the same way.
func TestFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	if out, err := helper(t, "full", dir).CombinedOutput(); err != nil {
		t.Fatalf("helper: %v\n%s", err, out)
	}
	if got := filesIn(t, dir); len(got) != 1 {
		t.Errorf("files = %q, want only the state that fitted", got)
	}
}

func writeOnFullDisk(c *Cache) error {
	if err := c.WriteState("feed", []byte("old")); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
		return err
	}
	data := make([]byte, 10_000)
	if err := c.PutBlob(digestOf(data), data); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("PutBlob: %v, want %v", err, syscall.EFBIG)
	}
	if err := c.WriteState("feed", data); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("WriteState: %v, want %v", err, syscall.EFBIG)
	}
	if got, _, err := c.ReadState("feed"); err != nil || string(got) != "old" {
		return fmt.Errorf("ReadState = %q, %v", got, err)
	}
	return nil
}

// A pipe in the place of a file is nothing, and is not waited for.
func TestPipe(t *testing.T) {
	c := open(t, nil)
	if err := errors.Join(c.WriteState("feed", nil), c.PutBlob(digestOf(nil), nil)); err != nil {
		t.Fatal(err)
	}
	for _, path := range filesIn(t, c.Dir()) {
		if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Blob(digestOf(nil)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Blob: %v", err)
	}
	if _, _, err := c.ReadState("feed"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadState: %v", err)
	}
	if err := c.Touch("feed", time.Now()); err == nil {
		t.Error("Touch gives no error")
	}
	if err := errors.Join(c.WriteState("feed", nil), c.PutBlob(digestOf(nil), nil)); err != nil {
		t.Error(err)
	}
	if _, err := c.Blob(digestOf(nil)); err != nil {
		t.Errorf("Blob after PutBlob: %v", err)
	}
}
