//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package flagsfile

import (
	"errors"
	"os"
	"syscall"
)

func tryLock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errBusy
		}
		return err
	}
}

func rename(root *os.Root, from, to string) error { return root.Rename(from, to) }
