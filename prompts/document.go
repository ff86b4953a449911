package prompts

import "fmt"

// Document is a TOML file, or a JSON object, that knows where its keys stand. The
// other files of a prompts repository are read with it, so that their findings
// look like those of definitions.
type Document struct {
	// Values are tables as map[string]any, arrays, also those of tables, as []any,
	// integers as int64.
	Values map[string]any

	source *source
	root   *node
	before int // lines of the file before the text
}

// ReadDocument decodes src, at most 1 MiB; file is its name in findings. The
// error is Findings.
func ReadDocument(file string, src []byte) (*Document, error) {
	c := &checker{source: &source{file: file, lines: []int{0}}, findingList: &findingList{}}
	if len(src) > maxSize {
		c.addFile(ruleTooLarge, "", "file is larger than %d bytes", maxSize)
		return nil, c.findings
	}
	c.source = newSource(file, src)
	t, ok := c.decode()
	if errs := c.findings.Errors(); !ok || len(errs) > 0 {
		errs.Sort()
		return nil, errs
	}
	return &Document{Values: t.m, source: c.source, root: t.n}, nil
}

// ReadJSON decodes a JSON object of at most 1 MiB that starts in a line, from 1, of
// a file. The error is Findings: also for keys that are there twice, and for
// numbers that a float64 cannot carry.
func ReadJSON(file string, line int, src []byte) (*Document, error) {
	c := &checker{source: &source{file: file, lines: []int{0}}, findingList: &findingList{}}
	t, ok := c.jsonObject(src)
	if errs := c.findings.Errors(); !ok || len(errs) > 0 {
		for i := range errs {
			errs[i].Line, errs[i].Col = max(1, errs[i].Line)+line-1, max(1, errs[i].Col)
		}
		errs.Sort()
		return nil, errs
	}
	return &Document{Values: t.m, source: c.source, root: t.n, before: line - 1}, nil
}

// Finding points at the key, or at the innermost table on the way to it that
// the file has; array items are steps of a key by their index, from 0. No key
// points at the file as a whole, or at the object. Its severity is Error and it has no rule.
func (d *Document) Finding(key []string, hint, format string, args ...any) Finding {
	f := Finding{File: d.source.file, Severity: Error, Message: fmt.Sprintf(format, args...), Hint: hint}
	n, found := d.root, false
	for _, part := range key {
		next := n.step(part)
		if next == nil {
			break
		}
		n, found = next, true
	}
	if !found && d.root.end > 0 { // an object has a place of its own, a file has none
		n, found = d.root, true
	}
	if found {
		f.Line, f.Col = d.source.at(n.pos())
		f.Line += d.before
	}
	return f
}

// Before reports whether key a stands before key b in the file.
func (d *Document) Before(a, b []string) bool { return d.find(a).pos() < d.find(b).pos() }

func (d *Document) find(key []string) *node {
	n := d.root
	for _, part := range key {
		n = n.child(part)
	}
	return n
}
