//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filelock

import (
	"errors"
	"os"
)

// Try fails: without a lock that dies with its process there is no safe writer.
func Try(*os.File) error { return errors.ErrUnsupported }
