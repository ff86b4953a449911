package disk

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// faulty is a file on which one operation fails.
type faulty struct {
	file
	op  string
	err error
}

func (f faulty) Write(data []byte) (int, error) {
	if f.op != "write" {
		return f.file.Write(data)
	}
	n, _ := f.file.Write(data[:len(data)/2])
	return n, f.err
}

func (f faulty) Sync() error {
	if f.op == "sync" {
		return f.err
	}
	return f.file.Sync()
}

func (f faulty) Close() error {
	err := f.file.Close()
	if f.op == "close" {
		return f.err
	}
	return err
}

// withFault makes one operation of every write fail.
func withFault(op string, fault error) system {
	usual := realSystem()
	sys := usual
	sys.create = func(root *os.Root, name string) (file, error) {
		if op == "create" {
			return nil, fault
		}
		f, err := usual.create(root, name)
		return faulty{f, op, fault}, err
	}
	if op == "rename" {
		sys.rename = func(*os.Root, string, string) error { return fault }
	}
	return sys
}

// A write that fails says why and leaves what was there, and nothing else.
func TestWriteFails(t *testing.T) {
	for op, fault := range map[string]error{
		"create": syscall.EROFS, "write": syscall.ENOSPC, "sync": syscall.EIO, "close": syscall.EDQUOT, "rename": syscall.EACCES,
	} {
		t.Run(op, func(t *testing.T) {
			c := open(t, nil)
			old, data := []byte("old state"), []byte("new state")
			if err := c.WriteState("feed", old); err != nil {
				t.Fatal(err)
			}
			c.sys = withFault(op, fault)
			if err := c.WriteState("feed", data); !errors.Is(err, fault) {
				t.Errorf("WriteState: %v, want %v", err, fault)
			}
			if err := c.PutBlob(digestOf(data), data); !errors.Is(err, fault) {
				t.Errorf("PutBlob: %v, want %v", err, fault)
			}
			if got, _, err := c.ReadState("feed"); err != nil || !bytes.Equal(got, old) {
				t.Errorf("ReadState = %q, %v", got, err)
			}
			if got := filesIn(t, c.Dir()); len(got) != 1 {
				t.Errorf("files = %q, want only the state", got)
			}
			c.sys = realSystem()
			if err := c.PutBlob(digestOf(data), data); err != nil {
				t.Errorf("PutBlob after the fault: %v", err)
			}
		})
	}
}

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Windows refuses to replace a file that is being read.
func TestRenameBusy(t *testing.T) {
	errBusy := errors.New("busy")
	for name, c := range map[string]struct {
		failures int
		ok       bool
	}{"for a moment": {busyTries - 1, true}, "for ever": {busyTries, false}} {
		t.Run(name, func(t *testing.T) {
			cache, renames := open(t, nil), 0
			cache.sys.busy = func(err error) bool { return errors.Is(err, errBusy) }
			cache.sys.rename = func(root *os.Root, from, to string) error {
				if renames++; renames <= c.failures {
					return errBusy
				}
				return root.Rename(from, to)
			}
			if err := cache.WriteState("feed", []byte("x")); (err == nil) != c.ok {
				t.Errorf("WriteState: %v, want success = %t", err, c.ok)
			}
			if renames != busyTries {
				t.Errorf("%d renames, want %d", renames, busyTries)
			}
		})
	}
}

// Two processes put the same blob: who comes second may not replace it, and
// need not.
func TestPutBlobSecond(t *testing.T) {
	c, data := open(t, nil), []byte("hello")
	c.sys.rename = func(root *os.Root, from, to string) error {
		if err := root.WriteFile(to, data, 0o600); err != nil {
			return err
		}
		return syscall.EACCES
	}
	if err := c.PutBlob(digestOf(data), data); err != nil {
		t.Errorf("PutBlob: %v", err)
	}
	if got := filesIn(t, c.Dir()); len(got) != 1 {
		t.Errorf("files = %q, want only the blob", got)
	}
}

// A damaged blob is replaced by another process while it is taken away here:
// the good one stays.
func TestDiscardReplaced(t *testing.T) {
	c, data := open(t, nil), []byte("hello")
	name, err := blobName(digestOf(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.write(name, []byte("hellO")); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	c.sys.rename = func(root *os.Root, from, to string) error {
		once.Do(func() {
			another, err := Open(c.Dir(), nil)
			if err == nil {
				err = another.write(name, data)
			}
			if err != nil {
				t.Error(err)
			}
		})
		return root.Rename(from, to)
	}
	if _, err := c.Blob(digestOf(data)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Blob of other bytes: %v", err)
	}
	if got, err := c.Blob(digestOf(data)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("Blob of what came meanwhile = %q, %v", got, err)
	}
	if got := filesIn(t, c.Dir()); len(got) != 1 {
		t.Errorf("files = %q, want only the blob", got)
	}
}

// The directory is removed between calls, and in the middle of one.
func TestDirectoryRemoved(t *testing.T) {
	c, data := open(t, nil), []byte("hello")
	check := func(what string) {
		t.Helper()
		if err := c.PutBlob(digestOf(data), data); err != nil {
			t.Errorf("%s: PutBlob: %v", what, err)
		}
		if got, err := c.Blob(digestOf(data)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: Blob = %q, %v", what, got, err)
		}
	}
	check("new")
	if err := os.RemoveAll(c.Dir()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Blob(digestOf(data)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Blob after the directory went: %v", err)
	}
	check("removed")
	if runtime.GOOS == "windows" {
		return // nobody removes a directory that is open
	}
	if err := os.RemoveAll(c.Dir()); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	c.sys.create = func(root *os.Root, name string) (file, error) {
		once.Do(func() {
			if err := os.RemoveAll(c.Dir()); err != nil {
				t.Error(err)
			}
		})
		return realSystem().create(root, name)
	}
	check("removed in a write")
}
