package repocheck

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the path of this module.
const Module = "github.com/promptflag/promptflag"

// Finding is one place that breaks a rule.
type Finding struct {
	File    string
	Line    int // from 1; 0 is the whole file
	Message string
}

func (f Finding) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
}

// Repo is what the rules look at.
type Repo struct {
	Top   []string          // names at the top level
	Files map[string][]byte // by slash path
	Go    []*GoFile         // by path
}

// GoFile is one parsed file.
type GoFile struct {
	Path    string
	Package string // import path below the module: the directory, "." at the top
	Test    bool   // *_test.go
	Lines   int
	AST     *ast.File
	fset    *token.FileSet
}

// Load reads the repository, without what the .gitignore at its root leaves out.
func Load(fsys fs.FS) (*Repo, error) {
	ignored, err := readIgnore(fsys)
	if err != nil {
		return nil, err
	}
	r := &Repo{Files: map[string][]byte{}}
	fset := token.NewFileSet()
	err = fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case ignored.match(name, e.IsDir()):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.Contains(name, "/") {
			r.Top = append(r.Top, name)
		}
		if !e.Type().IsRegular() {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		r.Files[name] = src
		if path.Ext(name) != ".go" || slices.Contains(strings.Split(name, "/"), "testdata") {
			return nil
		}
		return r.addGo(fset, name, src)
	})
	return r, err
}

func (r *Repo) addGo(fset *token.FileSet, name string, src []byte) error {
	tree, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	r.Go = append(r.Go, &GoFile{
		Path: name, Package: path.Dir(name), Test: strings.HasSuffix(name, "_test.go"),
		Lines: bytes.Count(src, []byte{'\n'}), AST: tree, fset: fset,
	})
	return nil
}

// finding is a finding at a node of the file.
func (f *GoFile) finding(n ast.Node, message string, args ...any) Finding {
	return Finding{f.Path, f.fset.Position(n.Pos()).Line, fmt.Sprintf(message, args...)}
}

// imports yields the paths that the file imports.
func (f *GoFile) imports(yield func(*ast.ImportSpec, string) bool) {
	for _, spec := range f.AST.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err == nil && !yield(spec, target) {
			return
		}
	}
}

// ours cuts the module off the path of one of our packages.
func ours(target string) (pkg string, ok bool) {
	if target == Module {
		return ".", true
	}
	return strings.CutPrefix(target, Module+"/")
}

// matches reports whether a path is in a list of paths. In the list, p/* is all
// that lies below p.
func matches(list, target string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(p string) bool {
		if below, ok := strings.CutSuffix(p, "/*"); ok {
			return strings.HasPrefix(target, below+"/")
		}
		return p == target
	})
}

// ignore is a .gitignore of the simple kind: names, *.ext, /name at the top
// only, name/ for directories only.
type ignore []string

func readIgnore(fsys fs.FS) (ignore, error) {
	list := ignore{".git"}
	src, err := fs.ReadFile(fsys, ".gitignore")
	if err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(src)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '!' || strings.Contains(strings.Trim(line, "/"), "/") {
			return nil, fmt.Errorf(".gitignore: %q: repocheck reads plain names only", line)
		}
		list = append(list, line)
	}
	return list, nil
}

func (list ignore) match(name string, dir bool) bool {
	return slices.ContainsFunc(list, func(pattern string) bool {
		pattern, dirOnly := strings.CutSuffix(pattern, "/")
		pattern, atTop := strings.CutPrefix(pattern, "/")
		if dirOnly && !dir || atTop && strings.Contains(name, "/") {
			return false
		}
		ok, err := path.Match(pattern, path.Base(name))
		return err == nil && ok
	})
}

// sorted puts findings in file order.
func sorted(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return list
}
