//go:build !race

package suite_test

// manyCases is the size that the whole has to stand.
const manyCases = 100_000
