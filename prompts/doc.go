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
//	breaking    = "…"                     # why a breaking change is meant
//	[deprecated]                          # reason, replaced_by
//	[rollout.production]                  # percent, stickiness
//	[check]                               # ignore.PF020 = "reason"
//
//	# what the service receives: the identity
//	model = "gpt-4o-mini"
//	[parameters]                          # OpenAI names: temperature, max_tokens, stop …
//	temperature = 0.2
//	[parameters.extra]                    # what only one vendor has; not checked
//	[variables.ticket]
//	type = "string"                       # string integer number boolean array object
//	description = "As the customer wrote it."   # description and example: not identity
//	[variables.language]
//	type = "string"
//	default = "en"                        # without one, the variable is required
//	enum = ["en", "de"]                   # for strings and numbers
//	[variables.note]
//	type = "string"
//	required = false                      # renders as nothing when it is left out
//	[variables.orders]
//	type = "array"
//	schema_file = "schemas/orders.json"   # or schema: JSON Schema of an array or object
//	[[messages]]
//	role = "system"                       # system developer user assistant
//	content = "Answer in {{language}}. {{> tone}}"
//	[[messages]]
//	examples = true                       # the examples go here, as user and assistant
//	[[messages]]
//	placeholder = "history"               # messages that the caller passes go here
//	[[messages]]
//	role = "user"
//	content_file = "triage.user.md"       # or content, or content = [parts]
//	[[examples]]                          # input and output, which are no templates
//	input  = "My card was charged twice"
//	output = '{"queue":"billing"}'
//	[[tools]]                             # name, description, parameters, strict
//	name = "search"
//	parameters_file = "schemas/search.json"     # or parameters: JSON Schema 2020-12, complete in itself
//	[output]                              # format (json or text), schema or schema_file, strict
//	format = "json"
//
// Parts of a content have the shape of OpenAI's chat completions: text, image_url
// or file; their strings are templates.
//
// A partial is a file _name.md in the prompts folder or below, in no folder that
// starts with '_' or '.'. {{> name}} is the one in the folder of the file that
// uses it, or else in the prompts folder; {{> a/name}} is a/_name.md there.
// Partials may include partials. They, and files that a definition names, become
// part of the text when it is read; one line end at the end of such a file is
// not. Load reads files inside of its fs.FS only, Parse none.
//
// Both are strict: an unknown key or parameter, a wrong type, a template that
// uses what is not declared, a number that JSON readers would round are each a
// [Finding] with a rule, file, line, column and mostly a hint. All findings come
// at once; only a TOML syntax error hides others. [Rules] lists what is checked.
// Rules that an artifact does not depend on are warnings, or can be ignored with
// a reason.
//
// # Artifact and identity
//
// The artifact is one JSON object in the form of RFC 8785, at most 1 MiB:
//
//	{"examples":[…],"messages":[…],"model":…,"name":…,"output":…,"parameters":…,"promptflag":1,"tools":[…],"variables":…}
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
// Templates are Mustache. Nothing is escaped, and values are never read as
// templates; testdata/mustache.md lists where that and the rest deviate from
// Mustache's specification.
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
// [Prompt.Render] takes a value for every required variable, messages for every
// placeholder, and no others. It reports everything that is wrong at once as a [RenderError], which
// names variables and never quotes values.
//
// A text "{{" needs other delimiters, {{=<% %>=}}, or comes in as a value.
package prompts
