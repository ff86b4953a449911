package schema

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/example"
)

// TestPage: the page about the format says what the schemas say. UPDATE=1 writes it.
func TestPage(t *testing.T) {
	file := filepath.Join("..", "..", "example", "docs", "format.md")
	sample, err := fs.ReadFile(example.FS(), "prompts/support/reply.toml")
	if err != nil {
		t.Fatal(err)
	}
	tone, err := fs.ReadFile(example.FS(), "prompts/support/_tone.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, sample, tone)
	b.WriteString("## Keys of a prompt file\n\n")
	rows(&b, Prompt())
	b.WriteString("\n## Keys of promptflag.toml\n\n")
	rows(&b, Config())
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("UPDATE=1 writes it: %v", err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

const pageHead = `# Format

A prompt is one TOML file below the prompts folder. Its path is its name: ` + "`support/reply.toml`" + ` is ` + "`support.reply`" + `.

` + "```toml\n%s```" + `

` + "`_tone.md`" + `, beside it:

` + "```\n%s```" + `

What the service receives is the **identity** of a version: model, parameters, variables (not their descriptions and
examples), messages, examples, tools, output. What is about the team can change without a new version: description, owners, tags,
deprecated, moved_from, rollout, breaking, check.

## Texts

- **Templates** are [Mustache](https://mustache.github.io/mustache.5.html): ` + "`{{name}}`" + ` writes a variable, ` + "`{{#name}}…{{/name}}`" + ` is kept when it
  says something (and repeats for the items of an array), ` + "`{{^name}}…{{/name}}`" + ` when it does not, ` + "`{{! … }}`" + ` is a comment. Nothing is
  escaped, and values are never read as templates. Braces that are meant as text need other delimiters: ` + "`{{=<%% %%>=}}`" + `.
- **Partials**: ` + "`{{> tone}}`" + ` puts in the file ` + "`_tone.md`" + ` of the same folder, else of the prompts folder; ` + "`{{> shared/tone}}`" + ` is
  ` + "`shared/_tone.md`" + `. A tag alone on its line indents every line. Partials may include partials. They become part of the version:
  a changed partial makes new versions of all prompts that include it.
- **Files**: content_file, parameters_file and schema_file are joined from the folder of the file that names them, with /, and stay inside
  of the repository. One line end at the end of a text file does not count.
- **Line ends and marks**: CRLF becomes LF, a byte order mark is dropped.
- **Numbers** are those that JSON carries exactly; dates are quoted.

`

// rows is a table of all keys, in the order of their paths.
func rows(b *strings.Builder, s Node) {
	b.WriteString("| key | type | values | what it is |\n|---|---|---|---|\n")
	keyRows(b, "", s)
}

func keyRows(b *strings.Builder, path string, n Node) {
	properties, _ := n["properties"].(map[string]any)
	required, _ := n["required"].([]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		child, ok := properties[key].(map[string]any)
		if !ok || strings.HasPrefix(path+key, "check.ignore.PF") || strings.HasPrefix(path+key, "check.severity.PF") {
			continue
		}
		row(b, path+key, child, slices.Contains(required, any(key)))
	}
	patterns, _ := n["patternProperties"].(map[string]any)
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		name := "<name>"
		if strings.Contains(pattern, "PF") {
			name = "<rule>"
		}
		if child, ok := patterns[pattern].(map[string]any); ok {
			row(b, path+name, child, false)
		}
	}
	if child, ok := n["additionalProperties"].(map[string]any); ok {
		row(b, path+"<name>", child, false)
	}
}

func row(b *strings.Builder, path string, n Node, required bool) {
	kind := kinds(n)
	if n["const"] == true {
		kind = "boolean"
	}
	items, isArray := n["items"].(map[string]any)
	if isArray && kind == "array" {
		kind = "array of " + kinds(items) + "s"
	}
	about, _ := n["description"].(string)
	if required {
		about = "**Required.** " + about
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", path, kind, values(n), cell(about))
	if path == "assert" || strings.HasSuffix(path, ".assert") {
		return // assertions have a table of their own
	}
	if isArray {
		keyRows(b, path+"[].", items)
	}
	keyRows(b, path+".", n)
}

// kinds is the type in the words of TOML.
func kinds(n Node) string {
	word := func(v any) string {
		if v == "object" {
			return "table"
		}
		return fmt.Sprint(v)
	}
	if list, ok := n["type"].([]any); ok {
		var out []string
		for _, v := range list {
			out = append(out, word(v))
		}
		return strings.Join(out, " or ")
	}
	if list, ok := n["type"].([]string); ok {
		var out []string
		for _, v := range list {
			out = append(out, word(v))
		}
		return strings.Join(out, " or ")
	}
	if n["type"] == nil {
		return "any"
	}
	return word(n["type"])
}

func values(n Node) string {
	if v, ok := n["const"]; ok {
		return fmt.Sprintf("`%v`", v)
	}
	switch list := n["enum"].(type) {
	case []any:
		if len(list) > 20 {
			return "see below"
		}
		var out []string
		for _, v := range list {
			out = append(out, fmt.Sprintf("`%v`", v))
		}
		return strings.Join(out, ", ")
	case []string:
		return "`" + strings.Join(list, "`, `") + "`"
	}
	low, hasLow := n["minimum"]
	high, hasHigh := n["maximum"]
	over, hasOver := n["exclusiveMinimum"]
	under, hasUnder := n["exclusiveMaximum"]
	switch {
	case hasOver && hasHigh:
		return fmt.Sprintf("above %v, at most %v", over, high)
	case hasOver:
		return fmt.Sprintf("above %v", over)
	case hasLow && hasUnder && fmt.Sprint(under) == "1":
		return fmt.Sprintf("at least %v, below %v", low, under)
	case hasLow && hasHigh && fmt.Sprint(high) != "2.147483647e+09" && fmt.Sprint(high) != "2147483647" && !strings.Contains(fmt.Sprint(high), "e+15") && !strings.Contains(fmt.Sprint(high), "9007199254740992"):
		return fmt.Sprintf("%v to %v", low, high)
	case hasLow && !strings.Contains(fmt.Sprint(low), "-9"):
		return fmt.Sprintf("at least %v", low)
	}
	return ""
}

// cell is text for a table of Markdown.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "{{", "`{{", "}}", "}}`", "<", "&lt;", "\n", " ").Replace(s)
}
