// Package wording puts numbers, times, names and text of others into messages,
// the same way in all of them: on a terminal, in a record, in Markdown.
package wording
