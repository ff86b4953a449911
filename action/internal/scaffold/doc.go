// Package scaffold lays out a prompts repository, in an empty folder or in one
// that has files already: configuration, the workflow that publishes, owners
// for reviews, the schemas that editors complete by, and a first prompt with a
// suite and recorded answers, so that everything can be tried at once.
//
// A file that is there with other content is left as it is, and files that are
// lists of lines (CODEOWNERS, .gitignore) get the lines that they lack. Line
// ends do not count as content: a checkout with those of Windows is the same.
// A second run therefore writes nothing.
package scaffold
