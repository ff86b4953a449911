package store_test

import (
	"testing"

	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/storetest"
)

func TestMem(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Backend { return store.NewMem() })
}

func TestDir(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Backend { return newDir(t, t.TempDir()) })
}

// TestDirNew: nobody created the directory.
func TestDirNew(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Backend { return newDir(t, t.TempDir()+"/new/bucket") })
}

// TestDirWithoutLinks: a file system without hard links.
func TestDirWithoutLinks(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Backend {
		d := newDir(t, t.TempDir())
		store.WithoutLinks(d)
		return d
	})
}

func newDir(t *testing.T, path string) *store.Dir {
	t.Helper()
	d, err := store.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
