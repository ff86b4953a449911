package disk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// system is what a write asks of the operating system; tests make it fail.
type system struct {
	create func(root *os.Root, name string) (file, error) // a new file, 0600
	rename func(root *os.Root, from, to string) error
	busy   func(error) bool // a rename that may succeed soon
}

type file interface {
	io.Writer
	Sync() error
	Close() error
}

func realSystem() system {
	return system{
		create: func(root *os.Root, name string) (file, error) {
			return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		},
		rename: (*os.Root).Rename,
		busy:   isBusy,
	}
}

const (
	busyPause = 10 * time.Millisecond
	busyTries = 20
)

// read returns a regular file of at most limit bytes.
func read(root *os.Root, name string, limit int64) ([]byte, fs.FileInfo, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|nonBlock, 0) // a pipe of that name would block
	if err != nil {
		return nil, nil, absent(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is not a file: %w", name, fs.ErrNotExist)
	case info.Size() > limit:
		return nil, nil, fmt.Errorf("%w: %d bytes, limit %d", ErrCorrupt, info.Size(), limit)
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, nil, fmt.Errorf("%w: fewer than %d bytes", ErrCorrupt, info.Size())
	case err != nil:
		return nil, nil, err
	}
	return data, info, nil
}

// absent takes a file where a directory should be for nothing being there.
func absent(err error) error {
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	return err
}

// write replaces a file with the parts, one behind the other, or leaves it as
// it is.
func (c *Cache) write(name string, parts ...[]byte) error {
	err := c.tryWrite(name, parts)
	if errors.Is(err, fs.ErrNotExist) { // the directory was removed meanwhile
		err = c.tryWrite(name, parts)
	}
	return err
}

func (c *Cache) tryWrite(name string, parts [][]byte) error {
	root, err := c.openOrMake(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer root.Close()
	temp := tempName(name)
	f, err := c.sys.create(root, temp)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		now := c.now() // a file server may have another clock
		_ = root.Chtimes(temp, now, now)
		err = c.rename(root, temp, name)
	}
	if err != nil {
		_ = root.Remove(temp)
	}
	return err
}

// openOrMake opens the directory and makes it and dir in it when they are not
// there.
func (c *Cache) openOrMake(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(c.dir, 0o700); err != nil {
			return nil, err
		}
		root, err = os.OpenRoot(c.dir)
	}
	if err != nil {
		return nil, err
	}
	if info, err := root.Stat(dir); err == nil && info.IsDir() {
		return root, nil
	}
	if err := root.MkdirAll(dir, 0o700); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// rename replaces name. On Windows it may fail while somebody reads the old
// file, which is soon over.
func (c *Cache) rename(root *os.Root, temp, name string) error {
	err := c.sys.rename(root, temp, name)
	for i := 1; err != nil && c.sys.busy(err) && i < busyTries; i++ {
		time.Sleep(busyPause)
		err = c.sys.rename(root, temp, name)
	}
	return err
}

// tempName is a new name in the folder of name. Prune knows it.
func tempName(name string) string {
	return filepath.Join(filepath.Dir(name), tempPrefix+rand.Text())
}
