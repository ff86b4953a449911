// Package origin finds out on whose behalf the program runs: commit, subject,
// person, run and pull request, from the environment of a GitHub workflow or
// from the git checkout it was started in. It also answers whether the commit
// is still the head of the branch that may publish.
package origin
