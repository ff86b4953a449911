package llm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Records keep recorded responses under their keys, 64 hex digits. They may be
// used by several goroutines and processes.
type Records interface {
	// Get returns the record; an error that is fs.ErrNotExist when there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put keeps a record, whole or not at all. One that is there already stays,
	// which is no error, unless replace is true.
	Put(ctx context.Context, key string, data []byte, replace bool) error
}

// Dir keeps records in a directory, as ab/abcdef….json. Nothing is held open
// between calls.
type Dir struct {
	path string
	// Tests replace these.
	write func(f *os.File, data []byte) error
	link  func(root *os.Root, from, to string) error
}

var _ Records = (*Dir)(nil)

// OpenDir returns the records in a directory, which need not exist: the first
// Put makes it. Links inside that lead out of it are not followed.
func OpenDir(path string) (*Dir, error) {
	if path == "" {
		return nil, errors.New("records: empty path")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("records in %s: %w", path, err)
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("records in %s: it is a file", path)
	}
	return &Dir{path: abs, write: writeSynced, link: (*os.Root).Link}, nil
}

// validKey keeps out what is not the name of a record, and names that some system would read otherwise.
func validKey(key string) error {
	if len(key) != 64 || strings.Trim(key, "0123456789abcdef") != "" {
		return errors.New("key of a record: want 64 hex digits")
	}
	return nil
}

func fileOf(key string) (dir, file string) { return key[:2], filepath.Join(key[:2], key+".json") }

// Get implements Records.
func (d *Dir) Get(ctx context.Context, key string) ([]byte, error) {
	if err := errors.Join(ctx.Err(), validKey(key)); err != nil {
		return nil, err
	}
	data, err := d.read(key)
	if err != nil {
		return nil, fmt.Errorf("read record %s: %w", key, err)
	}
	return data, nil
}

func (d *Dir) read(key string) ([]byte, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	_, name := fileOf(key)
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() { // a pipe would block
		if err == nil {
			err = errors.New("it is not a file")
		}
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	if err == nil && len(data) > maxRecord {
		err = fmt.Errorf("it is larger than %d bytes", maxRecord)
	}
	return data, err
}

// Put implements Records. The bytes are on the disk when it returns nil.
func (d *Dir) Put(ctx context.Context, key string, data []byte, replace bool) error {
	if err := errors.Join(ctx.Err(), validKey(key)); err != nil {
		return err
	}
	if err := d.put(key, data, replace); err != nil {
		return fmt.Errorf("write record %s: %w", key, err)
	}
	return nil
}

func (d *Dir) put(key string, data []byte, replace bool) error {
	if err := os.MkdirAll(d.path, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return err
	}
	defer root.Close()
	dir, name := fileOf(key)
	if _, err := root.Lstat(name); err == nil && !replace {
		return nil
	}
	if err := root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	temp := filepath.Join(dir, ".tmp-"+rand.Text())
	f, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer root.Remove(temp)
	if err := errors.Join(d.write(f, data), f.Close()); err != nil {
		return err
	}
	if !replace {
		err := d.link(root, temp, name)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return nil // there, by us or by somebody who was faster
		}
		if !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EPERM) {
			return err
		}
		// No hard links here: who comes last wins, and both are answers to the same request.
	}
	return root.Rename(temp, name)
}

func writeSynced(f *os.File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// Layers writes to one and reads from all: first from write, where what is
// new is, then from the others in order. A layer that fails hides no record of
// another; without one, its error says that nobody could tell.
// With write nil, nothing can be written.
func Layers(write Records, read ...Records) Records { return layers{write, read} }

type layers struct {
	write Records
	read  []Records
}

func (l layers) Get(ctx context.Context, key string) ([]byte, error) {
	var failed error
	all := l.read
	if l.write != nil {
		all = append([]Records{l.write}, all...)
	}
	for _, r := range all {
		data, err := r.Get(ctx, key)
		if err == nil {
			return data, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && failed == nil {
			failed = err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return nil, fmt.Errorf("read record %s: %w", key, fs.ErrNotExist)
}

func (l layers) Put(ctx context.Context, key string, data []byte, replace bool) error {
	if l.write == nil {
		return fmt.Errorf("write record %s: these records are only read", key)
	}
	return l.write.Put(ctx, key, data, replace)
}
