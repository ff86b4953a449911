//go:build !windows

package disk

import (
	"errors"
	"syscall"
)

func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// isBusy: a rename goes through whoever has the file open.
func isBusy(error) bool { return false }
