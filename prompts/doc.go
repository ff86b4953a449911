// Package prompts says what a prompt is. It reads the TOML files in which people
// write prompts, finds everything that is wrong with them, makes the canonical
// artifact that is stored and hashed, reads artifacts back, and renders them.
// It does no I/O but through the fs.FS given to Load.
//
// # Writing
//
// A definition is one TOML file. Its path below the prompts folder is the
// prompt's name, with dots for slashes: support/triage.toml is support.triage.
//
//	# about the team: not part of the identity
//	description = "Sorts incoming tickets."
//	owners      = ["@acme/support-ai"]
//	tags        = ["support"]
//	moved_from  = "support.sort"          # the name before a rename
//	[deprecated]                          # reason, replaced_by
//	[rollout.production]                  # percent, stickiness
//
//	# what the service receives: the identity
//	model = "gpt-4o-mini"
//	[parameters]                          # OpenAI names: temperature, max_tokens, stop …
//	temperature = 0.2
//	[variables.ticket]
//	type = "string"                       # string integer number boolean array object
//	description = "As the customer wrote it."   # description and example: not identity
//	[variables.language]
//	type = "string"
//	default = "en"                        # without one, the variable is required
//	enum = ["en", "de"]                   # for strings and numbers
//	[[messages]]
//	role = "system"                       # system developer user assistant
//	content = "Answer in {{language}}."
//	[[tools]]                             # name, description, parameters, strict
//	name = "search"
//	parameters = { type = "object" }      # JSON Schema 2020-12, complete in itself
//	[output]                              # format (json or text), schema, strict
//	format = "json"
//
// Parse and Load are strict: an unknown key or parameter, a wrong type, a
// template that uses what is not declared, a number that JSON readers would
// round are each a [Finding] with file, line, column and mostly a hint. All
// findings come at once; only a TOML syntax error hides others. Keys whose time
// has not come (content_file, examples, placeholder, parameters_file,
// schema_file, partials) are findings that say so.
//
// # Artifact and identity
//
// The artifact is one JSON object in the form of RFC 8785, at most 1 MiB:
//
//	{"messages":[…],"model":…,"name":…,"output":…,"parameters":…,"promptflag":1,"tools":[…],"variables":…}
//
// Its SHA-256 is the prompt's [Digest]. A member is there if and only if the
// author wrote it: temperature = 0, strict = false, "" and empty tables stay,
// nothing is added. Text is kept as written, except that a byte order mark is
// dropped and line ends become LF. The order of arrays counts, that of keys does
// not; 1 and 1.0 are the same number.
//
// Decode hashes bytes as they are and is lenient: it keeps members that it does
// not know, unless "requires" names them or "promptflag" is another major
// version: then the error is [ErrUnsupported].
//
// # Rendering
//
// Templates are Mustache without partials and without changed delimiters.
// Nothing is escaped, and values are never read as templates.
//
//   - {{x}} writes a value: numbers as JSON does (400, 0.1, 1e+21), true or
//     false, arrays and objects as compact JSON with sorted keys, null as nothing.
//   - {{x.y}} is a field of an object. Outside sections it must be there.
//   - {{#x}}…{{/x}} repeats for an array, opens an object's fields, and is kept
//     for any other value; {{.}} is the item. {{^x}}…{{/x}} is the opposite.
//     false, 0, blank text, null and empty arrays count as no; an empty object is a yes.
//   - Inside a section over an array or object, a name that no variable has is a
//     field of the item, and nothing when the item has no such field.
//
// [Prompt.Render] takes a value for every variable without a default, and no
// others. It reports everything that is wrong at once as a [RenderError], which
// names variables and never quotes values.
//
// A text "{{" cannot be written in a template: pass it in as a variable's value.
package prompts
