// Package schema writes the JSON Schemas by which editors complete, explain and
// check the TOML files of a prompts repository: definitions, evaluations and
// promptflag.toml.
//
// An editor with Taplo (Even Better TOML) takes one from a comment at the top
// of a file, whose path counts from the folder of the file, or from a rule of
// .taplo.toml, whose paths count from the root:
//
//	#:schema ../prompt.schema.json
//
//	[[rule]]
//	include = ["prompts/**/*.toml"]
//	exclude = ["prompts/**/*.eval.toml"]
//	schema.path = "prompt.schema.json"
//
//	[[rule]]
//	include = ["prompts/**/*.eval.toml"]
//	schema.path = "eval.schema.json"
//
// The schemas are of draft-07, the newest that Taplo reads in full, and have
// neither $ref nor allOf: Taplo loses descriptions that stand beside those.
// Which keys exclude each other is said by if, dependencies and false schemas,
// so that the message is about the key and not about every alternative.
//
// They see the shape of one file: keys, types, words, ranges. Templates, other
// files, JSON Schemas inside of the file and numbers that JSON would round are
// seen by `promptflag check` alone. Tests compare both on the same files.
package schema
