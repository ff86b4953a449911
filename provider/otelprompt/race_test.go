//go:build race

package otelprompt

const raceEnabled = true
