package flagsfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// maxDocument is the limit of a document in bytes, reading and writing.
const maxDocument = 32 << 20

func readLimited(root *os.Root, name string) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkSize(info.Size()); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	buf.Grow(int(info.Size()) + bytes.MinRead) // all of it and the end, in one piece
	if _, err := buf.ReadFrom(io.LimitReader(file, maxDocument+1)); err != nil {
		return nil, err
	}
	return buf.Bytes(), checkSize(int64(buf.Len()))
}

func checkSize(n int64) error {
	if n > maxDocument {
		return fmt.Errorf("the document is above %d MiB", maxDocument>>20)
	}
	return nil
}

// replace puts data in the place of a file. Whoever opens it sees the old or the
// new bytes, also after a crash. The caller holds the lock: one temporary name
// is enough, and what a crash left behind is removed here.
func replace(root *os.Root, name string, data []byte) error {
	if err := checkSize(int64(len(data))); err != nil {
		return err
	}
	temp := name + ".tmp"
	if err := root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	mode := fs.FileMode(0o644)
	if info, err := root.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	if err := writeSynced(root, temp, data, mode); err != nil {
		return err
	}
	if err := rename(root, temp, name); err != nil {
		root.Remove(temp)
		return err
	}
	return syncDir(root)
}

// writeSynced writes a new file to the disk, or leaves none.
func writeSynced(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		root.Remove(name)
	}
	return err
}

// syncDir makes the rename durable. Windows has no such call, and some network
// file systems refuse it.
func syncDir(root *os.Root) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
