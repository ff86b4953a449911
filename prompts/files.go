package prompts

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxNamed bounds what one definition reads: it could name a large file in every
// line.
const maxNamed = 8 * maxSize

// reference reads the file that a key names. Without one, or with findings, the
// checker is nil.
func (t table) reference(key string, d *Definition) ([]byte, *checker) {
	name, ok := t.str(key)
	if !ok {
		return nil, nil
	}
	at := t.n.child(key).value()
	file := path.Join(path.Dir(t.file), name)
	switch {
	case t.files == nil:
		t.add(ruleReference, at, "read the folder with Load", "%s is out of reach: only the text of one file is known", t.name(key))
		return nil, nil
	case name == "" || strings.Contains(name, `\`) || path.IsAbs(name) || !fs.ValidPath(file) || slices.Contains(strings.Split(name, "/"), ""):
		t.add(ruleReference, at, "write it relative to the folder of this file, with '/'", "%s: %q is not a file of the repository", t.name(key), shorten(name))
		return nil, nil
	}
	if t.named > maxNamed {
		return nil, nil // it has its finding
	}
	src, err := t.files.read(file)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "create it, or mend the path"
		}
		t.add(ruleReference, at, hint, "%s: %s: %s", t.name(key), file, reason(err))
		return nil, nil
	}
	d.Files = append(d.Files, file)
	if t.named += len(src); t.named > maxNamed {
		t.add(ruleTooLarge, at, "", "the files that this one names are larger than %d bytes together", maxNamed)
		return nil, nil
	}
	return src, &checker{source: &source{file: file, lines: []int{0}}, findingList: t.findingList, files: t.files}
}

// schemaOf reads a JSON Schema that is written as a table, or in the file that
// another key names, and puts it into out under key.
func (t table) schemaOf(key, fileKey string, out map[string]any, d *Definition) *schema {
	delete(out, fileKey)
	t.excludes(key, fileKey)
	if t.has(fileKey) {
		src, c := t.reference(fileKey, d)
		if c == nil {
			return nil
		}
		s, ok := c.jsonObject(src)
		if !ok {
			return nil
		}
		out[key] = s.m
		return s.schema(path.Base(c.file))
	}
	if s, ok := t.table(key); ok {
		return s.schema(t.name(key))
	}
	return nil
}
