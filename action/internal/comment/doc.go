// Package comment writes what a pull request shows: one text in GitHub's Markdown
// that somebody who does not code can read. The verdict stands first; then what
// the change does to the rules that judge it; then, prompt by prompt, what changes,
// who gets it and when, whether it is better, what it costs, and how to undo it.
//
// Everything that people or models wrote is text in it, see report.Code and
// report.Prose: it mentions nobody, links nowhere and ends nothing.
//
// The text is never longer than its limit. It is put together of parts that are
// whole by themselves, and the least important ones are left out: the texts of
// prompts that passed go first, and the table of all prompts last.
package comment
