package check

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/secrets"
	"github.com/promptflag/promptflag/prompts"
)

// Input is what Run looks at.
type Input struct {
	FS      fs.FS // the prompts repository
	Config  *config.Config
	Names   []string // of the only prompts to check; empty means all
	Against *Against // what callers rely on now; nil when nobody asked
}

// Report is what Run found.
type Report struct {
	Tree     *prompts.Tree
	Findings prompts.Findings // in file order
	Ignored  prompts.Findings // what exceptions left out, in file order
}

// Errors are the findings that stop a change.
func (r *Report) Errors() prompts.Findings { return r.Findings.Errors() }

// Run checks. The error is of another kind than findings: the rules for secrets
// could not be read, say.
func Run(in Input) (*Report, error) {
	c := &checker{Input: in, used: map[int]bool{}}
	tree, err := prompts.Load(in.FS, in.Config.Prompts, &prompts.LoadOptions{Names: in.Names, Ignore: func(f prompts.Finding) bool { return c.exception(f) >= 0 }})
	if findings := (prompts.Findings)(nil); err != nil && !errors.As(err, &findings) {
		return nil, err
	}
	c.tree = tree
	c.findings = tree.Findings()
	for _, d := range append(tree.Definitions(), tree.Broken()...) {
		for _, f := range d.Ignored {
			c.ignored = append(c.ignored, f)
			c.exception(f)
		}
		c.definition(d)
	}
	c.partials()
	if err := c.secrets(); err != nil {
		return nil, err
	}
	if err := c.suites(); err != nil {
		return nil, err
	}
	c.contracts()
	c.needless()
	for i, f := range c.findings {
		c.findings[i].Severity = cmp.Or(in.Config.Check.Severity[f.Rule], f.Severity)
	}
	c.findings.Sort()
	c.ignored.Sort()
	return &Report{Tree: tree, Findings: c.findings, Ignored: c.ignored}, nil
}

type checker struct {
	Input
	tree     *prompts.Tree
	findings prompts.Findings
	ignored  prompts.Findings
	used     map[int]bool // exceptions of promptflag.toml that left out something
}

// prompt is the name of the prompt that a file defines, or "".
func (c *checker) prompt(file string) string {
	return prompts.NameOf(c.Config.Prompts, file, prompts.Extension)
}

// exception is the index of the exception in promptflag.toml that leaves out a
// finding, or -1.
func (c *checker) exception(f prompts.Finding) int {
	return slices.IndexFunc(c.Config.Check.Ignore, func(e config.Ignore) bool {
		return e.Rule == f.Rule && (len(e.Prompts) == 0 || config.Match(e.Prompts, c.prompt(f.File)))
	})
}

// add reports a finding about a file, unless an exception leaves it out. d is
// the definition that the file belongs to, or nil.
func (c *checker) add(d *prompts.Definition, f prompts.Finding) {
	rule := ruleByID(f.Rule)
	f.Severity = rule.Severity
	if rule.Ignorable {
		own := false
		if d != nil {
			_, own = d.Ignore[f.Rule]
		}
		if own || c.exception(f) >= 0 {
			c.ignored = append(c.ignored, f)
			return
		}
	}
	c.findings = append(c.findings, f)
}

// at is the place of a key in a definition's file. It reads the file again: few
// findings need it.
func (c *checker) at(d *prompts.Definition, key ...string) (line, col int) {
	src, err := fs.ReadFile(c.FS, d.File)
	if err != nil {
		return 0, 0
	}
	doc, err := prompts.ReadDocument(d.File, src)
	if err != nil {
		return 0, 0
	}
	f := doc.Finding(key, "", "")
	return f.Line, f.Col
}

// flagNameLimit is how long the name of a flag may be on the server.
const flagNameLimit = 100

// definition checks what a definition says about itself.
func (c *checker) definition(d *prompts.Definition) {
	name := c.prompt(d.File)
	say := func(rule, hint, format string, args ...any) prompts.Finding {
		return prompts.Finding{File: d.File, Rule: rule, Hint: hint, Message: fmt.Sprintf(format, args...)}
	}
	place := func(f prompts.Finding, key ...string) prompts.Finding {
		f.Line, f.Col = c.at(d, key...)
		return f
	}
	if len(d.Owners) == 0 {
		c.add(d, say(ruleOwner, `add owners = ["@team"]`, "%s has no owner", name))
	}
	if strings.TrimSpace(d.Description) == "" {
		c.add(d, say(ruleDescription, `add description = "…"`, "%s has no description", name))
	}
	if names := c.Config.Check.Names; len(names) > 0 && !config.Match(names, name) {
		c.add(d, say(ruleNames, "names are "+strings.Join(names, ", "), "%s is not a name that %s allows", name, config.FileName))
	}
	for _, e := range c.Config.Environments {
		if flag := e.Flag(name); len(flag) > flagNameLimit {
			c.add(d, say(ruleFlagName, "shorten the path of the file, or flag_prefix", "the flag name %q has %d characters, Unleash takes %d", flag, len(flag), flagNameLimit))
			break
		}
	}
	for environment := range d.Rollout {
		if _, ok := c.Config.Lookup(environment); !ok {
			c.add(d, place(say(ruleEnvironment, "there are "+strings.Join(c.Config.Names(), ", "), "[rollout.%s] names an environment that %s does not have", environment, config.FileName), "rollout", environment))
		}
	}
	if len(c.Names) > 0 {
		return // the other prompts are not known
	}
	if dep := d.Deprecated; dep != nil && dep.ReplacedBy != "" {
		switch other, ok := c.tree.Lookup(dep.ReplacedBy); {
		case !ok:
			c.add(d, place(say(ruleReplacedBy, "", "there is no prompt %s", dep.ReplacedBy), "deprecated", "replaced_by"))
		case other.Deprecated != nil:
			c.add(d, place(say(ruleReplacedBy, "", "%s is deprecated itself", dep.ReplacedBy), "deprecated", "replaced_by"))
		}
	}
	if d.MovedFrom != "" {
		if _, ok := c.tree.Lookup(d.MovedFrom); ok {
			c.add(d, place(say(ruleMovedFrom, "remove moved_from, or the other file", "%s is still here", d.MovedFrom), "moved_from"))
		}
	}
}

// partials reports those that nobody uses. Prompts with errors may use them.
func (c *checker) partials() {
	if len(c.findings.Errors()) > 0 {
		return
	}
	for _, p := range c.tree.Partials() {
		if len(p.UsedBy) == 0 {
			c.add(nil, prompts.Finding{File: p.File, Rule: ruleUnused, Hint: "remove it, or write {{> " + partialName(p.File) + "}} somewhere", Message: "no prompt uses this partial"})
		}
	}
}

func partialName(file string) string {
	return strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "_"), path.Ext(file))
}

// needless reports exceptions that left out nothing. With only some prompts
// checked, or nothing to compare with, nobody can tell.
func (c *checker) needless() {
	hit := map[string]map[string]bool{}
	for _, f := range c.ignored {
		if hit[f.File] == nil {
			hit[f.File] = map[string]bool{}
		}
		hit[f.File][f.Rule] = true
		c.used[c.exception(f)] = true
	}
	undecided := func(rule string) bool {
		return c.Against == nil && (rule == ruleDeprecated || rule == ruleReach || rule == ruleNoBreak || rule == ruleBreaking)
	}
	for _, d := range c.tree.Definitions() {
		for rule := range d.Ignore {
			if ruleByID(rule).Name == "" {
				f := prompts.Finding{File: d.File, Rule: ruleNeedless, Message: fmt.Sprintf("there is no rule %s", rule)}
				f.Line, f.Col = c.at(d, "check", "ignore", rule)
				c.findings = append(c.findings, withSeverity(f))
			} else if !hit[d.File][rule] && !undecided(rule) && len(c.Names) == 0 {
				f := prompts.Finding{File: d.File, Rule: ruleNeedless, Hint: "remove it", Message: fmt.Sprintf("%s (%s) finds nothing here to ignore", rule, ruleByID(rule).Name)}
				f.Line, f.Col = c.at(d, "check", "ignore", rule)
				c.findings = append(c.findings, withSeverity(f))
			}
		}
	}
	for i, e := range c.Config.Check.Ignore {
		if !c.used[i] && !undecided(e.Rule) && len(c.Names) == 0 && len(c.findings.Errors()) == 0 {
			c.findings = append(c.findings, withSeverity(prompts.Finding{File: config.FileName, Rule: ruleNeedless, Hint: "remove it",
				Message: fmt.Sprintf("check.ignore[%d]: %s finds nothing to ignore", i, e.Rule)}))
		}
	}
}

func withSeverity(f prompts.Finding) prompts.Finding {
	f.Severity = ruleByID(f.Rule).Severity
	return f
}

// secrets looks for credentials in everything that people wrote.
func (c *checker) secrets() error {
	detector, err := secrets.New()
	if err != nil {
		return fmt.Errorf("look for secrets: %w", err)
	}
	owner := map[string]*prompts.Definition{}
	for _, d := range append(c.tree.Definitions(), c.tree.Broken()...) {
		owner[d.File] = d
	}
	for _, f := range scan(c.FS, c.tree.Files(), detector) {
		c.add(owner[f.File], f)
	}
	return nil
}
