package prompts

import (
	"errors"
	"fmt"
	"regexp"
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
	MovedFrom    string              // the name this prompt had before; "" when it was not renamed
	Deprecated   *Deprecated         // nil when the prompt is not deprecated
	Rollout      map[string]Rollout  // by environment; overrides promptflag.toml
	Breaking     string              // why a breaking change is meant; "" when none is
	Ignore       map[string]string   // reasons of [check] ignore, by rule
	Inputs       map[string]InputDoc // by variable, all of them: what is said about it and is not identity
	Partials     []string            // files of the partials that the prompt includes, also through others; sorted
	Files        []string            // files that it names by content_file, parameters_file and schema_file; sorted
	Warnings     Findings            // what is not an error, and was not ignored
	Ignored      Findings            // what Ignore and LoadOptions.Ignore left out
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

// InputDoc is what a file says about a variable for people.
type InputDoc struct {
	Description string
	Example     any // as encoding/json would decode it, integers as int64; nil when not written
}

// Parse reads the definition of the prompt called name from the text of a TOML
// file. The error is Findings, with everything that is wrong; only a syntax
// error hides what else there may be. Other files are out of reach: a text with
// partials or the name of a file is an error. Load finds them.
func Parse(file, name string, src []byte) (*Definition, error) {
	c := &checker{source: &source{file: file, lines: []int{0}}, findingList: &findingList{}}
	d, findings := c.definition(name, src, nil)
	if d.Prompt == nil {
		return nil, findings
	}
	return d, nil
}

// definition returns the definition, and all that there is to say about it; with
// an error among that, or in a file that it refers to, it has no prompt.
func (c *checker) definition(name string, src []byte, ignore func(Finding) bool) (*Definition, Findings) {
	d := &Definition{File: c.file}
	c.read(name, src, d)
	c.limit()
	c.findings.Sort()
	var rest Findings
	for _, f := range c.findings {
		rule, _ := RuleByID(f.Rule)
		_, ignored := d.Ignore[f.Rule]
		switch {
		case rule.Ignorable && (ignored || ignore != nil && ignore(f)):
			d.Ignored = append(d.Ignored, f)
		default:
			rest = append(rest, f)
		}
	}
	if len(rest.Errors()) > 0 {
		d.Prompt = nil
	} else {
		d.Warnings = rest
	}
	return d, rest
}

// read fills d; without a prompt when something stands in the way of one.
func (c *checker) read(name string, src []byte, d *Definition) {
	if err := ValidName(name); err != nil {
		c.addFile(ruleFileName, "rename the file", "%s", err)
	}
	if len(src) > maxSize {
		c.addFile(ruleTooLarge, "move what the model need not see out of the prompt", "file is larger than %d bytes", maxSize)
		return
	}
	c.source = newSource(c.file, src)
	file, ok := c.decode()
	if !ok {
		return
	}
	c.decoded = true
	artifact := map[string]any{"promptflag": 1, "name": name}
	c.about(file, d)
	c.identity(file, d, artifact)
	if c.broken {
		return
	}
	for _, f := range c.findings {
		if rule, _ := RuleByID(f.Rule); !rule.Ignorable {
			return
		}
	}
	data, err := canonical(artifact)
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("prompt is larger than %d bytes", maxSize)
	}
	if err == nil {
		d.Prompt, err = decodeWritten(data, artifact)
	}
	if err != nil {
		c.addFile(ruleTooLarge, "", "%s", err)
	}
}

// decode parses the TOML and makes its values plain.
func (c *checker) decode() (table, bool) {
	if !c.sound() {
		return table{}, false
	}
	root, costly := scan(c.text)
	if costly >= 0 {
		c.add(ruleTooLarge, costly, "", "keys are too deep, too long or too many")
		return table{}, false
	}
	m, err := decodeTOML(c.text)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		c.add(ruleSyntax, c.character(syntax.Position.Start), "", "%s", strings.TrimSuffix(syntax.Message, "."))
		return table{}, false
	case err != nil:
		c.addFile(ruleSyntax, "", "%s", err)
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
	d.Breaking = file.words("breaking")
	if t, ok := file.table("deprecated"); ok {
		t.known([]string{"reason", "replaced_by"}, nil)
		d.Deprecated = &Deprecated{Reason: t.words("reason"), ReplacedBy: t.promptName("replaced_by")}
	}
	if t, ok := file.table("check"); ok {
		t.known([]string{"ignore"}, nil)
		if ignore, ok := t.table("ignore"); ok {
			d.Ignore = ignore.ignore()
		}
	}
	if t, ok := file.table("rollout"); ok {
		d.Rollout = t.rollout()
	}
}

func (t table) rollout() map[string]Rollout {
	out := map[string]Rollout{}
	for _, environment := range t.keys() {
		e, ok := t.table(environment)
		if !ok {
			continue
		}
		e.known([]string{"percent", "stickiness"}, nil)
		r := Rollout{Stickiness: e.words("stickiness")}
		if percent, ok := e.integer("percent", 0, 100); ok {
			r.Percent = &percent
		}
		out[environment] = r
	}
	return out
}

var rulePattern = regexp.MustCompile(`^PF[0-9]{3}$`)

// ignore reads the exceptions of a file. Rules from PF100 on belong to others.
func (t table) ignore() map[string]string {
	out := map[string]string{}
	for _, id := range t.keys() {
		at := t.n.child(id).pos()
		rule, known := RuleByID(id)
		switch {
		case !rulePattern.MatchString(id) || !known && id < "PF100":
			t.add(ruleIgnore, at, "", "%q is not the id of a rule", shorten(id))
		case known && !rule.Ignorable:
			t.add(ruleIgnore, at, "mend the finding", "%s (%s) cannot be ignored: without it there is no artifact", id, rule.Name)
		default:
			reason, ok := t.str(id)
			if ok && strings.TrimSpace(reason) == "" {
				t.add(ruleIgnore, t.n.child(id).value(), "say why", "%s gives no reason", t.name(id))
			}
			out[id] = reason
		}
	}
	return out
}

func (t table) promptName(key string) string {
	s, ok := t.str(key)
	if !ok {
		return ""
	}
	if err := ValidName(s); err != nil {
		t.add(ruleFileName, t.n.child(key).value(), "", "%s: %s", t.name(key), err)
	}
	return s
}
