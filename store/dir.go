package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Dir is a Backend on a directory: an object is a file, its key the path. See
// the package comment for what it promises after a crash. Several processes may
// use one directory at the same time. Nothing is held open between calls.
//
// In a file system a name is a file or a directory, so a key and a longer key
// below it ("a" and "a/b") cannot both exist.
type Dir struct {
	path string
	link func(root *os.Root, from, to string) error // (*os.Root).Link; tests replace it
}

var _ Backend = (*Dir)(nil)

// NewDir returns the backend on a directory, which need not exist: until the
// first Create makes it, it is empty. A relative path is resolved now.
func NewDir(path string) (*Dir, error) {
	if path == "" {
		return nil, errors.New("directory: empty path")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("directory %s: %w", path, err)
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("directory %s: it is a file", abs)
	}
	return &Dir{path: abs, link: (*os.Root).Link}, nil
}

// Get implements [Backend].
func (d *Dir) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := ready(ctx, key); err != nil {
		return nil, fmt.Errorf("get %w", err)
	}
	data, err := d.read(key, limit)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	return data, nil
}

func (d *Dir) read(key string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("directory %s does not exist: %w", d.path, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(key))
	if absent(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a file: %w", ErrNotFound)
	}
	return readLimited(f, info.Size(), limit)
}

// absent: there is nothing of that name, or a file where a directory would be.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// readLimited reads all of r, which says it has size bytes; it does not have to
// be true.
func readLimited(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("%d bytes, limit %d: %w", size, limit, ErrTooLarge)
	}
	data, err := io.ReadAll(io.LimitReader(r, min(limit, math.MaxInt64-1)+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	return data, nil
}

// List implements [Backend]. Files and directories whose names start with a dot
// are not objects and are left out. Objects created meanwhile may be missing.
func (d *Dir) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := d.list(ctx, prefix, yield); err != nil && !errors.Is(err, errStop) {
			yield(Object{}, fmt.Errorf("list %s: %w", prefix, err))
		}
	}
}

var errStop = errors.New("the caller has enough")

func (d *Dir) list(ctx context.Context, prefix string, yield func(Object, error) bool) error {
	if err := ValidPrefix(prefix); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	root, err := os.OpenRoot(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	dir, _ := cutLast(prefix)
	return walk(ctx, root.FS(), dir, prefix, yield)
}

// walk yields the objects below dir ("" is the top) in the byte order of keys.
func walk(ctx context.Context, fsys fs.FS, dir, prefix string, yield func(Object, error) bool) error {
	names, err := sortedNames(fsys, dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		key := name
		if dir != "" {
			key = dir + "/" + name
		}
		switch {
		case strings.HasSuffix(key, "/"):
			if strings.HasPrefix(key, prefix) || strings.HasPrefix(prefix, key) {
				err = walk(ctx, fsys, strings.TrimSuffix(key, "/"), prefix, yield)
			}
		case strings.HasPrefix(key, prefix):
			err = yieldFile(fsys, key, yield)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sortedNames returns what is in dir, directories with a slash behind their
// names: so "a-b" sorts before "a/", as the keys below "a/" do.
func sortedNames(fsys fs.FS, dir string) ([]string, error) {
	if dir == "" {
		dir = "."
	}
	entries, err := fs.ReadDir(fsys, dir)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		switch {
		case validSegment(e.Name()) != nil: // temporary files, and what people put there
		case e.IsDir():
			names = append(names, e.Name()+"/")
		default:
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

func yieldFile(fsys fs.FS, key string, yield func(Object, error) bool) error {
	info, err := fs.Stat(fsys, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // went away meanwhile
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && !yield(Object{Key: key, Size: info.Size(), ModTime: info.ModTime()}, nil) {
		return errStop
	}
	return nil
}

// Close implements [Backend]; there is nothing to release.
func (d *Dir) Close() error { return nil }
