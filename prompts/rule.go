package prompts

import "slices"

// Severity says what a finding means for a change: an error stops it.
type Severity string

// The severities, from the one that stops a change to the one that only tells.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Rule is one thing that definitions are checked for.
type Rule struct {
	ID       string // "PF001" to "PF099"; never reused for something else
	Name     string // for people: "toml-syntax"
	Severity Severity
	// Ignorable rules can be left out, with a reason, by [check] in the file or
	// by LoadOptions. All other findings mean that there is no artifact.
	Ignorable bool
	Fixable   bool   // some findings carry a Fix
	Summary   string // one sentence: what is wrong
	Why       string // what would happen otherwise, and what to do
}

// Ids of the rules, as code says them.
const (
	ruleUnreadable    = "PF001"
	ruleFileName      = "PF002"
	ruleEncoding      = "PF003"
	ruleSyntax        = "PF004"
	ruleTooLarge      = "PF005"
	ruleUnknownKey    = "PF006"
	ruleWrongType     = "PF007"
	ruleMissing       = "PF008"
	ruleEmpty         = "PF009"
	ruleUnknownWord   = "PF010"
	ruleInexact       = "PF011"
	ruleNotJSON       = "PF012"
	ruleParameter     = "PF013"
	ruleRange         = "PF014"
	ruleVariableName  = "PF015"
	ruleDefault       = "PF016"
	ruleTemplate      = "PF017"
	ruleSection       = "PF018"
	ruleUndeclared    = "PF019"
	ruleUnused        = "PF020"
	ruleTag           = "PF021"
	ruleToolName      = "PF022"
	ruleSchema        = "PF023"
	ruleSchemaRef     = "PF024"
	ruleContradiction = "PF025"
	rulePartial       = "PF026"
	ruleCycle         = "PF027"
	ruleReference     = "PF028"
	ruleExamples      = "PF029"
	rulePlaceholder   = "PF030"
	ruleExampleOutput = "PF031"
	ruleExampleTag    = "PF032"
	ruleSchemaValue   = "PF033"
	ruleStrict        = "PF034"
	ruleSimilar       = "PF035"
	ruleLineEnds      = "PF036"
	rulePart          = "PF037"
	ruleIgnore        = "PF038"
	ruleFamily        = "PF039"
)

// Rules are the rules of the language, by id. The slice is the caller's own.
func Rules() []Rule { return slices.Clone(rules) }

// RuleByID finds a rule of the language.
func RuleByID(id string) (Rule, bool) {
	if i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return rules[i], true
	}
	return Rule{}, false
}

var rules = []Rule{
	{ID: ruleUnreadable, Name: "unreadable", Severity: Error,
		Summary: "A file or folder below the prompts folder cannot be read.",
		Why:     "What cannot be read cannot be published, and leaving it out in silence would look like a deletion. Symbolic links to folders and links that leave the repository are not followed: two checkouts could differ."},
	{ID: ruleFileName, Name: "file-name", Severity: Error,
		Summary: "The path of a file is not the name of a prompt, or two files give the same name.",
		Why:     "The path below the prompts folder is the prompt's name, which flags, services and records use: segments of a-z, 0-9, _ and -, each starting with a letter or digit, at most 100 bytes in all. name@arm.toml is reserved."},
	{ID: ruleEncoding, Name: "encoding", Severity: Error,
		Summary: "A file is not UTF-8, or has carriage returns that end no line.",
		Why:     "The artifact is JSON, which is UTF-8. Save the file as UTF-8, with LF or CRLF line ends."},
	{ID: ruleSyntax, Name: "syntax", Severity: Error,
		Summary: "A file is not TOML, or a referenced file is not JSON.",
		Why:     "A syntax error hides what follows it: other findings of the same file may appear once it is mended. A key that is written twice is a syntax error in both."},
	{ID: ruleTooLarge, Name: "too-large", Severity: Error,
		Summary: "A file, a text with its partials, an artifact or a schema is too large, nested too deeply, or takes too long to compare.",
		Why:     "Services keep every live prompt in memory, and readers refuse artifacts over 1 MiB, nesting over 100 levels and schemas over 20,000 values."},
	{ID: ruleUnknownKey, Name: "unknown-key", Severity: Error, Fixable: true,
		Summary: "A key is not part of the language.",
		Why:     "A misspelt key would be behaviour that nobody gets. Keys are spelt exactly: Model is not model."},
	{ID: ruleWrongType, Name: "wrong-type", Severity: Error,
		Summary: "A value has another type than its key takes.",
		Why:     "The message says which type is wanted; 1.0 counts as an integer, \"1\" does not."},
	{ID: ruleMissing, Name: "missing-key", Severity: Error,
		Summary: "A key that must be there is missing.",
		Why:     "A prompt has a model and messages; a message has a role and a content; a variable has a type; a tool has a name."},
	{ID: ruleEmpty, Name: "empty-value", Severity: Error,
		Summary: "A value that has to say something is empty.",
		Why:     "Leave the key out if nothing is meant."},
	{ID: ruleUnknownWord, Name: "unknown-word", Severity: Error, Fixable: true,
		Summary: "A value is none of the words that its key takes.",
		Why:     "Roles, variable types, output formats and the detail of images are closed lists."},
	{ID: ruleInexact, Name: "inexact-number", Severity: Error,
		Summary: "A number cannot be carried by JSON exactly.",
		Why:     "JSON readers use 64-bit floats: integers beyond 2^53 would be rounded, numbers near 0 would become 0, and the digest would not say so."},
	{ID: ruleNotJSON, Name: "not-json", Severity: Error,
		Summary: "A value has no form in JSON: a date, a time, nan or inf.",
		Why:     "The artifact is JSON. Quote dates and times."},
	{ID: ruleParameter, Name: "unknown-parameter", Severity: Error, Fixable: true,
		Summary: "A model parameter is not known.",
		Why:     "Parameters have OpenAI's names. What only one vendor has goes under [parameters.extra], where nothing is checked."},
	{ID: ruleRange, Name: "out-of-range", Severity: Error,
		Summary: "A number is outside of its range, or has a fraction where an integer is wanted.",
		Why:     "Ranges are those of the OpenAI API, the widest in common use; the vendor of the model may allow less."},
	{ID: ruleVariableName, Name: "variable-name", Severity: Error,
		Summary: "The name of a variable is not letters, digits and _, or starts with a digit.",
		Why:     "Names are used in templates and in generated code."},
	{ID: ruleDefault, Name: "variable-values", Severity: Error,
		Summary: "The default, enum or required of a variable contradict each other.",
		Why:     "A default outside of its own enum could never be passed by a caller; a required variable has no use for a default."},
	{ID: ruleTemplate, Name: "template-syntax", Severity: Error,
		Summary: "A template is not Mustache.",
		Why:     "Templates know {{name}}, {{#name}}…{{/name}}, {{^name}}…{{/name}}, {{> partial}}, {{! comment}} and {{=<% %>=}}. Braces that are meant as text need other delimiters, or come in as a variable's value."},
	{ID: ruleSection, Name: "section-balance", Severity: Error,
		Summary: "A section is not closed, not opened, or crosses another.",
		Why:     "Every {{#name}} and {{^name}} needs its {{/name}}, in the same text: a partial is balanced by itself."},
	{ID: ruleUndeclared, Name: "undeclared-variable", Severity: Error, Fixable: true,
		Summary: "A template uses a variable that nobody declares.",
		Why:     "A caller could not know that it has to pass one, and rendering would fail for everybody."},
	{ID: ruleUnused, Name: "unused-variable", Severity: Error, Ignorable: true,
		Summary: "A declared variable is used by no template.",
		Why:     "Callers would have to pass something that reaches nobody; mostly a tag was renamed or removed."},
	{ID: ruleTag, Name: "tag-without-meaning", Severity: Error,
		Summary: "A tag can never have a value: {{.}} outside of a section, {{x.y}} for an x that is no object, a name that no variable can have.",
		Why:     "It would render as nothing, or fail for everybody."},
	{ID: ruleToolName, Name: "tool-name", Severity: Error,
		Summary: "The name of a tool is not 1 to 64 letters, digits, _ and -, or is there twice.",
		Why:     "Model APIs refuse such a request."},
	{ID: ruleSchema, Name: "schema-invalid", Severity: Error,
		Summary: "A JSON Schema is not one.",
		Why:     "Model APIs refuse it, and nothing can be checked against it. The draft is 2020-12 unless $schema says otherwise."},
	{ID: ruleSchemaRef, Name: "schema-reference", Severity: Error,
		Summary: "A JSON Schema refers to a file or to the network.",
		Why:     "The artifact must be complete in itself: what a link leads to can change, and is never loaded. Put it under $defs and refer to #/$defs/…"},
	{ID: ruleContradiction, Name: "contradiction", Severity: Error,
		Summary: "Two keys exclude each other.",
		Why:     "For example content and content_file, or a schema for text output: one of them would be ignored."},
	{ID: rulePartial, Name: "partial-missing", Severity: Error,
		Summary: "A partial does not exist.",
		Why:     "{{> tone}} is _tone.md in the folder of the file that uses it, or else in the prompts folder. Mustache would write nothing in its place."},
	{ID: ruleCycle, Name: "partial-cycle", Severity: Error,
		Summary: "A partial includes itself, directly or through others.",
		Why:     "Partials are expanded when the file is read; a cycle has no end."},
	{ID: ruleReference, Name: "file-reference", Severity: Error,
		Summary: "A referenced file is missing, unreadable or outside of the repository.",
		Why:     "content_file, parameters_file and schema_file are joined from the folder of the file that names them, with / and without leaving the repository, also not by a symbolic link."},
	{ID: ruleExamples, Name: "examples-place", Severity: Error,
		Summary: "Examples have no place among the messages, or a place has no examples.",
		Why:     "[[examples]] become pairs of user and assistant messages where a message says examples = true. Without that place the model never sees them."},
	{ID: rulePlaceholder, Name: "placeholder", Severity: Error,
		Summary: "The name of a placeholder is no name, is there twice, or is also a variable.",
		Why:     "Callers pass messages under that name, beside the values of variables."},
	{ID: ruleExampleOutput, Name: "example-output", Severity: Error, Ignorable: true,
		Summary: "The output of an example is not what the output schema asks for.",
		Why:     "The model is told two different things, and follows the example more often than the schema."},
	{ID: ruleExampleTag, Name: "example-tag", Severity: Warning, Ignorable: true,
		Summary: "An example contains a template tag.",
		Why:     "Examples are texts, not templates: the model would see the braces. Write what a real input looks like."},
	{ID: ruleSchemaValue, Name: "variable-schema", Severity: Error,
		Summary: "The default or the example of a variable does not fit its schema.",
		Why:     "A caller that passes the same value would be refused."},
	{ID: ruleStrict, Name: "strict-schema", Severity: Warning, Ignorable: true,
		Summary: "A schema with strict = true has objects that are open, or properties that are not required.",
		Why:     "OpenAI's strict mode refuses such a schema at the first call: every object needs additionalProperties = false and lists all properties as required."},
	{ID: ruleSimilar, Name: "similar-names", Severity: Warning, Ignorable: true,
		Summary: "Two variables differ in upper and lower case only.",
		Why:     "Callers pass one of them for the other."},
	{ID: ruleLineEnds, Name: "line-ends", Severity: Warning, Ignorable: true, Fixable: true,
		Summary: "A file starts with a byte order mark, or mixes LF and CRLF.",
		Why:     "It does not change the artifact, which has neither; other tools show such files as changed from top to bottom."},
	{ID: rulePart, Name: "content-part", Severity: Error,
		Summary: "A part of a message's content is not what its type asks for.",
		Why:     "Parts have OpenAI's shape: text, image_url or file."},
	{ID: ruleIgnore, Name: "ignore", Severity: Error,
		Summary: "[check] ignore names no rule, a rule that cannot be ignored, or gives no reason.",
		Why:     "An exception that nobody can explain is kept for ever."},
	{ID: ruleFamily, Name: "model-parameter", Severity: Warning, Ignorable: true,
		Summary: "The family of the model does not take a parameter.",
		Why:     "Its API refuses the request or ignores the parameter. Known are OpenAI's chat and reasoning models, Claude and Gemini, as documented in November 2026; other models are not judged."},
}
