package evaluate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/promptflag/promptflag/action/internal/filelock"
)

// ErrPlace is in the error of a run whose folder of results cannot be used.
// Nobody was asked then.
var ErrPlace = errors.New("no place for the results")

// lockFile is never removed, or two processes could hold locks on two files of
// the same name.
const lockFile = ".lock"

// hold makes the folder of results and keeps other processes out of it until
// Close: two runs would write over each other's answers.
func (r *Runner) hold() error {
	if r.lock != nil {
		return nil
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return fmt.Errorf("%w: %w", ErrPlace, err)
	}
	f, err := os.OpenFile(filepath.Join(r.Dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPlace, err)
	}
	switch err := filelock.Try(f); {
	case errors.Is(err, filelock.ErrBusy):
		f.Close()
		return fmt.Errorf("%w: another promptflag is evaluating into %s: wait until it is done", ErrPlace, r.Dir)
	case err != nil && !errors.Is(err, errors.ErrUnsupported):
		f.Close()
		return fmt.Errorf("%w: lock %s: %w", ErrPlace, f.Name(), err)
	}
	r.lock = f
	return nil
}

// Close ends connections and lets others use the folder of results.
func (r *Runner) Close() {
	r.Answers.Close()
	if r.lock != nil {
		r.lock.Close()
		r.lock = nil
	}
}
