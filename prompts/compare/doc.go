// Package compare says what changed between two versions of a prompt.
package compare
