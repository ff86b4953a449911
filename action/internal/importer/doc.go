// Package importer turns prompts of other tools into definitions of ours: TOML,
// the files it refers to, and the beginning of an evaluation suite where the
// source has tests.
//
// Every key of a source is carried or noted. The source is read into a tree
// that remembers which of its values were taken; what nobody took becomes a
// note by itself, so that a key which this package does not know is never
// dropped in silence. Keys and secrets are noted by name and never read.
//
// Templates of the sources, Handlebars and Jinja, are parsed into one tree and
// written as Mustache such that the text is the same, blank lines included.
// What Mustache cannot say stays visible in the text as "[not imported: …]" and
// is noted with its line.
//
// # Suite
//
// NAME.eval.toml is a skeleton in promptfoo's words:
//
//	prompt = "support.triage"
//	[defaults]                     # for all cases: vars, threshold, metadata
//	[[defaults.assert]]            # type value threshold weight metric …
//	[[tests]]                      # description, vars, threshold, metadata
//	[[tests.assert]]
//
// More than 20 cases go to NAME.cases.jsonl, one object a line with the members
// of [[tests]], and the suite says cases = "NAME.cases.jsonl".
package importer
