package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Prune removes blobs, those that were not used for the longest time first,
// until the rest has at most Options.MaxBytes; never one that keep names, not
// even when there is too much of these. It also removes what writers that
// crashed an hour ago or earlier left behind.
func (c *Cache) Prune(keep func(digest string) bool) error {
	root, err := os.OpenRoot(c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("prune cache: %w", err)
	}
	defer root.Close()
	var errs []error
	files, total := c.sweep(root, blobDir, &errs)
	c.sweep(root, stateDir, &errs)
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range files {
		if total <= c.max {
			break
		}
		if keep("sha256:" + f.Name()) {
			continue
		}
		if err := root.Remove(path.Join(blobDir, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		total -= f.Size()
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("prune cache: %w", err)
	}
	return nil
}

// sweep returns the files in dir and what they weigh, without the temporary
// ones; old ones of these are removed.
func (c *Cache) sweep(root *os.Root, dir string, errs *[]error) (files []fs.FileInfo, total int64) {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			*errs = append(*errs, err)
		}
		return nil, 0
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it went away, or is none of ours
		}
		if strings.HasPrefix(e.Name(), tempPrefix) {
			if c.now().Sub(info.ModTime()) > staleTemp {
				_ = root.Remove(path.Join(dir, e.Name()))
			}
			continue
		}
		files = append(files, info)
		total += info.Size()
	}
	return files, total
}
