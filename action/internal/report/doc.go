// Package report prints plans and states for people: aligned text for a
// terminal, Markdown for a step summary or a comment. It decides nothing.
package report
