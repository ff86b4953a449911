package prompts

import (
	"errors"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// Definition is one TOML file: the prompt, and what the team says about it.
// Nothing but the Prompt is part of the identity.
type Definition struct {
	Prompt       *Prompt
	File         string // slash path as given to Parse, or below the fs.FS given to Load
	Description  string
	Owners, Tags []string
	MovedFrom    string             // the name this prompt had before; "" when it was not renamed
	Deprecated   *Deprecated        // nil when the prompt is not deprecated
	Rollout      map[string]Rollout // by environment; overrides promptflag.toml
}

// Deprecated says that a prompt should no longer be used.
type Deprecated struct {
	Reason     string
	ReplacedBy string // the name of another prompt, or ""
}

// Rollout is how a new version starts in one environment.
type Rollout struct {
	Percent    *int   // 0 to 100; nil when not written
	Stickiness string // "" when not written
}

// Parse reads the definition of the prompt called name from the text of a TOML
// file. The error is Findings, with everything that is wrong; only a syntax
// error hides what else there may be.
func Parse(file, name string, src []byte) (*Definition, error) {
	c := &checker{source: &source{file: file, lines: []int{0}}}
	d := c.definition(name, src)
	if len(c.findings) == 0 {
		return d, nil
	}
	c.findings.Sort()
	if c.full() {
		c.addFile("", "there may be more findings: only %d are listed", maxFindings)
	}
	return nil, c.findings
}

func (c *checker) definition(name string, src []byte) *Definition {
	if err := ValidName(name); err != nil {
		c.addFile("rename the file", "%s", err)
	}
	if len(src) > maxSize {
		c.addFile("move what the model need not see out of the prompt", "file is larger than %d bytes", maxSize)
		return nil
	}
	c.source = newSource(c.file, src)
	file, ok := c.decode()
	if !ok {
		return nil
	}
	d := &Definition{File: c.file}
	artifact := map[string]any{"promptflag": 1, "name": name}
	c.about(file, d)
	c.identity(file, artifact)
	if len(c.findings) > 0 {
		return nil
	}
	data, err := canonical(artifact)
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("prompt is larger than %d bytes", maxSize)
	}
	if err == nil {
		d.Prompt, err = Decode(data)
	}
	if err != nil {
		c.addFile("", "%s", err)
	}
	return d
}

// decode parses the TOML and makes its values plain.
func (c *checker) decode() (table, bool) {
	if at := c.invalidUTF8(); at >= 0 {
		c.add(at, "save the file as UTF-8", "invalid UTF-8")
		return table{}, false
	}
	if at := strings.IndexByte(c.text, '\r'); at >= 0 {
		c.add(at, "end lines with LF or CRLF", "carriage return that does not end a line")
		return table{}, false
	}
	root, costly := scan(c.text)
	if costly >= 0 {
		c.add(costly, "", "keys are too deep, too long or too many")
		return table{}, false
	}
	m, err := decodeTOML(c.text)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		c.add(syntax.Position.Start, "", "%s", strings.TrimSuffix(syntax.Message, "."))
		return table{}, false
	case err != nil:
		c.addFile("", "%s", err)
		return table{}, false
	}
	c.plain(m, root, 0)
	return table{checker: c, m: m, n: root}, true
}

// decodeTOML turns a panic of the library, which it calls a bug of its own and
// raises on some malformed input, into an error.
func decodeTOML(text string) (m map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not TOML: %v", r)
		}
	}()
	_, err = toml.Decode(text, &m)
	return m, err
}

// about reads what is not identity.
func (c *checker) about(file table, d *Definition) {
	d.Description, _ = file.str("description")
	d.Owners = file.strings("owners")
	d.Tags = file.strings("tags")
	d.MovedFrom = file.promptName("moved_from")
	if t, ok := file.table("deprecated"); ok {
		t.known([]string{"reason", "replaced_by"}, nil)
		d.Deprecated = &Deprecated{Reason: t.text("reason"), ReplacedBy: t.promptName("replaced_by")}
	}
	rollout, ok := file.table("rollout")
	if !ok {
		return
	}
	d.Rollout = map[string]Rollout{}
	for _, environment := range rollout.keys() {
		t, ok := rollout.table(environment)
		if !ok {
			continue
		}
		t.known([]string{"percent", "stickiness"}, nil)
		r := Rollout{Stickiness: t.text("stickiness")}
		if percent, ok := t.integer("percent", 0, 100); ok {
			r.Percent = &percent
		}
		d.Rollout[environment] = r
	}
}

func (t table) promptName(key string) string {
	s, ok := t.str(key)
	if !ok {
		return ""
	}
	if err := ValidName(s); err != nil {
		t.add(t.n.child(key).value(), "", "%s: %s", t.name(key), err)
	}
	return s
}
