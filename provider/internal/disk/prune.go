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
// even when there is too much of these. What keep names is in use: that is noted
// too, so that another process that shares the directory does not take it for
// forgotten. It also removes what writers that crashed an hour ago or earlier
// left behind, and states that were not touched for 90 days. Files of other
// names stay. keep is called once per
// blob, from this goroutine; nil keeps nothing. Prune goes on after an error and
// returns all.
func (c *Cache) Prune(keep func(digest string) bool) error {
	return c.tidy("prune", func(root *os.Root) error {
		blobs, err1 := c.sweep(root, blobDir)
		states, err2 := c.sweep(root, stateDir)
		return errors.Join(err1, err2, c.forget(root, states), c.shrink(root, blobs, keep))
	})
}

// Clean removes only what writers that crashed an hour ago or earlier left behind:
// a process may not live until its first Prune.
func (c *Cache) Clean() error {
	return c.tidy("clean", func(root *os.Root) error {
		_, err1 := c.sweep(root, blobDir)
		_, err2 := c.sweep(root, stateDir)
		return errors.Join(err1, err2)
	})
}

// tidy does something to the directory if there is one.
func (c *Cache) tidy(what string, do func(*os.Root) error) error {
	root, err := os.OpenRoot(c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s cache: %w", what, err)
	}
	defer root.Close()
	if err := do(root); err != nil {
		return fmt.Errorf("%s cache: %w", what, err)
	}
	return nil
}

// forget removes states that nobody has written or touched for a long time:
// those of servers and tokens that are used no more.
func (c *Cache) forget(root *os.Root, states []fs.FileInfo) error {
	var errs []error
	for _, f := range states {
		if c.now().Sub(f.ModTime()) > staleState {
			if err := root.Remove(path.Join(stateDir, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func (c *Cache) shrink(root *os.Root, blobs []fs.FileInfo, keep func(digest string) bool) error {
	var total int64
	var free []fs.FileInfo
	for _, f := range blobs {
		switch {
		case !isHash(f.Name()):
			continue
		case keep != nil && keep("sha256:"+f.Name()):
			c.renew(root, path.Join(blobDir, f.Name()), f)
		default:
			free = append(free, f)
		}
		total += f.Size()
	}
	slices.SortFunc(free, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	var errs []error
	for _, f := range free {
		if total <= c.max {
			break
		}
		if err := root.Remove(path.Join(blobDir, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		total -= f.Size()
	}
	return errors.Join(errs...)
}

// sweep returns the files in dir without the temporary ones; old ones of these
// are removed.
func (c *Cache) sweep(root *os.Root, dir string) (files []fs.FileInfo, err error) {
	entries, err := fs.ReadDir(root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var errs []error
	if err != nil {
		errs = append(errs, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it went away, or is none of ours
		}
		if !strings.HasPrefix(e.Name(), tempPrefix) {
			files = append(files, info)
			continue
		}
		if c.now().Sub(info.ModTime()) > staleTemp {
			err := root.Remove(path.Join(dir, e.Name()))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return files, errors.Join(errs...)
}
