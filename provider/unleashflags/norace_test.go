//go:build !race

package unleashflags_test

const raceEnabled = false
