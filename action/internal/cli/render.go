package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

type renderCmd struct {
	which
	Var  map[string]string `short:"v" placeholder:"NAME=VALUE" mapsep:"none" help:"Value of a variable; for other types than string, and for placeholders, JSON."`
	Vars string            `placeholder:"FILE" help:"JSON object with values; - for standard input."`
	JSON bool              `name:"json" help:"Print the messages as JSON."`
}

// maxVars bounds the file with values.
const maxVars = 16 << 20

func (c renderCmd) Run(ctx context.Context, s *session) error {
	p, err := c.prompt(ctx, s)
	if err != nil {
		return err
	}
	values, err := c.values(s, p)
	if err != nil {
		return usageError{err}
	}
	messages, err := p.Render(values)
	if err != nil {
		return refusal{err}
	}
	if c.JSON {
		return s.json(messages)
	}
	var b strings.Builder
	writeMessages(&b, messages, nil)
	_, err = io.WriteString(s.Stdout, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func (c renderCmd) values(s *session, p *prompts.Prompt) (map[string]any, error) {
	values := map[string]any{}
	if c.Vars != "" {
		data, err := s.readFile(c.Vars)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &values); err != nil {
			return nil, fmt.Errorf("%s: a JSON object is expected: %w", c.Vars, err)
		}
	}
	types := map[string]string{}
	for _, v := range p.Variables() {
		types[v.Name] = string(v.Type)
	}
	for _, m := range p.Messages() {
		if m.Placeholder != "" {
			types[m.Placeholder] = "array"
			if _, given := values[m.Placeholder]; !given { // nothing was said before
				values[m.Placeholder] = []prompts.Message{}
			}
		}
	}
	var problems []error
	for name, text := range c.Var {
		if t, declared := types[name]; !declared || t == "string" {
			values[name] = text
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			problems = append(problems, fmt.Errorf("--var %s: a JSON %s is expected, got %q", name, types[name], text))
			continue
		}
		values[name] = v
	}
	return values, errors.Join(problems...)
}

func (s *session) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(s.Stdin, maxVars))
	}
	f, err := os.Open(s.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxVars))
}
