// Package example holds a small prompts repository: three prompts, their
// configuration and the workflow that publishes them. The README quotes it,
// the demonstration runs on a copy of it, and the tests check it.
package example

import (
	"embed"
	"io/fs"
)

//go:embed promptflag.toml all:prompts all:recorded .gitignore .github
var files embed.FS

// FS returns the repository.
func FS() fs.FS { return files }

//go:embed docs
var pages embed.FS

// Docs returns the pages about the language, its rules and its evaluations, as
// Markdown: docs/format.md, docs/rules.md and docs/evaluation.md.
func Docs() fs.FS { return pages }
