package store

import (
	"os"
	"syscall"
)

// WithoutLinks makes d behave as on a file system without hard links.
func WithoutLinks(d *Dir) {
	d.link = func(_ *os.Root, from, to string) error {
		return &os.LinkError{Op: "linkat", Old: from, New: to, Err: syscall.EPERM}
	}
}
