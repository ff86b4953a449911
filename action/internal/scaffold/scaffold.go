package scaffold

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
)

// Options of Write. Dir is required.
type Options struct {
	// Dir is the root of the prompts repository, absolute. It is made if it does
	// not exist.
	Dir string
	// Top is the root of the checkout that Dir is in, absolute: GitHub looks
	// there for workflows and owners. "" is Dir.
	Top string
	// Bucket and Unleash are URLs; "" is the embedded default below .promptflag.
	// They count for a new promptflag.toml only.
	Bucket, Unleash string
	// Branch is the one that publishes; "" is main. A promptflag.toml that is
	// there already decides itself.
	Branch string
	// Owner is whom CODEOWNERS and the first prompt name, such as @acme/prompts;
	// "" is Placeholder.
	Owner string
	// Force replaces files that are there with other content.
	Force bool
}

// Placeholder is the owner as long as nobody knows one.
const Placeholder = "@you"

// State is what became of a file.
type State string

// The states.
const (
	Wrote    State = "wrote"    // it was not there
	Appended State = "appended" // lines were added to its end
	Replaced State = "replaced" // it was there with other content, and Force was said
	Same     State = "there"    // it was there as it would have been written
	Kept     State = "kept"     // it was there with other content, and still is
)

// File is one file of the layout.
type File struct {
	Path  string // from Options.Dir, slash separated; may start with ../ for what is at the root of the checkout
	State State
}

// Result is what Write did.
type Result struct {
	Files []File // in a fixed order, also after an error: those that were written until then
	// Config is the configuration that counts now.
	Config *config.Config
	// Starter is the name of the first prompt; "" if the folder has other prompts
	// already and got none.
	Starter string
}

// Write lays out the repository. Options that make a configuration that is not
// valid are prompts.Findings about promptflag.toml, and so is an invalid one
// that is there already; nothing is written then.
func Write(o Options) (Result, error) {
	if o.Top == "" {
		o.Top = o.Dir
	}
	if o.Branch == "" {
		o.Branch = "main"
	}
	if o.Owner == "" {
		o.Owner = Placeholder
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return Result{}, fmt.Errorf("make the prompts repository: %w", err)
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return Result{}, fmt.Errorf("open the prompts repository: %w", err)
	}
	defer root.Close()
	top := root
	if o.Top != o.Dir {
		if top, err = os.OpenRoot(o.Top); err != nil {
			return Result{}, fmt.Errorf("open the checkout: %w", err)
		}
		defer top.Close()
	}
	below, err := filepath.Rel(o.Top, o.Dir)
	if err != nil || !filepath.IsLocal(below) && below != "." {
		return Result{}, fmt.Errorf("%s is not below %s", o.Dir, o.Top)
	}
	l := &layout{Options: o, root: root, top: top, below: strings.TrimPrefix(filepath.ToSlash(below)+"/", "./")}
	return l.write()
}

// layout is one run of Write.
type layout struct {
	Options
	root, top *os.Root
	below     string // from top to root with a final slash, or ""
	result    Result
}

func (l *layout) write() (Result, error) {
	src, err := l.config()
	if err != nil {
		return l.result, err
	}
	starter, err := l.starter()
	if err != nil {
		return l.result, err
	}
	workflow, err := l.workflow()
	if err != nil {
		return l.result, err
	}
	schemas, err := l.schemas()
	if err != nil {
		return l.result, err
	}
	files := append([]file{{config.FileName, src}}, starter...)
	files = append(files, schemas...)
	for _, f := range files {
		if err := l.place(l.root, "", f); err != nil {
			return l.result, err
		}
	}
	if err := l.lines(l.root, "", ".gitignore", l.ignored()); err != nil {
		return l.result, err
	}
	up := strings.Repeat("../", strings.Count(l.below, "/"))
	if err := l.place(l.top, up, workflow); err != nil {
		return l.result, err
	}
	return l.result, l.lines(l.top, up, cmp.Or(OwnersFile(l.top.FS()), defaultOwners), l.owned())
}

// file is one that would be written: its path below a root, slash separated.
type file struct {
	path string
	data []byte
}

// place writes a file that is not there.
func (l *layout) place(root *os.Root, up string, f file) error {
	state := Wrote
	before, err := read(root, f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("look at %s: %w", up+f.path, err)
	case bytes.Equal(unix(before), unix(f.data)):
		state = Same
	case l.Force:
		state = Replaced
	default:
		state = Kept
	}
	if state == Wrote || state == Replaced {
		if err := write(root, f.path, f.data); err != nil {
			return fmt.Errorf("write %s: %w", up+f.path, err)
		}
	}
	l.result.Files = append(l.result.Files, File{up + f.path, state})
	return nil
}

// maxFile bounds what is read of a file that is there already.
const maxFile = 4 << 20

func read(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("not a file of at most %d MiB", maxFile>>20)
	}
	return root.ReadFile(filepath.FromSlash(name))
}

// write never leaves a part of a file behind: a second run would keep it.
func write(root *os.Root, name string, data []byte) error {
	name = filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".tmp")
	err := root.WriteFile(temp, data, 0o644)
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}

func unix(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }

// config is what promptflag.toml would be; the one that counts is in the result.
func (l *layout) config() ([]byte, error) {
	src, err := l.newConfig()
	if err != nil {
		return nil, err
	}
	counts := src
	before, err := read(l.root, config.FileName)
	switch {
	case err == nil && !l.Force:
		counts = before
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("look at %s: %w", config.FileName, err)
	}
	l.result.Config, err = config.Parse(counts, l.Dir)
	return src, err
}

// hasOthers reports whether the folder has definitions that are not of the
// starter.
func (l *layout) hasOthers(starter map[string]bool) (bool, error) {
	found := false
	err := fs.WalkDir(l.root.FS(), l.result.Config.Prompts, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if !d.IsDir() && path.Ext(p) == ".toml" && !starter[p] {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", l.result.Config.Prompts, err)
	}
	return found, nil
}
