package disk

import (
	"errors"
	"syscall"
)

// errSharing is ERROR_SHARING_VIOLATION.
const errSharing = syscall.Errno(32)

func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// isBusy: somebody has the file open.
func isBusy(err error) bool {
	return errors.Is(err, errSharing) || errors.Is(err, syscall.ERROR_ACCESS_DENIED)
}
