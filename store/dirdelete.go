package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Delete implements [Deleter]. Directories that become empty stay: another
// writer may be about to use them.
func (d *Dir) Delete(ctx context.Context, key string) error {
	if err := ready(ctx, key); err != nil {
		return fmt.Errorf("delete %w", err)
	}
	if err := d.delete(filepath.FromSlash(key)); err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

func (d *Dir) delete(name string) error {
	root, err := os.OpenRoot(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Lstat(name)
	switch {
	case absent(err):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a directory")
	}
	if err := root.Remove(name); err != nil && !absent(err) {
		return err
	}
	return nil
}
