package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/promptflag/promptflag/action/example"
)

type helpCmd struct {
	Topic string `arg:"" optional:"" help:"format, evaluation, rules, or the id of a rule such as PF020."`
}

var ruleID = regexp.MustCompile(`^(?i)pf[0-9]{3}$`)

func (c helpCmd) Run(_ context.Context, s *session) error {
	switch {
	case c.Topic == "":
		_, err := io.WriteString(s.Stdout, "promptflag help format      how a prompt file is written\npromptflag help evaluation  how a prompt is evaluated, and what decides\npromptflag help rules       what check finds\npromptflag help PF020       one rule\npromptflag --help           the commands\n")
		return err
	case c.Topic == "format" || c.Topic == "evaluation" || c.Topic == "rules":
		page, err := fs.ReadFile(example.Docs(), "docs/"+c.Topic+".md")
		if err != nil {
			return err
		}
		_, err = s.Stdout.Write(page)
		return err
	case ruleID.MatchString(c.Topic):
		section, err := ruleSection(strings.ToUpper(c.Topic))
		if err != nil {
			return err
		}
		_, err = io.WriteString(s.Stdout, section)
		return err
	}
	return usageError{fmt.Errorf("there is no help about %q: %w", c.Topic, errors.New("format, evaluation, rules, or the id of a rule"))}
}

// ruleSection is the part of the page of rules that is about one.
func ruleSection(id string) (string, error) {
	page, err := fs.ReadFile(example.Docs(), "docs/rules.md")
	if err != nil {
		return "", err
	}
	_, section, ok := strings.Cut(string(page), "\n## "+id+"\n")
	if !ok {
		return "", usageError{fmt.Errorf("there is no rule %s: promptflag help rules lists them", id)}
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return "## " + id + "\n" + strings.TrimRight(section, "\n") + "\n", nil
}
