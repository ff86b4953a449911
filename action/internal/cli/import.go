package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/importer"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
)

type importCmd struct {
	Files  []string `arg:"" name:"file" help:"Prompts of other tools: .prompt.yml, .prompt, .prompty, promptfooconfig.yaml."`
	Out    string   `short:"o" placeholder:"DIR" help:"The folder to write to; default: the prompts folder of promptflag.toml."`
	Format string   `enum:"auto,github,dotprompt,prompty,promptfoo" default:"auto" help:"What the files are: auto tells it by their names, or github, dotprompt, prompty, promptfoo."`
	Owner  []string `placeholder:"@TEAM" help:"Who owns the prompts, written into each of them; may be repeated."`
	Force  bool     `help:"Overwrite files that are there and differ."`
	JSON   bool     `name:"json" help:"Print JSON."`
}

// imported is the JSON of import.
type imported struct {
	Files []importedFile  `json:"files"`
	Notes []importer.Note `json:"notes"`
}

type importedFile struct {
	Path   string `json:"path"`             // below the working directory where that is possible
	Prompt string `json:"prompt,omitempty"` // its name, when the file is a definition
	Source string `json:"source"`
	State  string `json:"state"` // written, or unchanged when it was there and the same

	name    string // below the folder that is written to
	content []byte
}

// Run imports all files before it writes any, so that nothing is half done.
func (c importCmd) Run(_ context.Context, s *session) error {
	dir, shown, err := c.target(s)
	if err != nil {
		return err
	}
	out := imported{Files: []importedFile{}, Notes: []importer.Note{}}
	var failed prompts.Findings
	for _, file := range c.Files {
		result, err := c.read(s, file)
		var findings prompts.Findings
		switch {
		case errors.As(err, &findings):
			failed = append(failed, findings...)
		case err != nil:
			return usageError{err}
		default:
			out.add(file, shown, result)
		}
	}
	if len(failed) > 0 {
		s.annotate(failed)
		return failed
	}
	if err := out.write(dir, c.Force); err != nil {
		return err
	}
	if c.JSON {
		return s.json(out)
	}
	var b strings.Builder
	for _, f := range out.Files {
		fmt.Fprintf(&b, "%s %s\n", f.State, f.Path)
	}
	if len(out.Notes) > 0 {
		fmt.Fprintf(&b, "\n%s on what is not as it was:\n", wording.Counted(len(out.Notes), "note", "notes"))
	}
	for _, n := range out.Notes {
		b.WriteString(n.String() + "\n")
	}
	_, err = fmt.Fprint(s.Stdout, b.String())
	return err
}

// target is the folder to write to, and how it is called in what is printed.
func (c importCmd) target(s *session) (dir, shown string, err error) {
	if c.Out != "" {
		return filepath.Clean(s.path(c.Out)), filepath.ToSlash(filepath.Clean(c.Out)), nil
	}
	cfg, err := s.config()
	if err != nil {
		return "", "", err
	}
	dir = s.below(cfg.Prompts)
	return dir, s.shown(dir), nil
}

// read imports one file. It and what it names are read through its folder.
func (c importCmd) read(s *session, file string) (*importer.Result, error) {
	full := s.path(file)
	root, err := os.OpenRoot(filepath.Dir(full))
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", file, err)
	}
	defer root.Close()
	info, err := root.Stat(filepath.Base(full))
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", file, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("import %s: not a file", file)
	}
	const limit = 1 << 20
	if info.Size() > limit {
		return nil, prompts.Findings{{File: filepath.ToSlash(file), Severity: prompts.Error, Message: fmt.Sprintf("file is larger than %d bytes", limit)}}
	}
	src, err := fs.ReadFile(root.FS(), filepath.ToSlash(filepath.Base(full)))
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", file, err)
	}
	options := &importer.Options{FS: root.FS(), Owners: c.Owner}
	if c.Format != "auto" {
		options.Format = importer.Format(c.Format)
	}
	return importer.Import(filepath.ToSlash(file), src, options)
}

func (i *imported) add(source, shown string, r *importer.Result) {
	put := func(name, prompt string, content []byte) {
		i.Files = append(i.Files, importedFile{
			Path: path.Join(shown, name), Prompt: prompt, Source: filepath.ToSlash(source), name: name, content: content,
		})
	}
	for _, p := range r.Prompts {
		put(p.File, p.Name, p.TOML)
	}
	for _, f := range r.Files {
		put(f.Path, "", f.Content)
	}
	i.Notes = append(i.Notes, r.Notes...)
}

// write puts the files into dir. Before the first it looks at all.
func (i *imported) write(dir string, force bool) error {
	if err := i.distinct(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usageError{fmt.Errorf("make the folder: %w", err)}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return usageError{fmt.Errorf("open the folder: %w", err)}
	}
	defer root.Close()
	var there []string
	for n := range i.Files {
		f := &i.Files[n]
		f.State = "written"
		old, err := fs.ReadFile(root.FS(), f.name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return usageError{fmt.Errorf("look at %s: %w", f.Path, err)}
		case bytes.Equal(old, f.content):
			f.State = "unchanged"
		case !force:
			there = append(there, f.Path)
		}
	}
	if len(there) > 0 {
		return refusal{fmt.Errorf("nothing was written: there already, and different: %s (--force overwrites)", strings.Join(there, ", "))}
	}
	for _, f := range i.Files {
		if f.State == "unchanged" {
			continue
		}
		folder := filepath.FromSlash(path.Dir(f.name))
		if err := root.MkdirAll(folder, 0o755); err != nil {
			return usageError{fmt.Errorf("make the folder of %s: %w", f.Path, err)}
		}
		if err := replaceFile(root, filepath.FromSlash(f.name), f.content); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// distinct drops a file that two sources agree on, such as a partial, and
// refuses one that they do not. A partial that was named itself gives way to
// what the prompts around it make of it: they know the types of its variables.
func (i *imported) distinct() error {
	first := map[string]importedFile{}
	slices.SortStableFunc(i.Files, func(a, b importedFile) int {
		return cmp.Compare(len(a.partialOf()), len(b.partialOf()))
	})
	kept := i.Files[:0]
	for _, f := range i.Files {
		other, twice := first[f.name]
		switch {
		case !twice:
			first[f.name] = f
			kept = append(kept, f)
		case f.partialOf() != "" && other.partialOf() == "":
		case !bytes.Equal(other.content, f.content):
			return refusal{fmt.Errorf("nothing was written: %s and %s both become %s; import them into folders of their own with --out", other.Source, f.Source, f.Path)}
		}
	}
	i.Files = kept
	return nil
}

// partialOf is the source when that is a partial, else "".
func (f importedFile) partialOf() string {
	if strings.HasPrefix(path.Base(f.Source), "_") {
		return f.Source
	}
	return ""
}
