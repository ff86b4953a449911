package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/prompts"
)

// TestPage: the page of rules says what the rules and their archives say.
// UPDATE=1 writes it.
func TestPage(t *testing.T) {
	file := filepath.Join("..", "..", "example", "docs", "rules.md")
	got := page(t)
	if os.Getenv("UPDATE") == "1" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("UPDATE=1 writes it: %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

const pageHead = `# Rules

` + "`promptflag check`" + ` prints findings with the id of a rule. An **error** stops a change; a **warning** or a **note** does
not. Most rules of the team, and some of the language, can be left out with a reason, in the file

` + "```toml" + `
[check]
ignore.PF101 = "an experiment for a week"
` + "```" + `

or in promptflag.toml, where they can also be judged in another way:

` + "```toml" + `
[check]
severity.PF101 = "error"
[[check.ignore]]
rule    = "PF102"
prompts = ["experiments.**"]
reason  = "they live for a week"
` + "```" + `

`

func page(t *testing.T) string {
	var b strings.Builder
	b.WriteString(pageHead)
	b.WriteString("| rule | name | severity | can be left out | `--fix` |\n|---|---|---|---|---|\n")
	mark := func(yes bool) string {
		if yes {
			return "yes"
		}
		return ""
	}
	for _, r := range Rules() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", r.ID, strings.ToLower(r.ID), r.Name, r.Severity, mark(r.Ignorable), mark(r.Fixable))
	}
	for _, r := range Rules() {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** (%s). %s\n\n%s\n", r.ID, r.Name, r.Severity, r.Summary, r.Why)
		example(t, &b, r)
	}
	return b.String()
}

// example shows the files of the archive that have findings, and the findings.
func example(t *testing.T, b *strings.Builder, r prompts.Rule) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "rules", r.ID+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		if name, bad := strings.CutPrefix(f.Name, "bad/"); bad {
			language := strings.TrimPrefix(filepath.Ext(name), ".")
			fmt.Fprintf(b, "\n`%s`\n\n````%s\n%s````\n", name, language, f.Data)
		} else if f.Name == "want" {
			fmt.Fprintf(b, "\n````console\n%s````\n", f.Data)
		}
	}
}
