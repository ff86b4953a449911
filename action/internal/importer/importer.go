package importer

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promptflag/promptflag/prompts"
)

// maxSize bounds a source and everything read beside it.
const maxSize = 1 << 20

// Format is the tool that a file was written for.
type Format string

// The formats that can be imported.
const (
	GitHub    Format = "github"    // .prompt.yml of GitHub Models
	Dotprompt Format = "dotprompt" // .prompt: YAML and Handlebars
	Prompty   Format = "prompty"   // .prompty: YAML and Jinja or Mustache, versions 1 and 2
	Promptfoo Format = "promptfoo" // promptfooconfig.yaml, .yml or .json
)

// Options narrow an import. Nil is the zero value.
type Options struct {
	// Format of the file; "" tells it by the file's name.
	Format Format
	// FS is the folder that the file is in. Files that the source names are
	// read from it and from nowhere else; nil reads none, and says so in notes.
	FS fs.FS
	// Owners are written into every prompt: no source knows who they are here.
	Owners []string
}

// Result is what came of one file. Paths are slash separated and relative to
// the folder that the prompts are to be written to.
type Result struct {
	Format  Format
	Prompts []Prompt
	Files   []File // partials, schemas, suites and cases
	Notes   []Note // in the order of the source
}

// Prompt is one definition.
type Prompt struct {
	Name string // valid for prompts.ValidName
	File string // the path that gives it that name
	TOML []byte
}

// File is a file that belongs to the prompts.
type File struct {
	Path    string
	Content []byte
}

// Note says what was not carried, or not as it was. It never quotes the value
// of a key that could be a secret.
type Note struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"` // from 1; 0 is the file as a whole
	Col     int    `json:"col,omitempty"`  // from 1, in characters
	Message string `json:"message"`
}

// String is "file:line:col: message".
func (n Note) String() string {
	if n.Line == 0 {
		return n.File + ": " + n.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", n.File, n.Line, n.Col, n.Message)
}

// Detect tells the format by a file's name, "" when it does not say.
func Detect(file string) Format {
	base := strings.ToLower(path.Base(file))
	switch ext := path.Ext(base); {
	case strings.HasSuffix(base, ".prompt.yml"), strings.HasSuffix(base, ".prompt.yaml"):
		return GitHub
	case ext == ".prompt":
		return Dotprompt
	case ext == ".prompty":
		return Prompty
	case strings.HasPrefix(base, "promptfoo") && slices.Contains([]string{".yaml", ".yml", ".json"}, ext):
		return Promptfoo
	}
	return ""
}

// Import reads one file, at most 1 MiB. The file's name is used in notes and,
// without its extension, for the name of the prompt. The error is
// prompts.Findings: nothing could be imported.
func Import(file string, src []byte, options *Options) (*Result, error) {
	if options == nil {
		options = &Options{}
	}
	r := &run{file: file, fsys: options.FS, owners: options.Owners, result: &Result{Format: cmp.Or(options.Format, Detect(file))}, names: map[string]bool{}}
	text, err := r.clean(src)
	if err != nil {
		return nil, err
	}
	r.text, r.lines = text, strings.Split(text, "\n")
	switch r.result.Format {
	case GitHub:
		err = r.github()
	case Dotprompt:
		err = r.dotprompt()
	case Prompty:
		err = r.prompty()
	case Promptfoo:
		err = r.promptfoo()
	default:
		err = r.fail(0, 0, "name the format: github, dotprompt, prompty or promptfoo", "the name of the file does not tell its format")
	}
	if err != nil {
		return nil, err
	}
	r.leftovers(r.root)
	r.agrees()
	slices.SortStableFunc(r.result.Notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	r.result.Notes = slices.Compact(r.result.Notes)
	return r.result, nil
}

// run is one import.
type run struct {
	file   string
	fsys   fs.FS
	owners []string
	text   string
	lines  []string
	root   *node // nil when the source has no keys
	result *Result
	names  map[string]bool // of prompts and files that were made
}

// clean takes a byte order mark and carriage returns away.
func (r *run) clean(src []byte) (string, error) {
	if len(src) > maxSize {
		return "", r.fail(0, 0, "", "file is larger than %d bytes", maxSize)
	}
	text := strings.ReplaceAll(string(bytes.TrimPrefix(src, []byte("\ufeff"))), "\r\n", "\n")
	if !utf8.ValidString(text) {
		at := 0
		for at < len(text) {
			if c, size := utf8.DecodeRuneInString(text[at:]); c == utf8.RuneError && size == 1 {
				break
			} else {
				at += size
			}
		}
		line, col := position(text, at)
		return "", r.fail(line, col, "save the file as UTF-8", "invalid UTF-8")
	}
	if at := strings.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f }); at >= 0 {
		line, col := position(text, at)
		return "", r.fail(line, col, "", "control character %U", text[at])
	}
	return text, nil
}

// position is the line and column of an offset, both from 1.
func position(text string, offset int) (line, col int) {
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// fail is an error of one finding.
func (r *run) fail(line, col int, hint, format string, args ...any) prompts.Findings {
	return prompts.Findings{{File: r.file, Line: line, Col: col, Severity: prompts.Error, Message: fmt.Sprintf(format, args...), Hint: hint}}
}

// maxNotes is how many notes are listed.
const maxNotes = 1000

// full says that there are notes enough, and notes that there may be more.
func (r *run) full() bool {
	n := len(r.result.Notes)
	if n == maxNotes {
		r.result.Notes = append(r.result.Notes, Note{File: r.file, Message: fmt.Sprintf("there may be more notes: only %d are listed", maxNotes)})
	}
	return n >= maxNotes
}

func (r *run) noteAt(line, col int, format string, args ...any) {
	if r.full() {
		return
	}
	r.result.Notes = append(r.result.Notes, Note{r.file, line, col, fmt.Sprintf(format, args...)})
}

// note accounts for a key with all that is below it.
func (r *run) note(n *node, format string, args ...any) {
	if n == nil {
		r.noteAt(0, 0, format, args...)
		return
	}
	n.noted = true
	r.noteAt(n.keyLine, n.keyCol, format, args...)
}

// read is a file that the source names, confined to its folder.
func (r *run) read(name string) (string, error) {
	name = path.Clean(strings.TrimPrefix(name, "./"))
	switch {
	case r.fsys == nil:
		return "", fmt.Errorf("no folder was given to read %s from", name)
	case !fs.ValidPath(name):
		return "", fmt.Errorf("%s is outside of the folder", name)
	}
	f, err := r.fsys.Open(name)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read", name)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSize {
		return "", fmt.Errorf("%s is not a file of at most %d bytes", name, maxSize)
	}
	data, err := fs.ReadFile(r.fsys, name)
	if err != nil || len(data) > maxSize {
		return "", fmt.Errorf("%s cannot be read", name)
	}
	inner := &run{file: name}
	text, err := inner.clean(data)
	if err != nil {
		return "", err
	}
	return text, nil
}

// agrees notes what check will say about what is to be written, except about
// partials that somebody else has.
func (r *run) agrees() {
	written, err := r.result.archive()
	if err != nil {
		r.noteAt(0, 0, "what is written could not be checked: %s", err)
		return
	}
	_, err = prompts.Load(written, ".", nil)
	findings, _ := err.(prompts.Findings)
	for _, f := range findings {
		if f.Rule != "PF026" {
			r.noteAt(0, 0, "%s needs a hand: %s", f.File, f)
		}
	}
}

// archive is everything that is to be written as a file system.
func (r *Result) archive() (fs.FS, error) {
	files := slices.Clone(r.Files)
	for _, p := range r.Prompts {
		files = append(files, File{p.File, p.TOML})
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Path, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}

// slug makes a segment of a prompt's name out of any text, "" out of nothing.
func slug(s string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	return strings.TrimRight(b.String(), "-_")
}

// stem is the file's name without what says its format.
func stem(file string) string {
	base := path.Base(file)
	for _, ext := range []string{".prompt.yml", ".prompt.yaml", ".prompt", ".prompty", ".yaml", ".yml", ".json", ".md", ".txt", ".j2"} {
		if len(base) > len(ext) && strings.EqualFold(base[len(base)-len(ext):], ext) {
			return base[:len(base)-len(ext)]
		}
	}
	return base
}

// unique is a name that no other prompt of this import has.
func (r *run) unique(name string) string {
	name = cmp.Or(name, "prompt")
	for i, candidate := 2, name; ; i++ { // at most maxPrompts times
		if !r.names[candidate] {
			r.names[candidate] = true
			return candidate
		}
		candidate = fmt.Sprintf("%s-%d", name, i)
	}
}

func (r *run) addFile(path string, content []byte) {
	r.result.Files = append(r.result.Files, File{path, content})
}
