package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Names that List hides; a crash may leave them behind.
const (
	tempPrefix  = ".tmp-"
	claimPrefix = ".claim-"
)

// Create implements [Backend]. The bytes are on the disk when it returns nil.
func (d *Dir) Create(ctx context.Context, key string, data []byte, _ CreateOptions) error {
	if err := ready(ctx, key); err != nil {
		return fmt.Errorf("create %w", err)
	}
	if err := d.create(ctx, filepath.FromSlash(key), data); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	return nil
}

func (d *Dir) create(ctx context.Context, name string, data []byte) error {
	root, err := d.openOrMake()
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := root.Lstat(name); err == nil {
		return ErrExists // saves the write; the link below decides
	}
	dir, base := filepath.Split(name)
	if err := makeDirs(root, filepath.Clean(dir)); err != nil {
		return err
	}
	temp := filepath.Join(dir, tempPrefix+rand.Text())
	if err := writeSynced(root, temp, data); err != nil {
		return err
	}
	defer root.Remove(temp)

	err = d.link(root, temp, name)
	if linkUnsupported(err) {
		err = renameClaimed(ctx, root, temp, name, filepath.Join(dir, claimPrefix+base))
	}
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return err
	}
	return syncDir(root, filepath.Clean(dir))
}

// openOrMake opens the directory of the bucket, which the first Create makes.
func (d *Dir) openOrMake() (*os.Root, error) {
	root, err := os.OpenRoot(d.path)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if err := os.MkdirAll(d.path, 0o755); err != nil {
		return nil, err
	}
	if parent, err := os.OpenRoot(filepath.Dir(d.path)); err == nil {
		_ = syncDir(parent, ".") // best effort: what lies above belongs to others
		parent.Close()
	}
	return os.OpenRoot(d.path)
}

// makeDirs creates dir and syncs every directory that got a new entry.
func makeDirs(root *os.Root, dir string) error {
	if info, err := root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for dir != "." {
		dir = filepath.Dir(dir)
		if err := syncDir(root, dir); err != nil {
			return err
		}
	}
	return nil
}

// writeSynced writes a new file to the disk, or leaves none.
func writeSynced(root *os.Root, name string, data []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		root.Remove(name)
	}
	return err
}

// syncDir makes new entries of dir durable. Windows has no such call, and some
// network file systems refuse it.
func syncDir(root *os.Root, dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// linkUnsupported: the file system has no hard links (FAT, SMB shares, some
// FUSE mounts; Linux says EPERM). A permission that is really missing fails
// again in renameClaimed, with a better message.
func linkUnsupported(err error) bool {
	return err != nil && !errors.Is(err, fs.ErrExist) &&
		(errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) || runtime.GOOS == "windows")
}

const (
	claimPoll    = 5 * time.Millisecond
	claimTimeout = 10 * time.Second
)

// renameClaimed renames temp to name if name is free. The file claim, created
// exclusively, lets one writer at a time look and rename. A writer that is
// killed between the two leaves the claim, and the error then says so.
func renameClaimed(ctx context.Context, root *os.Root, temp, name, claim string) error {
	if err := takeClaim(ctx, root, claim); err != nil {
		return err
	}
	defer root.Remove(claim)
	_, err := root.Lstat(name)
	if err == nil {
		return ErrExists
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return root.Rename(temp, name)
}

func takeClaim(ctx context.Context, root *os.Root, claim string) error {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	for {
		f, err := root.OpenFile(claim, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			return f.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("another writer holds %s; if none runs, delete that file: %w", filepath.Join(root.Name(), claim), ctx.Err())
		case <-time.After(claimPoll):
		}
	}
}
