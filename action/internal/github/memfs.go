package github

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"
)

// memFS is a file system in memory. After it is built it may be shared.
type memFS struct {
	files map[string]memFile
	dirs  map[string][]string // folder -> names in it, sorted when read
}

type memFile struct {
	data []byte
	link bool
}

var (
	_ fs.ReadDirFS  = (*memFS)(nil)
	_ fs.ReadFileFS = (*memFS)(nil)
	_ fs.StatFS     = (*memFS)(nil)
)

var errLink = errors.New("a symbolic link, which is not followed")

func newMemFS() *memFS {
	return &memFS{files: map[string]memFile{}, dirs: map[string][]string{".": nil}}
}

// add puts a file there, and its folders.
func (m *memFS) add(name string, f memFile) error {
	if _, ok := m.files[name]; ok {
		return fmt.Errorf("%q is there twice", name)
	}
	if _, ok := m.dirs[name]; ok {
		return fmt.Errorf("%q is a folder and a file", name)
	}
	for child := name; child != "."; child = path.Dir(child) {
		parent := path.Dir(child)
		if _, ok := m.files[parent]; ok {
			return fmt.Errorf("%q is a folder and a file", parent)
		}
		_, known := m.dirs[parent]
		m.dirs[parent] = append(m.dirs[parent], path.Base(child))
		if known {
			break
		}
	}
	m.files[name] = f
	return nil
}

// stat finds a file or a folder.
func (m *memFS) stat(op, name string) (memInfo, error) {
	if fs.ValidPath(name) {
		if f, ok := m.files[name]; ok {
			return memInfo{path.Base(name), f, false}, nil
		}
		if _, ok := m.dirs[name]; ok {
			return memInfo{path.Base(name), memFile{}, true}, nil
		}
		return memInfo{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return memInfo{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
}

// Stat implements fs.StatFS.
func (m *memFS) Stat(name string) (fs.FileInfo, error) {
	i, err := m.stat("stat", name)
	if err != nil {
		return nil, err
	}
	return i, nil
}

// Open implements fs.FS.
func (m *memFS) Open(name string) (fs.File, error) {
	i, err := m.stat("open", name)
	switch {
	case err != nil:
		return nil, err
	case i.file.link:
		return nil, &fs.PathError{Op: "open", Path: name, Err: errLink}
	case i.dir:
		list, err := m.ReadDir(name)
		return &openDir{i, list}, err
	}
	return &openFile{i, bytes.NewReader(i.file.data)}, nil
}

// ReadFile implements fs.ReadFileFS; the caller may change what it gets.
func (m *memFS) ReadFile(name string) ([]byte, error) {
	i, err := m.stat("read", name)
	switch {
	case err != nil:
		return nil, err
	case i.file.link:
		return nil, &fs.PathError{Op: "read", Path: name, Err: errLink}
	case i.dir:
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	return bytes.Clone(i.file.data), nil
}

// ReadDir implements fs.ReadDirFS.
func (m *memFS) ReadDir(name string) ([]fs.DirEntry, error) {
	i, err := m.stat("readdir", name)
	if err == nil && !i.dir {
		err = &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(slices.Values(m.dirs[name]))
	list := make([]fs.DirEntry, 0, len(names))
	for _, n := range names {
		entry, err := m.stat("readdir", path.Join(name, n))
		if err != nil {
			return nil, err
		}
		list = append(list, fs.FileInfoToDirEntry(entry))
	}
	return list, nil
}

// memInfo implements fs.FileInfo.
type memInfo struct {
	name string
	file memFile
	dir  bool
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return int64(len(i.file.data)) }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) Mode() fs.FileMode {
	switch {
	case i.dir:
		return fs.ModeDir | 0o555
	case i.file.link:
		return fs.ModeSymlink | 0o444
	}
	return 0o444
}

type openFile struct {
	memInfo
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.memInfo, nil }
func (f *openFile) Close() error               { return nil }
func (f *openFile) Size() int64                { return f.memInfo.Size() }

type openDir struct {
	memInfo
	list []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.memInfo, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

// ReadDir implements fs.ReadDirFile.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.list)
	} else if len(d.list) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.list))
	out := d.list[:n]
	d.list = d.list[n:]
	return out, nil
}
