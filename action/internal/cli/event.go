package cli

import "fmt"

// fromEvent chooses the command of a workflow run that names none, by
// INPUT_COMMAND or by the event.
func (p Process) fromEvent() ([]string, error) {
	if command := p.Getenv("INPUT_COMMAND"); command != "" {
		return splitWords(command)
	}
	switch event := p.Getenv("GITHUB_EVENT_NAME"); event {
	case "pull_request":
		return []string{"plan"}, nil
	case "merge_group":
		return []string{"check"}, nil
	case "push":
		return []string{"publish"}, nil
	default:
		return nil, usageError{fmt.Errorf("the event %q has no command of its own: run promptflag on pull_request, merge_group or push, or give the command input", event)}
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
