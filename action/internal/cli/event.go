package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// inputs gives flags the variables of their env tags. A runner sets every
// input of an action, those left out to nothing: an empty one is absent here,
// while kong alone takes it for the value.
func (p Process) inputs() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if v := strings.TrimSpace(p.Getenv(name)); v != "" {
				return v, nil
			}
		}
		return nil, nil
	})
}

// fromEvent chooses the command of a workflow run that names none, by
// INPUT_COMMAND or by the event.
func (p Process) fromEvent() ([]string, error) {
	words, err := splitWords(p.Getenv("INPUT_COMMAND"))
	if err == nil {
		words, err = p.withForm(words)
	}
	if err != nil || len(words) > 0 {
		return words, err
	}
	switch event := p.Getenv("GITHUB_EVENT_NAME"); event {
	case "pull_request":
		return []string{"pull"}, nil
	case "merge_group":
		return []string{"pull", "--queue"}, nil
	case "push":
		return []string{"publish"}, nil
	case "schedule":
		return []string{"drift"}, nil
	default:
		return nil, usageError{fmt.Errorf("the event %q has no command of its own: run promptflag on pull_request, merge_group, push or schedule, or give the command input", event)}
	}
}

// splitWords splits like a shell does with plain words and quotes; nothing is
// expanded and nothing is run.
func splitWords(s string) ([]string, error) {
	var words []string
	word, open, quote := "", false, rune(0)
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if open {
				words = append(words, word)
			}
			word, open = "", false
		default:
			word, open = word+string(r), true
		}
	}
	if quote != 0 {
		return nil, usageError{fmt.Errorf("command %q: a quote is not closed", s)}
	}
	if open {
		words = append(words, word)
	}
	if len(words) > 0 && words[0] == "promptflag" {
		words = words[1:]
	}
	return words, nil
}
