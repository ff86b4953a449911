package check

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// suites checks evaluations: by themselves, and against the prompts that they
// are of.
func (c *checker) suites() error {
	files, err := c.suiteFiles()
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, file := range files {
		name := suite.PromptOf(c.Config.Prompts, file)
		have[name] = true
		s, err := suite.Load(c.FS, c.Config.Prompts, file)
		var findings prompts.Findings
		switch {
		case errors.As(err, &findings):
			c.found(findings, ruleSuite)
			continue
		case err != nil:
			return err
		}
		d, ok := c.tree.Lookup(name)
		if !ok {
			if _, broken := c.Config.File(c.FS, name); !broken {
				c.add(nil, Alone(file, name))
			}
			continue
		}
		if d.Prompt.Model() == "" {
			c.add(nil, prompts.Finding{File: file, Rule: ruleSuite, Hint: "write model = \"…\" in " + d.File, Message: "the prompt names no model to ask"})
		}
		cases, err := evalkit.Check(s, d.Prompt)
		if err != nil {
			return err
		}
		c.found(cases, ruleCase)
	}
	if c.Config.Gate.RequireSuite {
		for _, d := range c.tree.Definitions() {
			if name := c.prompt(d.File); !have[name] {
				c.add(d, prompts.Finding{File: d.File, Rule: ruleNoSuite, Hint: "write " + strings.TrimSuffix(d.File, ".toml") + suite.Extension, Message: name + " has no suite, and [gate] require_suite asks for one"})
			}
		}
	}
	return nil
}

// Alone is the finding about a suite without a prompt, a warning.
func Alone(file, prompt string) prompts.Finding {
	return prompts.Finding{
		File: file, Rule: ruleSuiteAlone, Severity: prompts.Warning,
		Message: "there is no prompt " + prompt, Hint: "rename it like the prompt's file, or remove it",
	}
}

// found adds findings of others under a rule of ours.
func (c *checker) found(findings prompts.Findings, rule string) {
	for _, f := range findings {
		if f.Rule == "" {
			f.Rule = rule
		}
		f.Severity = prompts.Error
		c.findings = append(c.findings, f)
	}
}

// suiteFiles are the suites of the prompts that are checked.
func (c *checker) suiteFiles() ([]string, error) {
	files, err := suite.Find(c.FS, c.Config.Prompts)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil // that there are no prompts was said
	case err != nil || len(c.Names) == 0:
		return files, err
	}
	return slices.DeleteFunc(files, func(file string) bool {
		return !slices.Contains(c.Names, suite.PromptOf(c.Config.Prompts, file))
	}), nil
}
