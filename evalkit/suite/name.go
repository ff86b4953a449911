package suite

import (
	"io/fs"

	"github.com/promptflag/promptflag/prompts"
)

// Extension is what the names of all suites end in.
const Extension = prompts.SuiteExtension

// PromptOf is the name of the prompt that a suite is of, by the suite's path; ""
// for a path that is not of a suite below root.
func PromptOf(root, file string) string { return prompts.NameOf(root, file, Extension) }

// File is where the suite of a prompt is; exists is false for where it would be.
func File(fsys fs.FS, root, prompt string) (file string, exists bool) {
	return prompts.FileOf(fsys, root, prompt, Extension)
}
