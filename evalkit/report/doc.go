// Package report writes what a run of evaluations found: as JSON and JUnit XML
// for programs, as Markdown for a pull request, as text for a terminal, and as
// one HTML page that needs nothing else.
//
// Whoever reads a report decides by it, so the verdict stands first and in
// words, what is not known is called that and never 0, and what was left out is
// counted. Texts of models, of cases and of suites are data: they can neither
// become markup, links or mentions, nor commands of a CI system, nor control a
// terminal, and characters that nobody would see are shown by their number.
package report
