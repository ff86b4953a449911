package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/promptflag/promptflag/store"
)

// TestDirReadOnly: a directory this user may read and not write.
func TestDirReadOnly(t *testing.T) {
	dir := t.TempDir()
	b := store.New(newDir(t, dir))
	if _, _, err := b.Put(t.Context(), []byte("abc")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(dir), dir, dir + "/blobs", dir + "/blobs/sha256"} {
		if err := os.Chmod(path, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o755) })
	}
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
		checkReadOnly(t, b)
	}()
	<-done
	if got := filesIn(t, dir); len(got) != 1 {
		t.Errorf("files = %q, want only the first blob", got)
	}
}

func checkReadOnly(t *testing.T, b *store.Bucket) {
	_, _, err := b.Put(t.Context(), []byte("new"))
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "create blobs/sha256/") {
		t.Errorf("Put: error %v, want permission denied, naming the key", err)
	}
	if _, created, err := b.Put(t.Context(), []byte("abc")); created || err != nil {
		t.Errorf("Put of what is there = %v, %v; want false, nil", created, err)
	}
	if got, err := b.Get(t.Context(), abcDigest); string(got) != "abc" || err != nil {
		t.Errorf("Get = %q, %v; want abc", got, err)
	}
}

// TestDirFull: the disk takes the first part of an object and then no more. A
// limit on the size of files stands for it; the kernel reports it the same way.
func TestDirFull(t *testing.T) {
	dir := t.TempDir()
	if out, err := helper(t, "full", dir).CombinedOutput(); err != nil {
		t.Fatalf("helper: %v\n%s", err, out)
	}
	if got := filesIn(t, dir); len(got) != 0 {
		t.Errorf("files = %q, want none", got)
	}
}

func writeOnFullDisk(dir string) int {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
		fmt.Println(err)
		return 1
	}
	b, err := store.OpenDir(dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	digest, created, err := b.Put(context.Background(), bytes.Repeat([]byte("x"), 10_000))
	if digest != "" || created || !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "create blobs/sha256/") {
		fmt.Printf("Put = %q, %v, %v; want an error that names the key\n", digest, created, err)
		return 1
	}
	return 0
}
