//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package flagsfile

import (
	"errors"
	"os"
)

// Without a lock that dies with its process there is no safe writer.
func tryLock(*os.File) error { return errors.ErrUnsupported }

func rename(root *os.Root, from, to string) error { return root.Rename(from, to) }
