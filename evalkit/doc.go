// Package evalkit runs the suite of a prompt against a new version and against
// the versions that production serves, and says pass, fail or inconclusive.
package evalkit
