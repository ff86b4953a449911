//go:build race

package unleashflags_test

const raceEnabled = true
