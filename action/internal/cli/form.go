package cli

import (
	"errors"
	"fmt"
	"strings"
)

// formFlags are the inputs of the action that are options of a command, by
// the option.
var formFlags = [...]struct{ input, option string }{
	{"INPUT_FROM", "--from="},
	{"INPUT_TO", "--to="},
	{"INPUT_TIME", "--time="},
	{"INPUT_USER", "--user="},
}

// formArguments are those that are arguments, in their order.
var formArguments = [...]string{"INPUT_PROMPT", "INPUT_PERCENT"}

// withForm adds to the words of a command what people typed into the fields
// of a form. Each field is one value of one option or argument, whatever is
// in it: quotes, spaces and dashes make no further words and no options. A
// field that the command does not know is an error of the command line.
func (p Process) withForm(words []string) ([]string, error) {
	var options, arguments []string
	for _, f := range formFlags {
		if v := strings.TrimSpace(p.Getenv(f.input)); v != "" {
			options = append(options, f.option+v)
		}
	}
	for _, name := range formArguments {
		if v := strings.TrimSpace(p.Getenv(name)); v != "" {
			arguments = append(arguments, v)
		}
	}
	switch {
	case len(options)+len(arguments) == 0:
		return words, nil
	case len(words) == 0:
		return nil, usageError{errors.New("the inputs prompt, percent, from, to, time and user belong to a command: give the command input, too")}
	case len(arguments) > 0 && strings.TrimSpace(p.Getenv(formArguments[0])) == "" && len(words) == 1:
		return nil, usageError{fmt.Errorf("%s needs the prompt input", words[0])}
	}
	words = append(words, options...)
	if len(arguments) > 0 {
		words = append(append(words, "--"), arguments...)
	}
	return words, nil
}
