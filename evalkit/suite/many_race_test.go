//go:build race

package suite_test

// manyCases is fewer where everything is several times slower.
const manyCases = 10_000
