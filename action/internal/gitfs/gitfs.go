// Package gitfs is a revision of a git repository as a file system, without a
// checkout. Names are read at once, contents when they are opened.
package gitfs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FS is the part of a revision below one folder. It may be shared between
// goroutines; Close ends the git process that it reads through.
type FS struct {
	Commit string // 40 hex digits, or 64
	files  map[string]file
	dirs   map[string][]string // names in a folder, sorted

	mu     sync.Mutex // one question to git at a time
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

var (
	_ fs.ReadDirFS  = (*FS)(nil)
	_ fs.ReadFileFS = (*FS)(nil)
	_ fs.StatFS     = (*FS)(nil)
)

// file is one entry of a tree.
type file struct {
	object string
	size   int64
	mode   fs.FileMode
}

// maxFiles bounds what is kept of one revision.
const maxFiles = 1_000_000

// Open lists the revision rev below dir, a folder inside of a work tree.
// Contents are read until ctx ends.
func Open(ctx context.Context, dir, rev string) (*FS, error) {
	commit, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("revision %q: %w", rev, err)
	}
	f := &FS{Commit: strings.TrimSpace(string(commit)), files: map[string]file{}, dirs: map[string][]string{".": nil}}
	tree, err := git(ctx, dir, "ls-tree", "-r", "-z", "-l", f.Commit)
	if err != nil {
		return nil, fmt.Errorf("revision %q: %w", rev, err)
	}
	if err := f.list(tree); err != nil {
		return nil, fmt.Errorf("revision %q: %w", rev, err)
	}
	f.cmd = command(ctx, dir, "cat-file", "--batch")
	if f.stdin, err = f.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	f.stdout = bufio.NewReader(out)
	return f, f.cmd.Start()
}

// Close ends reading.
func (f *FS) Close() error {
	f.stdin.Close()
	return f.cmd.Wait()
}

func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	return cmd
}

func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := command(ctx, dir, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		if said == "" && args[0] == "rev-parse" {
			return nil, errors.New("git does not know it here; a shallow checkout may need fetch-depth: 0")
		}
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, said)
	}
	return stdout.Bytes(), nil
}

// list reads "mode type object size\tpath" entries, each ended by NUL.
func (f *FS) list(tree []byte) error {
	for entry := range strings.SplitSeq(string(tree), "\x00") {
		meta, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(meta)
		if !ok || len(fields) != 4 || fields[1] != "blob" || !fs.ValidPath(name) {
			continue // a submodule, or the end
		}
		if len(f.files) == maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		mode := fs.FileMode(0o444)
		if fields[0] == "120000" {
			mode |= fs.ModeSymlink
		}
		size, _ := strconv.ParseInt(fields[3], 10, 64)
		f.files[name] = file{fields[2], size, mode}
		for child := name; child != "."; child = path.Dir(child) {
			parent := path.Dir(child)
			_, known := f.dirs[parent]
			f.dirs[parent] = append(f.dirs[parent], path.Base(child))
			if known {
				break
			}
		}
	}
	for dir, names := range f.dirs {
		slices.Sort(names)
		f.dirs[dir] = slices.Compact(names)
	}
	return nil
}

// content reads an object through the process.
func (f *FS) content(object string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := fmt.Fprintln(f.stdin, object); err != nil {
		return nil, err
	}
	header, err := f.stdout.ReadString('\n')
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(header)
	if len(fields) != 3 {
		return nil, fmt.Errorf("git has no content of %s", object)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(f.stdout, data); err != nil {
		return nil, err
	}
	_, err = f.stdout.Discard(1)
	return data, err
}

// maxLinks is how many symbolic links lead to a file.
const maxLinks = 8

// find follows symbolic links, inside of the folder only.
func (f *FS) find(op, name string) (string, file, error) {
	fail := func(err error) (string, file, error) {
		return "", file{}, &fs.PathError{Op: op, Path: name, Err: err}
	}
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	at := name
	for range maxLinks {
		if _, isDir := f.dirs[at]; isDir {
			return at, file{mode: fs.ModeDir | 0o555}, nil
		}
		e, ok := f.files[at]
		if !ok {
			return fail(fs.ErrNotExist)
		}
		if e.mode&fs.ModeSymlink == 0 {
			return at, e, nil
		}
		to, err := f.content(e.object)
		if err != nil {
			return fail(err)
		}
		at = path.Join(path.Dir(at), string(to))
		if path.IsAbs(string(to)) || !fs.ValidPath(at) {
			return fail(errors.New("link leaves the folder"))
		}
	}
	return fail(errors.New("too many links"))
}

// Stat follows symbolic links.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	_, e, err := f.find("stat", name)
	if err != nil {
		return nil, err
	}
	return info{path.Base(name), e}, nil
}

// ReadFile reads a whole file.
func (f *FS) ReadFile(name string) ([]byte, error) {
	_, e, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	data, err := f.content(e.object)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// ReadDir lists a folder.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	at, e, err := f.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !e.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	out := make([]fs.DirEntry, len(f.dirs[at]))
	for i, child := range f.dirs[at] {
		e, isFile := f.files[path.Join(at, child)]
		if !isFile {
			e.mode = fs.ModeDir | 0o555
		}
		out[i] = fs.FileInfoToDirEntry(info{child, e})
	}
	return out, nil
}

// Open opens a file or folder.
func (f *FS) Open(name string) (fs.File, error) {
	_, e, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		entries, err := f.ReadDir(name)
		return &folder{info: info{path.Base(name), e}, entries: entries}, err
	}
	data, err := f.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &opened{Reader: bytes.NewReader(data), info: info{path.Base(name), e}}, nil
}

type info struct {
	name string
	file file
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.file.size }
func (i info) Mode() fs.FileMode  { return i.file.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.file.mode.IsDir() }
func (i info) Sys() any           { return nil }

type opened struct {
	*bytes.Reader
	info info
}

func (o *opened) Stat() (fs.FileInfo, error) { return o.info, nil }
func (o *opened) Close() error               { return nil }

type folder struct {
	info    info
	entries []fs.DirEntry
}

func (d *folder) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *folder) Close() error               { return nil }
func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: errors.New("is a directory")}
}

func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		out := d.entries
		d.entries = nil
		return out, nil
	}
	if len(d.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.entries))
	out := d.entries[:n]
	d.entries = d.entries[n:]
	return out, nil
}
