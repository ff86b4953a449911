//go:build unix

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// promptSize is the length of a definition in bytes, about.
const promptSize = 4 << 10

// partialsOfTree is how many partials the prompts of a tree share.
const partialsOfTree = 50

// writeTree writes a repository with n prompts into dir: promptflag.toml, and
// below prompts folders of a hundred definitions with the usual mixture. All of
// them include partials; one in four has tools, in three an output schema with
// examples, in five a variable with a schema in a file.
func writeTree(dir string, n int) error {
	files := map[string]string{"promptflag.toml": treeConfig}
	for i := range partialsOfTree {
		text := strings.Repeat(fmt.Sprintf("Rule %d of the house: be kind to {{customer}} and short.\n", i), 6)
		if i >= 40 {
			text += fmt.Sprintf("{{> part%02d}}\n", i-40)
		}
		files[fmt.Sprintf("prompts/_part%02d.md", i)] = text
	}
	for i := range n {
		files[fmt.Sprintf("prompts/team%03d/prompt%05d.toml", i/100, i)] = definitionOf(i)
		if i%5 == 0 {
			files[fmt.Sprintf("prompts/team%03d/items%05d.json", i/100, i)] = `{"type":"array","maxItems":50,"items":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"count":{"type":"integer","minimum":0}}}}`
		}
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

const treeConfig = `prompts = "prompts"
branch = "main"
bucket = "file://.promptflag/bucket"
[unleash]
url = "file://.promptflag/flags"
[environments.production]
percent = 10
`

// definitionOf is the prompt with a number. No two are the same.
func definitionOf(i int) string {
	var b, rules strings.Builder
	fmt.Fprintf(&b, "description = \"Prompt %d.\"\nowners = [\"@acme/team%d\"]\nmodel = \"gpt-4o-mini\"\n", i, i/100)
	b.WriteString("[parameters]\ntemperature = 0.2\nmax_tokens = 800\n")
	b.WriteString("[variables.customer]\ntype = \"string\"\n[variables.language]\ntype = \"string\"\ndefault = \"en\"\nenum = [\"en\", \"de\"]\n")
	b.WriteString("[variables.items]\ntype = \"array\"\nrequired = false\n")
	if i%5 == 0 {
		fmt.Fprintf(&b, "schema_file = \"items%05d.json\"\n", i)
	}
	if i%4 == 0 {
		fmt.Fprintf(&b, "[[tools]]\nname = \"search\"\ndescription = \"Looks for documents of kind %d.\"\n[tools.parameters]\ntype = \"object\"\nrequired = [\"query\"]\n"+
			"properties.query = { type = \"string\", description = \"What to look for.\" }\nproperties.limit = { type = \"integer\", minimum = 1, maximum = %d }\n", i, 10+i)
	}
	if i%3 == 0 {
		fmt.Fprintf(&b, "[output]\nformat = \"json\"\n[output.schema]\ntype = \"object\"\nrequired = [\"answer\"]\nproperties.answer = { type = \"string\", maxLength = %d }\n"+
			"[[examples]]\ninput = \"Where is my order?\"\noutput = '{\"answer\": \"On its way.\"}'\n[[examples]]\ninput = \"And now?\"\noutput = '{\"answer\": \"There.\"}'\n", 100+i)
	}
	fmt.Fprintf(&b, "[[messages]]\nrole = \"system\"\ncontent = \"\"\"\n{{> part%02d}}\n{{> part%02d}}\n", i%partialsOfTree, (i*7+3)%partialsOfTree)
	const user = "\"\"\"\n[[messages]]\nrole = \"user\"\ncontent = \"\"\"\nLanguage: {{language}}\n{{#items}}\n- {{id}}: {{count}}\n{{/items}}\nFrom {{customer}}.\n\"\"\"\n"
	const examples = "[[messages]]\nexamples = true\n"
	for line := 0; b.Len()+rules.Len()+len(user) < promptSize; line++ {
		fmt.Fprintf(&rules, "Rule %d of %d: answer what was asked, quote the ticket, promise nothing.\n", line, i)
	}
	b.WriteString(rules.String() + user)
	if i%3 == 0 {
		b.WriteString(examples)
	}
	return b.String()
}
