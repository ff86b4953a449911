package disk

import (
	"errors"
	"syscall"
)

// nonBlock: pipes are not files here.
const nonBlock = 0

// errSharing is ERROR_SHARING_VIOLATION.
const errSharing = syscall.Errno(32)

// isBusy: somebody has the file open.
func isBusy(err error) bool {
	return errors.Is(err, errSharing) || errors.Is(err, syscall.ERROR_ACCESS_DENIED)
}
