package suite

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strconv"

	"github.com/promptflag/promptflag/prompts"
)

// source is where the cases come from.
type source struct {
	fsys   fs.FS
	shared shared
	doc    *prompts.Document // with the inline cases
	file   string
	files  []caseFile
	ids    map[uint64]bool // of vars that several cases without an id have
}

// caseFile is one file of cases.
type caseFile struct {
	name string
	at   []string          // where the suite names it; nil when it only stands beside it
	sum  [sha256.Size]byte // of its bytes when they were checked
}

// all reads the cases again. They were checked: what is wrong now has changed.
func (s *source) all() iter.Seq2[*Case, error] {
	return func(yield func(*Case, error) bool) {
		stopped := false
		p := &pass{findings: &findings{}, shared: &s.shared, ids: &ids{only: s.ids}, cache: &cache{}, again: true}
		p.each = func(c *Case, _ record, _ table) bool {
			stopped = p.total == 0 && !yield(c, nil)
			return p.total == 0 && !stopped
		}
		if !p.inline(s) {
			return
		}
		for _, f := range s.files {
			sum, err := p.read(s.fsys, f.name)
			switch {
			case stopped:
				return
			case p.total > 0:
				err = p.findings.err()
			case err == nil && sum != f.sum:
				err = fmt.Errorf("%s is not what it was", f.name)
			}
			if err != nil {
				yield(nil, fmt.Errorf("read the cases of %s again: %w", s.file, err))
				return
			}
		}
	}
}

// inline reads the cases of the suite itself; false says that the pass has ended.
func (p *pass) inline(s *source) bool {
	file := table{findings: p.findings, place: s.doc, file: s.file, m: s.doc.Values}
	for i, v := range file.list("tests") {
		at := []string{"tests", strconv.Itoa(i)}
		m, ok := v.(map[string]any)
		if !ok {
			file.addAt(at, "write [[tests]]", "tests: want tables, got %s", kindOf(v))
			continue
		}
		t := file
		t.path, t.m = at, m
		if !p.readCase(t, s.doc.Finding(at, "", "").Line) {
			return false
		}
	}
	return true
}

// read reads a file of cases, and returns the hash of its bytes, if it came to the
// end of them.
func (p *pass) read(fsys fs.FS, name string) (sum [sha256.Size]byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	read := p.jsonl
	if path.Ext(name) == ".csv" {
		read = p.csv
	}
	if err := read(name, io.TeeReader(f, h)); err != nil {
		return sum, fmt.Errorf("read %s: %w", name, err)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
