package prompts_test

import (
	"errors"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/promptflag/promptflag/prompts"
)

const triage = `
description = "Sorts incoming tickets."
model = "gpt-4o-mini"

[parameters]
temperature = 0

[variables.ticket]
type = "string"

[variables.language]
type = "string"
default = "en"
enum = ["en", "de"]

[[messages]]
role = "system"
content = "You sort tickets. Answer in {{language}}."

[[messages]]
role = "user"
content = "{{ticket}}"
`

func ExampleParse() {
	definition, err := prompts.Parse("prompts/support/triage.toml", "support.triage", []byte(triage))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(definition.Description)
	fmt.Println(definition.Prompt)
	fmt.Println(definition.Prompt.Version())
	// Output:
	// Sorts incoming tickets.
	// support.triage@sha256:f1faef186462270ebba5bf79383a2796668d3f1c5e584ce5b6a3737b45b755fe
	// f1faef186462
}

func ExampleParse_findings() {
	_, err := prompts.Parse("prompts/hello.toml", "hello", []byte(`
modle = "gpt-4o-mini"
[[messages]]
role = "user"
content = "Hello {{name}}."
`))
	fmt.Println(err)
	// Output:
	// prompts/hello.toml: PF008 model is missing (add model = "…" at the top)
	// prompts/hello.toml:2:1: PF006 unknown key "modle" (did you mean model?)
	// prompts/hello.toml:5:18: PF019 variable "name" is not declared (add [variables.name])
}

func ExampleLoad() {
	repository := fstest.MapFS{
		"prompts/support/triage.toml": {Data: []byte(triage)},
		"prompts/support/_tone.md":    {Data: []byte("Be kind.")},
	}
	tree, err := prompts.Load(repository, "prompts", nil)
	if err != nil {
		log.Fatal(err) // every finding, one per line
	}
	for _, definition := range tree.Definitions() {
		fmt.Println(definition.Prompt.Name(), definition.File)
	}
	// Output:
	// support.triage prompts/support/triage.toml
}

func ExamplePrompt_Render() {
	definition, err := prompts.Parse("triage.toml", "support.triage", []byte(triage))
	if err != nil {
		log.Fatal(err)
	}
	messages, err := definition.Prompt.Render(map[string]any{"ticket": "My card was charged <twice>"})
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range messages {
		fmt.Printf("%s: %s\n", m.Role, m.Content)
	}

	_, err = definition.Prompt.Render(map[string]any{"tickt": "…", "language": "fr"})
	var wrong *prompts.RenderError
	if errors.As(err, &wrong) {
		for _, p := range wrong.Problems {
			fmt.Println(p.Variable, p.Message)
		}
	}
	// Output:
	// system: You sort tickets. Answer in en.
	// user: My card was charged <twice>
	// language must be one of "en", "de"
	// ticket is missing
	// tickt is not declared
}

func ExampleFrom() {
	// What another OpenFeature provider returned for client.ObjectValue.
	value := map[string]any{
		"promptflag": 1,
		"name":       "hello",
		"model":      "gpt-4o-mini",
		"messages":   []any{map[string]any{"role": "user", "content": "Hello."}},
	}
	p, err := prompts.From(value)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Name(), p.Version())
	fmt.Println(string(p.Artifact()))
	// Output:
	// hello 4581af0d128c
	// {"messages":[{"content":"Hello.","role":"user"}],"model":"gpt-4o-mini","name":"hello","promptflag":1}
}
