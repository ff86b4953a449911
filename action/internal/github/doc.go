// Package github speaks to GitHub: to the runner of a workflow (Runner) and to
// the API (Client).
//
// # The runner
//
// Annotations on the lines of a pull request, the step summary, and outputs.
// What people wrote into prompts and commits is data here. It is escaped in
// annotations, goes into the summary as text, and never becomes an output:
// an output with a line of its own choosing could set further outputs. In the
// log of an action it is quoted (see Quote), so that a line of a prompt is not
// a command to the runner.
//
// # The API
//
// Client reads pull requests, reviews, files and protection, and writes one
// comment or issue per key, which it finds again by a hidden marker. ReadEvent
// says what started the run, ParseCodeOwners who owns a file. Errors say what
// was asked and hold no token; requests are repeated and rate limits waited for
// in one place, retry.go.
package github
