package cli

import (
	"bytes"
	"context"
	"fmt"
	"go/token"
	"path"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/action/internal/gen"
	"github.com/promptflag/promptflag/prompts"
)

type genCmd struct {
	Go genGoCmd `cmd:"" help:"Write a Go type for each prompt: a caller that misses a variable does not compile."`
}

type genGoCmd struct {
	Names   []string `arg:"" optional:"" name:"name" help:"Prompts, or globs such as 'support.*'. Without any: all."`
	Package string   `short:"p" placeholder:"NAME" help:"Name of the Go package. Default: the folder of --out, else promptgen."`
	generated
}

// Help is the end of promptflag gen go --help.
func (genGoCmd) Help() string {
	return `Required variables are arguments of a constructor, in the order of their names and each of a type of its own; optional ones are With methods:

	vars := promptgen.NewSupportReply(promptgen.SupportReplyCustomer(name), promptgen.SupportReplyTicket(text)).WithLanguage(promptgen.SupportReplyLanguageDe)
	messages, err := vars.Render(prompt)

A package holds one such file. In continuous integration, --check fails when prompts and file have parted:

	promptflag gen go --out internal/promptgen/prompts.go --check`
}

func (c genGoCmd) Run(_ context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	name, err := c.packageName(s)
	if err != nil {
		return usageError{err}
	}
	for _, glob := range c.Names {
		if _, err := path.Match(glob, ""); err != nil {
			return usageError{fmt.Errorf("glob %q: %w", glob, err)}
		}
	}
	tree, findings, err := s.sound(cfg)
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		return findings
	}
	list, err := pick(tree.Definitions(), c.Names)
	if err != nil {
		return usageError{err}
	}
	src, err := gen.Go(list, name)
	if err != nil {
		return fmt.Errorf("gen go: %w", err)
	}
	command := []string{"promptflag gen go --out", c.Out}
	if c.Package != "" {
		command = append(command, "--package", c.Package)
	}
	return c.write(s, src, strings.Join(append(command, c.Names...), " "), func(before []byte) bool { return bytes.HasPrefix(before, []byte(gen.Header)) })
}

// packageName is the option, or the name of the folder that the file is in.
func (c genGoCmd) packageName(s *session) (string, error) {
	switch {
	case c.Package != "" && (!token.IsIdentifier(c.Package) || c.Package == "_"):
		return "", fmt.Errorf("--package: %q cannot be the name of a Go package", c.Package)
	case c.Package != "":
		return c.Package, nil
	case c.Out == "":
		return "promptgen", nil
	}
	name := filepath.Base(filepath.Dir(s.path(c.Out)))
	if !token.IsIdentifier(name) || name == "_" {
		return "", fmt.Errorf("the folder %q of --out cannot be the name of a Go package: write --package NAME", name)
	}
	return name, nil
}

// pick returns the definitions that a name or glob means, in order. Each must
// mean one.
func pick(list []*prompts.Definition, globs []string) ([]*prompts.Definition, error) {
	if len(globs) == 0 {
		return list, nil
	}
	var out []*prompts.Definition
	used := make([]bool, len(globs))
	for _, d := range list {
		found := false
		for i, glob := range globs {
			if ok, _ := path.Match(glob, d.Prompt.Name()); ok {
				found, used[i] = true, true
			}
		}
		if found {
			out = append(out, d)
		}
	}
	for i, glob := range globs {
		if !used[i] {
			return nil, fmt.Errorf("there is no prompt %q", glob)
		}
	}
	return out, nil
}
