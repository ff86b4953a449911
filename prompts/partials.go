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
	"sync"
)

// files is what one Load reads besides definitions. Partials are read on
// demand until all are known; from then on it is only looked at, by many at once.
type files struct {
	fsys     fs.FS
	root     string // the prompts folder
	complete bool   // every partial below root is in the map
	partials map[string]*partial
	findings Findings // about partials

	mu   sync.Mutex
	seen map[string]bool // files that were read
}

// partial is one _name.md.
type partial struct {
	file     string
	text     string     // with its own partials in it, and without its final line end
	includes []*partial // that its tags name, each once
	height   int        // of the longest chain of partials in it
	state    state
}

type state int

const (
	reading state = iota
	good
	broken // it has findings, or includes something that has
	missing
)

const partialExtension = ".md"

// resolve finds the partial that a tag of a file names: in the folder of that
// file first, then in the root. The partial is nil when there is none.
func (f *files) resolve(from, name string) *partial {
	folder, base := path.Split(name)
	for _, dir := range []string{path.Dir(from), f.root} {
		if p := f.partial(path.Join(dir, folder, "_"+base+partialExtension)); p.state != missing {
			return p
		}
	}
	return nil
}

// partial reads a partial and all that it includes.
func (f *files) partial(file string) *partial {
	if p, ok := f.partials[file]; ok {
		return p
	}
	if f.complete || !f.walked(file) {
		return &partial{file: file, state: missing}
	}
	p := &partial{file: file}
	f.partials[file] = p
	c := &checker{source: &source{file: file, lines: []int{0}}, findingList: &findingList{}, files: f}
	defer func() {
		c.limit()
		f.findings = append(f.findings, c.findingList.findings...)
	}()
	src, err := f.read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.state = missing
		return p
	case err != nil:
		c.addFile(ruleUnreadable, "", "%s", reason(err))
		p.state = broken
		return p
	}
	if c.partial(p, src) && p.state == reading {
		p.state = good
	} else {
		p.state = broken
	}
	return p
}

// partial checks one partial by itself and expands it.
func (c *checker) partial(p *partial, src []byte) bool {
	if !c.textFile(src) {
		return false
	}
	written := strings.TrimSuffix(c.text, "\n")
	tags, problems := scanTags(written)
	for _, problem := range problems {
		c.add(problem.rule, problem.pos, problem.hint, "%s", problem.message)
	}
	for _, t := range slices.Backward(tags) {
		if t.kind == '=' {
			if t.delims != mustacheDelims() {
				c.add(ruleTemplate, t.pos, "end the partial with "+t.delims.open+"={{ }}="+t.delims.close, "partial changes the delimiters and does not change them back")
				return false
			}
			break
		}
	}
	if len(problems) > 0 {
		return false
	}
	e, includes, ok := c.include(text{written, c.file, c.at}, false, tags)
	p.text, p.includes, p.height = e.text, includes, e.height
	return ok
}

// include expands the partials of a template; tags are those of the text as
// written, which is whole unless it is that of a partial. It returns the partials
// too, each once.
func (c *checker) include(t text, whole bool, tags []tag) (e expanded, includes []*partial, ok bool) {
	if !slices.ContainsFunc(tags, func(g tag) bool { return g.kind == '>' }) {
		return expanded{text: t.written}, nil, true
	}
	ok = true
	height := 0
	fail := func(pos int, rule, hint, format string, args ...any) {
		ok = false
		if !c.full() {
			line, col := t.at(pos)
			c.report(Finding{File: t.file, Line: line, Col: col, Rule: rule, Hint: hint, Message: fmt.Sprintf(format, args...)})
		}
	}
	seen := map[*partial]bool{}
	e, fits := expand(t.written, whole, tags, func(g tag) *partial {
		if c.files == nil {
			fail(g.pos, rulePartial, "read the folder with Load", "partial %q is out of reach: only the text of one file is known", g.name)
			return nil
		}
		p := c.files.resolve(t.file, g.name)
		switch {
		case p == nil:
			fail(g.pos, rulePartial, c.files.whereToPut(t.file, g.name), "there is no partial %q", g.name)
			return nil
		case p.state == reading:
			fail(g.pos, ruleCycle, "", "partial %q includes itself", g.name)
			return nil
		case p.state == broken:
			ok = false // it has its findings
			return nil
		}
		if !seen[p] {
			seen[p], height = true, max(height, p.height+1)
			includes = append(includes, p)
		}
		if height > maxDepth && ok {
			fail(g.pos, ruleTooLarge, "", "partials are nested deeper than %d", maxDepth)
		}
		return p
	})
	if ok && !fits {
		fail(0, ruleTooLarge, "", "text with its partials is larger than %d bytes", maxSize)
	}
	if ok {
		if at := e.clash(); at >= 0 {
			fail(min(at, len(t.written)), ruleTemplate, "put a blank between them", "text and partial make another tag where they meet")
		}
	}
	e.height = height
	return e, includes, ok
}

// filesOf are the files of partials and of those that they include; sorted.
func filesOf(partials []*partial) []string {
	files := map[string]bool{}
	for len(partials) > 0 {
		p := partials[len(partials)-1]
		partials = partials[:len(partials)-1]
		if !files[p.file] {
			files[p.file] = true
			partials = append(partials, p.includes...)
		}
	}
	return slices.Sorted(maps.Keys(files))
}

func (f *files) whereToPut(from, name string) string {
	folder, base := path.Split(name)
	here := path.Join(path.Dir(from), folder, "_"+base+partialExtension)
	there := path.Join(f.root, folder, "_"+base+partialExtension)
	if here == there || !f.walked(here) {
		return "create " + there
	}
	return "create " + here + ", or " + there
}

// walked says whether Load looks for partials where file is: below the root, in
// no folder that starts with '_' or '.'. Elsewhere there are none, whichever
// prompts are loaded.
func (f *files) walked(file string) bool {
	below, inside := file, true
	if f.root != "." {
		below, inside = strings.CutPrefix(file, f.root+"/")
	}
	if !inside || !fs.ValidPath(file) {
		return false
	}
	folders := strings.Split(below, "/")
	return !slices.ContainsFunc(folders[:len(folders)-1], func(folder string) bool { return folder[0] == '_' || folder[0] == '.' })
}

// read returns at most one byte more than anything here accepts.
func (f *files) read(file string) ([]byte, error) {
	info, err := fs.Stat(f.fsys, file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, errors.New("not a regular file")
	}
	r, err := f.fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f.mu.Lock()
	f.seen[file] = true
	f.mu.Unlock()
	data := make([]byte, 0, min(info.Size(), maxSize)+2)
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, err
		case len(data) > maxSize:
			return data[:maxSize+1], nil
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

// reason is why a file could not be read, without its name.
func reason(err error) string {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "file does not exist"
	case errors.As(err, &at):
		return at.Err.Error()
	}
	return err.Error()
}

// textFile takes the bytes of a file that is text.
func (c *checker) textFile(src []byte) bool {
	if len(src) > maxSize {
		c.addFile(ruleTooLarge, "", "file is larger than %d bytes", maxSize)
		return false
	}
	c.source = newSource(c.file, src)
	return c.sound()
}
