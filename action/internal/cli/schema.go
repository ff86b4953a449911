package cli

import (
	"bytes"
	"context"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/schema"
)

type schemaCmd struct {
	Of string `arg:"" optional:"" default:"prompt" enum:"prompt,eval,config" name:"prompt|eval|config" help:"The file that the schema describes: a prompt (the default), its evaluation with eval, or promptflag.toml with config."`
	generated
}

// Help is the end of promptflag schema --help.
func (schemaCmd) Help() string {
	return `Editors with Taplo, such as Visual Studio Code with Even Better TOML, complete and check by it. Keep it in the repository, for example with

	promptflag schema --out prompt.schema.json

and name it in a comment at the top of a prompt, counted from the prompt's folder, or by its URL:

	#:schema ../prompt.schema.json

or once for all in .taplo.toml, at the root of the repository:

	[[rule]]
	include = ["prompts/**/*.toml"]
	exclude = ["prompts/**/*.eval.toml"]
	schema.path = "prompt.schema.json"

	[[rule]]
	include = ["prompts/**/*.eval.toml"]
	schema.path = "eval.schema.json"

A schema sees keys, types, words and ranges. Templates, other files and what else promptflag check finds, it does not see.`
}

func (c schemaCmd) Run(_ context.Context, s *session) error {
	n := schema.Prompt()
	switch c.Of {
	case "config":
		n = schema.Config()
	case "eval":
		n = schema.Suite()
	}
	data, err := schema.JSON(n)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	title, command := fmt.Sprintf("\"title\": %q", n["title"]), "promptflag schema "+c.Of+" --out "+c.Out
	return c.write(s, data, command, func(before []byte) bool { return bytes.Contains(before, []byte(title)) })
}
