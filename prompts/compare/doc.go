// Package compare says what changed between two versions of a prompt, and
// whether callers of the old one are served by the new one. It does no I/O.
//
// # Contract
//
// [Contract] and [Breaks] look at what a service writes against: the variables
// and placeholders that it passes, the tools that it runs, the output that it
// reads. Model, parameters, texts and examples are no part of it. Every [Effect]
// is breaking, cannot be told, or compatible; what cannot be told is never
// passed. The same digest has no effects.
//
//	change                                         verdict     because callers of the old version
//	variable new and required, or now required     breaking    do not pass it
//	variable new and optional, or now optional     compatible
//	variable removed                               breaking    pass it and are told that it is not declared
//	type changed                                   breaking    pass the old type
//	type integer becomes number                    compatible  pass integers, which are numbers
//	enum narrowed or added                         breaking    may pass what it lacks
//	enum widened or dropped, default changed       compatible
//	schema of a variable narrowed or added         breaking    may pass what it refuses
//	{{order.id}} newly needed outside of sections  breaking    may pass an order without id
//	placeholder new, removed or renamed            breaking    pass the messages of the old names
//	output json becomes text, or text json         breaking    read it otherwise
//	output schema dropped or widened               breaking    read what it may not have, or may have now
//	output schema new or narrowed                  compatible
//	property of the output dropped or retyped      breaking    read it
//	property of the output new                     compatible  ignore members that they do not know
//	tool removed                                   breaking    count on its being called
//	tool new or renamed                            breaking    have nothing to run when the model calls it
//	argument of a tool new and required            breaking    have a function that does not take it
//	argument new and optional                      compatible  ignore it, unless the old schema is closed: breaking
//	argument removed, retyped, no longer required  breaking    count on it
//	strict dropped where there is a schema         unknown     relied on its being enforced
//	unknown member differs                         unknown     may know it
//	name changed                                   compatible  ask for the old name, which keeps its version
//
// # Schemas
//
// JSON Schemas of draft 2020-12 are compared by what they accept. For variables
// the new schema must accept what the old one accepted; for outputs and the
// arguments of tools it must allow only what the old one allowed. Silence is a
// proof, with two assumptions that make a compatible effect each time they are
// used: nobody passes a property that an object with properties does not name,
// and nobody who reads an answer minds a property that he does not know.
//
// References inside the document are followed, cycles included, and allOf,
// anyOf and oneOf are taken apart. Not compared but only found to be the same or
// not are pattern, format, not, if, contains, patternProperties, propertyNames,
// dependentSchemas, the unevaluated keywords, keywords of content, and any that
// 2020-12 does not have; so are documents of other drafts and those with $anchor
// or an inner $id. A change there cannot be told. Titles, descriptions, examples,
// $comment, defaults and x-… never matter. A comparison ends after a fixed
// number of steps, at 100 levels, and with 100 effects.
//
// # Differences
//
// [Diff] lists what differs, field by field: [Changes] is a value with forms for
// terminals (Text), comments on GitHub (Markdown) and programs (JSON, which is
// that of its fields). Messages are aligned, so that one that moved is not one
// that changed; texts are compared by line and, where enough of a line stayed, by
// word. Text of prompts is data in every form.
package compare
