package flagsfile

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestReadOnly: a directory that this user may read and not write.
func TestReadOnly(t *testing.T) {
	f := newFlag(t)
	for path, mode := range map[string]os.FileMode{f.Document() + ".lock": 0o444, f.dir: 0o555, f.dir + "/..": 0o755} {
		must(t, os.Chmod(path, mode))
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
		err := f.Switch(t.Context(), flag, true)
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "switch flag: "+f.Describe()) {
			t.Errorf("Switch: error %v, want permission denied, naming the file", err)
		}
		if _, err := f.Read(t.Context(), flag); err != nil {
			t.Errorf("Read: %v", err)
		}
	}()
	<-done
}
