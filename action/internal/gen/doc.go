// Package gen writes Go code from prompts, so that a service that forgets a
// variable does not compile.
//
// For the prompt support.reply with the required variables customer and ticket
// and the optional language, Go writes
//
//	const SupportReplyName = "support.reply"
//
//	type SupportReplyCustomer string
//	type SupportReplyTicket string
//	type SupportReplyLanguage string // with a constant for each value of its enum
//
//	func NewSupportReply(customer SupportReplyCustomer, ticket SupportReplyTicket) SupportReply
//	func (v SupportReply) WithLanguage(language SupportReplyLanguage) SupportReply
//	func (v SupportReply) Values() map[string]any
//	func (v SupportReply) Render(p *prompts.Prompt) ([]prompts.Message, error)
//
// and, when the output schema is a plain object, SupportReplyOutput with
// ParseSupportReplyOutput.
//
// # Why a constructor
//
// A struct literal may leave out fields, so required variables are the
// arguments of a function: one that is missing, or that the prompt got since,
// is "not enough arguments", and the compiler lists the types that it wants.
// Each required variable has a type of its own. It stands at the call like the
// name of an argument, it puts the variable's name into the compiler's message,
// and two texts cannot be passed for each other, also not after one variable
// was renamed and another came. Constants and unnamed slices and maps need no
// conversion, in Go, and so are not protected from that mix-up.
//
// The struct has no exported fields. Its zero value compiles, as everywhere in
// Go, and renders as an error that names every required variable.
//
// # Names
//
// Arguments are in the order of the variables' names, placeholders among them.
// Dots, dashes and underscores end a word: support.reply and support_reply are
// both SupportReply, and the second by name becomes SupportReply_2. The same
// holds for variables, constants and properties.
//
// # Types
//
// integer is int64, number float64, boolean bool, a placeholder
// []prompts.Message. Arrays and objects are []any and map[string]any, or have
// the type that their schema describes: structs for objects with properties,
// nested to a depth of 8. What a schema says in another way than with type,
// properties, required, items, additionalProperties and enum is any. Inside of
// such a struct the compiler demands nothing: Render compares it with the schema.
package gen
