package prompts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Tree is every prompt below one root.
type Tree struct {
	byName map[string]*Definition
}

// Definitions are the definitions without findings, sorted by the prompt's name.
func (t *Tree) Definitions() []*Definition {
	out := make([]*Definition, 0, len(t.byName))
	for _, name := range slices.Sorted(maps.Keys(t.byName)) {
		out = append(out, t.byName[name])
	}
	return out
}

// Lookup finds a definition by the prompt's name.
func (t *Tree) Lookup(name string) (*Definition, bool) {
	d, ok := t.byName[name]
	return d, ok
}

// Load parses every prompt below root, a folder of fsys. A file's name is its
// path below root without .toml and with dots for slashes. Files and folders that start
// with '_' or '.', *.eval.toml, *.cases.jsonl and files that are not .toml are
// passed over. The error is Findings; the tree holds what was good all the same.
func Load(fsys fs.FS, root string) (*Tree, error) {
	l := &loader{fsys: fsys, root: root, files: map[string]string{}, tree: &Tree{byName: map[string]*Definition{}}}
	if !fs.ValidPath(root) {
		l.add(root, "write it relative to the repository, with '/' and without '..'", "%q is not a folder of the repository", root)
	} else if err := fs.WalkDir(fsys, root, l.visit); err != nil {
		l.add(root, "", "%s", err)
	}
	if len(l.findings) > 0 {
		l.findings.Sort()
		return l.tree, l.findings
	}
	return l.tree, nil
}

type loader struct {
	fsys     fs.FS
	root     string
	files    map[string]string // by prompt name
	tree     *Tree
	findings Findings
}

func (l *loader) add(file, hint, format string, args ...any) {
	l.findings = append(l.findings, Finding{File: file, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (l *loader) visit(file string, d fs.DirEntry, err error) error {
	switch base := path.Base(file); {
	case err != nil:
		l.add(file, "", "%s", err)
	case file == l.root:
		if !d.IsDir() {
			l.add(file, "", "not a folder")
		}
	case strings.HasPrefix(base, "_"), strings.HasPrefix(base, "."):
		if d.IsDir() {
			return fs.SkipDir
		}
	case d.IsDir(), strings.HasSuffix(base, ".eval.toml"):
	case strings.HasSuffix(base, ".toml"):
		l.file(file)
	case strings.EqualFold(path.Ext(base), ".toml"):
		l.add(file, "rename it to .toml", "extension %q is not .toml", path.Ext(base))
	case d.Type()&fs.ModeSymlink != 0:
		if info, err := fs.Stat(l.fsys, file); err != nil || info.IsDir() {
			l.add(file, "put the files themselves here", "a link to a folder is not followed")
		}
	}
	return nil
}

func (l *loader) file(file string) {
	below := strings.TrimPrefix(strings.TrimPrefix(file, l.root), "/")
	name := strings.ReplaceAll(strings.TrimSuffix(below, ".toml"), "/", ".")
	if strings.Contains(path.Base(file), "@") {
		l.add(file, "take the '@' out of the name", "name@arm.toml is reserved for overlays, which are not supported yet")
		return
	}
	if other, taken := l.files[name]; taken {
		l.add(file, "rename one of them", "prompt %q is defined by %s already", name, other)
		return
	}
	l.files[name] = file
	src, err := l.read(file)
	if err != nil {
		l.add(file, "", "%s", err)
		return
	}
	definition, err := Parse(file, name, src)
	if err != nil {
		l.findings = append(l.findings, err.(Findings)...)
		return
	}
	l.tree.byName[name] = definition
}

// read returns at most one byte more than Parse accepts.
func (l *loader) read(file string) ([]byte, error) {
	info, err := fs.Stat(l.fsys, file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, errors.New("not a regular file")
	}
	f, err := l.fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}
