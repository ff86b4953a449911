package flagsfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
)

// snapshot is the bytes of a document and what decode makes of them. Neither is
// ever changed: whoever has it may read it without a lock.
type snapshot struct {
	data []byte // nil: there is no file
	doc  *document
}

// load returns the document as it is now. The file is read every time, others
// write it too; its bytes are decoded if they are not those that were decoded or
// written before.
func (f *File) load(root *os.Root) (*snapshot, error) {
	data, err := readLimited(root, f.name())
	if errors.Is(err, fs.ErrNotExist) {
		return f.empty(), nil
	}
	if err != nil {
		return nil, err
	}
	kept := f.recall()
	for _, s := range kept {
		if s != nil && s.data != nil && bytes.Equal(s.data, data) {
			return s, nil
		}
	}
	d, err := decode(data, f.environment)
	if err != nil {
		return nil, &documentError{f.Document(), err}
	}
	s := &snapshot{data, d}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == kept { // or it may be older than what a writer kept meanwhile
		f.kept = [2]*snapshot{s, kept[0]}
	}
	return s, nil
}

func (f *File) empty() *snapshot {
	return &snapshot{doc: &document{Format: format, Environment: f.environment}}
}

func (f *File) recall() [2]*snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept
}

func (f *File) keep(latest, before *snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = [2]*snapshot{latest, before}
}

// draft is a document that can be changed while others read s. Its features are
// still those of s: change returns one that is not.
func (s *snapshot) draft() *document {
	d := *s.doc
	d.Features = slices.Clone(d.Features)
	return &d
}

// change returns a feature of a draft for changing.
func (d *document) change(x *feature) *feature {
	own := x.clone()
	own.text, own.changed = nil, true
	d.Features[slices.Index(d.Features, x)] = own
	return own
}

// written returns what decode would make of data, which encode has just made of
// the draft d, but decodes the changed features only. An error is for the next
// reader, who has positions.
func (d *document) written(data []byte) (*snapshot, error) {
	part := *d
	part.Features, part.Segments = nil, nil
	for _, x := range d.Features {
		if x.changed {
			part.Features = append(part.Features, x)
		}
	}
	text, err := part.encode()
	if err != nil {
		return nil, err
	}
	decoded, err := decode(text, d.Environment)
	if err != nil {
		return nil, err
	}
	doc, i := *d, 0
	doc.Features = slices.Clone(d.Features)
	for at, x := range doc.Features {
		if x.changed {
			doc.Features[at] = decoded.Features[i]
			i++
		}
	}
	return &snapshot{data, &doc}, nil
}
