package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/promptflag/promptflag/action/example"
)

type helpCmd struct {
	Topic []string `arg:"" optional:"" help:"format, evaluation, rules, the id of a rule such as PF020, or a command."`
}

var ruleID = regexp.MustCompile(`^(?i)pf[0-9]{3}$`)

func (c helpCmd) Run(ctx context.Context, s *session, k *kong.Context) error {
	topic := strings.Join(c.Topic, " ")
	switch {
	case topic == "":
		_, err := io.WriteString(s.Stdout, "promptflag help format      how a prompt file is written\npromptflag help evaluation  how a prompt is evaluated, and what decides\npromptflag help rules       what check finds\npromptflag help PF020       one rule\npromptflag help rollback    one command\npromptflag --help           the commands\n")
		return err
	case topic == "format" || topic == "evaluation" || topic == "rules":
		page, err := fs.ReadFile(example.Docs(), "docs/"+topic+".md")
		if err != nil {
			return err
		}
		_, err = s.Stdout.Write(page)
		return err
	case ruleID.MatchString(topic):
		section, err := ruleSection(strings.ToUpper(topic))
		if err != nil {
			return err
		}
		_, err = io.WriteString(s.Stdout, section)
		return err
	}
	if isCommand(k.Model.Node, c.Topic) {
		return s.run(ctx, append(c.Topic, "--help"), s.runner)
	}
	return usageError{fmt.Errorf("there is no help about %q: %w", topic, errors.New("format, evaluation, rules, the id of a rule, or a command"))}
}

// isCommand reports whether words name a command, such as audit export.
func isCommand(n *kong.Node, words []string) bool {
	for _, word := range words {
		i := slices.IndexFunc(n.Children, func(c *kong.Node) bool { return c.Name == word })
		if i < 0 {
			return false
		}
		n = n.Children[i]
	}
	return true
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
