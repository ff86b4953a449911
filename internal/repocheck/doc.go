// Package repocheck holds the rules of this repository and tests that it keeps
// them. A rule is a function from the files to findings, so that each one has a
// test of its own that breaks it.
//
//	go test ./internal/repocheck
//
// Where to look when a test fails:
//
//   - floors.go: which package may import which. A new package starts by adding
//     its line to the table there.
//   - modules.go: which package may import which module, what each must not
//     link, and the versions in go.mod.
//   - shape.go: sizes, names, comments, and what no file may contain.
//   - image.go: what the Dockerfile copies.
//   - layout.go: the names at the top level, text that does not belong in a
//     public repository.
//
// Rules parse all Go files, whatever their build tags. Only what a package
// links in the end is asked of the go command (links_test.go). The test cache
// does not see what that command reads, but it sees every file that the other
// rules read, and these are all files of the repository: a change of any of
// them runs the tests again.
package repocheck
