// Package check says what is wrong, doubtful or worth knowing about the prompts
// of a repository: the rules of the language, which package prompts knows, and
// those of the team, PF101 and up.
//
// A finding of severity error stops a change. A team may leave out a rule, or
// judge it in another way, where no artifact depends on it: in the file,
//
//	[check]
//	ignore.PF101 = "the platform team owns what nobody owns"
//
// or in promptflag.toml, for all prompts or some of them:
//
//	[check]
//	names = ["support.**", "growth.*"]
//	severity.PF101 = "error"
//	[[check.ignore]]
//	rule    = "PF102"
//	prompts = ["experiments.**"]
//	reason  = "they live for a week"
//
// Run compares with what callers rely on now when it is told: with another
// tree, or with the versions that have traffic.
package check
