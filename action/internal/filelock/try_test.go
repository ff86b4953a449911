package filelock_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/promptflag/promptflag/action/internal/filelock"
)

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	a, b := open(), open()
	if err := filelock.Try(a); err != nil {
		t.Fatal(err)
	}
	if err := filelock.Try(b); !errors.Is(err, filelock.ErrBusy) {
		t.Errorf("the second lock: %v", err)
	}
	a.Close()
	if err := filelock.Try(b); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
}
