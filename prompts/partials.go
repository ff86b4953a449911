package prompts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// files is what one Load reads besides definitions. Partials are read on
// demand until all are known; from then on it is only looked at, by many at once.
type files struct {
	fsys        fs.FS
	root        string // the prompts folder
	complete    bool   // every partial below root is in the map
	partials    map[string]*partial
	findingList // about partials

	mu   sync.Mutex
	seen map[string]bool // files that were read
}

// partial is one _name.md.
type partial struct {
	file   string
	text   string   // with its own partials in it, and without its final line end
	within []string // files of the partials in it, also through others
	height int      // of the longest chain of partials in it
	state  state
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
	if f.complete || !fs.ValidPath(file) {
		return &partial{file: file, state: missing}
	}
	p := &partial{file: file}
	f.partials[file] = p
	c := &checker{source: &source{file: file, lines: []int{0}}, findingList: &f.findingList, files: f}
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
	at := func(pos int) place {
		line, col := c.at(pos)
		return place{c.file, line, col}
	}
	e, within, ok := c.include(text{written, at}, false, tags)
	p.text, p.within, p.height = e.text, within, e.height
	return ok
}

// include expands the partials of a template that stands in file c.file; tags
// are those of the text as written, which is whole unless it is that of a
// partial. It returns the files of the partials too.
func (c *checker) include(t text, whole bool, tags []tag) (e expanded, within []string, ok bool) {
	if len(partialsIn(tags)) == 0 {
		return expanded{text: t.written}, nil, true
	}
	ok = true
	file, seen, height := t.at(0).file, map[*partial]bool{}, 0
	fail := func(pos int, rule, hint, format string, args ...any) {
		ok = false
		if !c.full() {
			at := t.at(pos)
			c.report(Finding{File: at.file, Line: at.line, Col: at.col, Rule: rule, Hint: hint, Message: fmt.Sprintf(format, args...)})
		}
	}
	e, fits := expand(t.written, whole, tags, func(g tag) *partial {
		if c.files == nil {
			fail(g.pos, rulePartial, "read the folder with Load", "partial %q is out of reach: only the text of one file is known", g.name)
			return nil
		}
		p := c.files.resolve(file, g.name)
		switch {
		case p == nil:
			fail(g.pos, rulePartial, c.files.whereToPut(file, g.name), "there is no partial %q", g.name)
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
			within = append(append(within, p.file), p.within...)
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
	slices.Sort(within)
	return e, slices.Compact(within), ok
}

func (f *files) whereToPut(from, name string) string {
	folder, base := path.Split(name)
	here := path.Join(path.Dir(from), folder, "_"+base)
	there := path.Join(f.root, folder, "_"+base)
	if here == there {
		return "create " + here + partialExtension
	}
	return fmt.Sprintf("create %s%s, or %s%s", here, partialExtension, there, partialExtension)
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
