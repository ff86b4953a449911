//go:build !windows

package flagsfile

import "os"

func rename(root *os.Root, from, to string) error { return root.Rename(from, to) }
