//go:build unix

package flagsfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// TestFullDisk: the disk takes the first part of a document and then no more. A
// limit on the size of files stands for it; the kernel reports it the same way.
func TestFullDisk(t *testing.T) {
	f := newFlag(t)
	before, err := os.ReadFile(f.Document())
	must(t, err)
	if out, err := helper(t.Context(), t, "full", f.dir, "").CombinedOutput(); err != nil {
		t.Fatalf("helper: %v\n%s", err, out)
	}
	if after, err := os.ReadFile(f.Document()); string(after) != string(before) || err != nil {
		t.Errorf("document = %s, %v; want it as it was", after, err)
	}
	if _, err := os.Stat(f.Document() + ".tmp"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the temporary file is still there")
	}
}

func writeOnFullDisk(dir, _ string) error {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
		return err
	}
	f, err := New(dir, "production", nil)
	if err != nil {
		return err
	}
	err = f.Create(context.Background(), flags.New{Name: "b", Prompt: "b", Description: strings.Repeat("x", 10_000)})
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "create flag: "+f.Describe()) {
		return fmt.Errorf("Create: %w, want one about the file", err)
	}
	return nil
}
