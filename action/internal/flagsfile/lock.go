package flagsfile

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/promptflag/promptflag/action/internal/filelock"
)

const (
	lockWait    = 30 * time.Second
	lockPollMin = time.Millisecond
	lockPollMax = 20 * time.Millisecond
)

// lock takes the exclusive lock on a file, which it makes if need be. It belongs
// to the open file: another process, and another lock call in this one, waits
// until unlock is called or the process is gone. The file is never removed, or
// two writers could hold locks on two files of the same name.
func lock(ctx context.Context, root *os.Root, name string, wait time.Duration) (unlock func(), err error) {
	file, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for poll := lockPollMin; ; poll = min(2*poll, lockPollMax) {
		err := filelock.Try(file)
		if err == nil {
			return func() { file.Close() }, nil // closing gives it back
		}
		if !errors.Is(err, filelock.ErrBusy) {
			file.Close()
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, fmt.Errorf("another process holds %s: %w", filepath.Join(root.Name(), name), ctx.Err())
		case <-time.After(poll/2 + rand.N(poll)):
		}
	}
}
