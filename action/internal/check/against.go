package check

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

// Against is what callers rely on now.
type Against struct {
	// Name is how findings call it: "live", or a revision or folder.
	Name string
	// Versions are those that callers may have been written for, by prompt name.
	Versions map[string][]Version
	// FS and Prompts are the other tree; FS is nil for live versions.
	FS      fs.FS
	Prompts string
}

// Version is one version that callers may have been written for.
type Version struct {
	Prompt *prompts.Prompt // nil when it could not be read
	Ref    string
	Where  string // for people: "production, stable, 90 %"
	Fault  string // why Prompt is nil
}

// Tree makes the versions of another tree, of a revision or a folder. Prompts
// of it that have errors are versions that cannot be compared.
func Tree(name string, fsys fs.FS, folder string) (*Against, error) {
	if _, err := fs.Stat(fsys, folder); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	a := &Against{Name: name, Versions: map[string][]Version{}, FS: fsys, Prompts: folder}
	tree, _ := prompts.Load(fsys, folder, nil)
	for _, d := range tree.Definitions() {
		a.Versions[d.Prompt.Name()] = []Version{{Prompt: d.Prompt, Ref: d.Prompt.Ref().String(), Where: name}}
	}
	for _, f := range tree.Findings().Errors() {
		if prompt := prompts.NameOf(folder, f.File, prompts.Extension); prompt != "" {
			a.Versions[prompt] = []Version{{Ref: prompt, Where: name, Fault: f.String()}}
		}
	}
	return a, nil
}

// contracts compares every prompt with the versions that callers rely on.
func (c *checker) contracts() {
	if c.Against == nil {
		return
	}
	for _, d := range c.tree.Definitions() {
		versions := c.Against.Versions[d.Prompt.Name()]
		breaks := false
		for _, v := range versions {
			if v.Prompt == nil {
				c.unread(d, v)
				continue
			}
			for _, e := range compare.Breaks(v.Prompt, d.Prompt) {
				breaks = true
				c.breaking(d, v, e)
			}
		}
		if d.Breaking != "" && !breaks {
			c.add(d, c.finding(d, ruleNoBreak, "remove breaking", []string{"breaking"}, "nothing breaks for callers of %s", c.Against.Name))
		}
		if d.Deprecated != nil && len(versions) > 0 && c.Against.FS == nil {
			c.add(d, c.finding(d, ruleDeprecated, "find its callers, then retire it", []string{"deprecated"}, "%s is deprecated and has traffic: %s", d.Prompt.Name(), places(versions)))
		}
	}
	c.reach()
}

func places(versions []Version) string {
	var out []string
	for _, v := range versions {
		out = append(out, v.Where)
	}
	return strings.Join(out, "; ")
}

func (c *checker) finding(d *prompts.Definition, rule, hint string, key []string, format string, args ...any) prompts.Finding {
	f := prompts.Finding{File: d.File, Rule: rule, Hint: hint, Message: fmt.Sprintf(format, args...)}
	f.Line, f.Col = c.at(d, key...)
	return f
}

// unread reports a version that could not be compared. Nobody can say that its
// callers are served.
func (c *checker) unread(d *prompts.Definition, v Version) {
	c.add(d, prompts.Finding{File: d.File, Rule: ruleUnread, Message: fmt.Sprintf("%s (%s) cannot be compared: %s", v.Ref, v.Where, v.Fault)})
}

// breaking reports one thing that breaks callers of a version. When the file
// says that it is meant, it is a note.
func (c *checker) breaking(d *prompts.Definition, v Version, e compare.Effect) {
	message := fmt.Sprintf("%s: breaks callers of %s (%s)", e.Message, v.Prompt.Version(), v.Where)
	if d.Breaking == "" {
		c.add(d, c.finding(d, ruleBreaking, e.Hint, e.Key, "%s", message))
		return
	}
	f := c.finding(d, ruleBreaking, "", e.Key, "%s; accepted: %s", message, d.Breaking)
	f.Severity = prompts.Note
	c.findings = append(c.findings, f)
}

// reach reports how many prompts a changed partial makes new versions of.
func (c *checker) reach() {
	if c.Against.FS == nil {
		return
	}
	for _, p := range c.tree.Partials() {
		now, _ := fs.ReadFile(c.FS, p.File)
		before, err := fs.ReadFile(c.Against.FS, c.Against.Prompts+strings.TrimPrefix(p.File, c.Config.Prompts))
		if err == nil && bytes.Equal(now, before) || len(p.UsedBy) == 0 {
			continue
		}
		changed := slices.DeleteFunc(slices.Clone(p.UsedBy), func(name string) bool {
			d, _ := c.tree.Lookup(name)
			versions := c.Against.Versions[name]
			return len(versions) == 1 && versions[0].Prompt != nil && versions[0].Prompt.Digest() == d.Prompt.Digest()
		})
		if len(changed) > 0 {
			c.add(nil, prompts.Finding{File: p.File, Rule: ruleReach, Message: fmt.Sprintf("this partial is in %s with a new version: %s", wording.Counted(len(changed), "prompt", "prompts"), wording.Few(changed))})
		}
	}
}
