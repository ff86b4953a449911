// Package filelock locks open files against other processes. A lock dies with
// its process.
package filelock

import "errors"

// ErrBusy: another file handle holds the lock.
var ErrBusy = errors.New("busy")
