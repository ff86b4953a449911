package compare_test

import (
	"fmt"
	"log"
	"os"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

const before = `
model = "gpt-4o"
[variables.ticket]
type = "string"
[[messages]]
role = "user"
content = "Sort this ticket: {{ticket}}"
`

const after = `
model = "gpt-4.1"
[variables.ticket]
type = "string"
[variables.tenant]
type = "string"
[[messages]]
role = "user"
content = "Sort this ticket of {{tenant}}: {{ticket}}"
`

func parse(src string) *prompts.Prompt {
	d, err := prompts.Parse("support/triage.toml", "support.triage", []byte(src))
	if err != nil {
		log.Fatal(err)
	}
	return d.Prompt
}

func ExampleBreaks() {
	for _, e := range compare.Breaks(parse(before), parse(after)) {
		fmt.Printf("%s: %s\n  %s\n  %q\n", e.Verdict, e.Message, e.Hint, e.Key)
	}
	// Output:
	// breaking: variable "tenant" is new and required: callers of the old version do not pass it
	//   give it a default, or required = false
	//   ["variables" "tenant"]
}

// A field of an object that the text now needs is part of the contract.
func ExampleContract() {
	const order = "model = \"m\"\n[variables.order]\ntype = \"object\"\n[[messages]]\nrole = \"user\"\n"
	old, new := parse(order+`content = "{{order.id}}"`), parse(order+`content = "{{order.id}} {{order.zip}}"`)
	for _, e := range compare.Contract(old, new) {
		fmt.Println(e.Verdict, e.Message)
	}
	// Output:
	// breaking the messages now use "order.zip": callers of the old version may pass "order" without it
}

func ExampleDiff() {
	changes := compare.Diff(parse(before), parse(after))
	if err := changes.Text(os.Stdout, nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// model gpt-4o → gpt-4.1, 1 variable added, 1 message changed (+2 −0 words); 1 breaking
	// breaking variables.tenant: variable "tenant" is new and required: callers of the old version do not pass it
	// ~ model: "gpt-4o" → "gpt-4.1"
	// + variables.tenant: type "string"
	// ~ messages[0].content (+2 −0 words)
	//   ~ │ Sort this ticket{+ of {{tenant}}+}: {{ticket}}
}

func ExampleDiff_markdown() {
	changes := compare.Diff(parse(before), parse(after))
	if err := changes.Markdown(os.Stdout, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(changes.Summary())
	// Output:
	// <p><code>model gpt-4o → gpt-4.1, 1 variable added, 1 message changed (+2 −0 words); 1 breaking</code></p>
	//
	// <p>❌ <b>breaking</b> <code>variable &#34;tenant&#34; is new and required: callers of the old version do not pass it</code></p>
	//
	// <p>~ <code>model</code>: <code>&#34;gpt-4o&#34;</code> → <code>&#34;gpt-4.1&#34;</code></p>
	//
	// <p>+ <code>variables.tenant</code>: <code>type &#34;string&#34;</code></p>
	//
	// <details open><summary>~ <code>messages[0].content</code> (+2 −0 words)</summary>
	//
	// <pre>
	// ~ Sort this ticket<ins> of {{tenant}}</ins>: {{ticket}}
	// </pre>
	//
	// </details>
	//
	// model gpt-4o → gpt-4.1, 1 variable added, 1 message changed (+2 −0 words); 1 breaking
}
