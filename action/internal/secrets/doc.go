// Package secrets finds credentials in the text of prompts, so that none gets
// published with a version or sent to a model provider.
//
// # Where the rules come from
//
// The rules are those of gitleaks (MIT), read from its module, pinned in go.mod
// (v8.30.0: 222 rules, of which this package uses the 217 that need no file
// name). rules.toml adds rules in the same format for what they miss in
// prompts: newer keys of model providers, Unleash tokens, credentials in URLs,
// headers and sentences. It also says what is no secret in a prompt:
// placeholders, template variables and, for the rule that knows no format but
// only names like key and token, identifiers.
//
// Only the rules are theirs. Their detector took 2 s for 1 MB of prompts, brings
// 62 modules and 7 MB of binary; their rules alone bring 22 and 2.8 MB, and here
// a rule runs only where one of its keywords stands near a word that could be
// its credential, which in prose is hardly ever: about 0.02 s for 1 MB. What
// that shortcut may skip is computed from each expression (shape.go), and a
// test compares it with running every rule everywhere.
//
// Rules differ from gitleaks in this:
//
//   - A token may end with a full stop, a comma, a bracket, a Markdown or
//     typographic sign, as in a sentence; the rule without a format excepted.
//   - Comments such as "gitleaks:allow" have no effect.
//   - Nothing is decoded first: a base64 of a key is not found.
//   - Overlapping findings are one: the rule that knows the format wins.
//
// # Updating
//
// Raise the version of github.com/zricethezav/gitleaks/v8 in go.mod and run the
// tests of this package. TestRulesAreAsExpected fails if the rules are written
// otherwise now, TestCleanPrompts if a new rule takes plain text for a secret,
// and rules.toml may have rules that gitleaks has meanwhile. Add a rule of our
// own only for a credential that is common and has a format, with a line in
// make_test.go.
//
// # What is not found
//
//   - Passwords that could be words or names, or without digits and signs, and
//     such as stand alone with no word like "password" before them.
//   - Credentials that look like identifiers: UUIDs, numbers, all letters, words
//     joined by signs. With a prefix or the name of the service they are found.
//   - Keys without a format in a sentence ("use 4f0c… as your key").
//   - Anything with "example", "sample", "dummy" or "xxxx" in it, and whatever
//     is split over lines or words. PEM blocks are found.
//   - Whether a credential is still valid: nothing is sent anywhere.
package secrets
