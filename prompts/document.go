package prompts

import "fmt"

// Document is a TOML file that knows where its keys stand. The other TOML
// files of a prompts repository are read with it, so that their findings look
// like those of definitions.
type Document struct {
	// Values are tables as map[string]any, arrays, also those of tables, as []any,
	// integers as int64.
	Values map[string]any

	source *source
	root   *node
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
	return &Document{t.m, c.source, t.n}, nil
}

// Finding points at the key, or at the innermost table on the way to it that
// the file has. No key points at the file as a whole. Its severity is Error and
// it has no rule.
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
	if found {
		f.Line, f.Col = d.source.at(n.pos())
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
