//go:build unix

package bench

import (
	"context"
	"fmt"

	"github.com/cbroglie/mustache"

	"github.com/promptflag/promptflag/prompts"
)

// templatesOfRender are the messages of the prompt that is rendered.
var templatesOfRender = []string{
	"You help the customers of {{company}}. Answer in {{language}}.\n{{#urgent}}\nThe customer waits: be quick.\n{{/urgent}}\nQuote the ticket, promise nothing, and say what happens next.\n",
	"{{^urgent}}\nTake your time.\n{{/urgent}}\nLanguage: {{language}}\nTicket:\n{{ticket}}\n",
	"What does {{company}} answer?",
}

func valuesOfRender() map[string]any {
	return map[string]any{"company": "Acme", "language": "en", "urgent": true, "ticket": "My card was charged twice for the order of last week, please look into it."}
}

// render prints the cost of rendering a prompt of three messages and four
// variables, as a multiple of what the bare library takes for the templates.
func render(_ context.Context, r *Report) error {
	ours, theirs, err := renderSubjects()
	if err != nil {
		return err
	}
	defer Room(room)()
	costs := Rounds{Clock: ProcessCPU, Count: rounds, Ops: 2000}.Run(ours, theirs)
	ratio := costs.Ratio("ours", "library")
	note("ours %.0f ns/op, library %.0f ns/op, ratio %.3f (%.3f to %.3f)", 1e9*Median(costs["ours"]), 1e9*Median(costs["library"]), Median(ratio), Percentile(ratio, 25), Percentile(ratio, 75))
	return printAll(r, "", nil, value{"render_3_messages", Median(ratio)}, value{"render_3_messages_ns", 1e9 * Median(costs["ours"])})
}

// renderSubjects are both ways to render, which give the same texts.
func renderSubjects() (ours, theirs Subject, err error) {
	toml := "model = \"gpt-4o-mini\"\nvariables = { company = { type = 'string' }, language = { type = 'string' }, urgent = { type = 'boolean' }, ticket = { type = 'string' } }\n"
	var compiled []*mustache.Template
	for _, text := range templatesOfRender {
		toml += fmt.Sprintf("[[messages]]\nrole = \"user\"\ncontent = %q\n", text)
		t, err := mustache.ParseStringPartialsRaw(text, &mustache.StaticProvider{}, true)
		if err != nil {
			return ours, theirs, err
		}
		compiled = append(compiled, t)
	}
	d, err := prompts.Parse("p.toml", "p", []byte(toml))
	if err != nil {
		return ours, theirs, err
	}
	values := valuesOfRender()
	messages, err := d.Prompt.Render(values)
	if err != nil {
		return ours, theirs, err
	}
	for i, t := range compiled {
		if text, err := t.Render(values); err != nil || text != messages[i].Content {
			return ours, theirs, fmt.Errorf("message %d: the library renders %q (%v), we %q", i, text, err, messages[i].Content)
		}
	}
	ours = Subject{"ours", func(n int) {
		for range n {
			if _, err := d.Prompt.Render(values); err != nil {
				panic("measured render: " + err.Error())
			}
		}
	}}
	theirs = Subject{"library", func(n int) {
		for range n {
			for _, t := range compiled {
				if _, err := t.Render(values); err != nil {
					panic("measured render: " + err.Error())
				}
			}
		}
	}}
	return ours, theirs, nil
}
