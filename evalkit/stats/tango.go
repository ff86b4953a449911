package stats

import "math"

// Tango is the score interval of the difference of two pass rates, new − old, over
// the same cases (Tango 1998, Statistics in Medicine 17:891): all differences that
// a score test does not refuse. It depends on the flips and the number of cases
// alone; without flips it is ±NoFlips. No knowledge as with NewcombePaired.
func Tango(p Pairs, confidence float64) Interval {
	if !p.valid() || !validConfidence(confidence) {
		return unknown(-1, 1)
	}
	return tango(float64(p.OnlyNew), float64(p.OnlyOld), float64(p.N()), quantile(confidence))
}

// tango takes counts that need not be whole.
func tango(onlyNew, onlyOld, n, z float64) Interval {
	diff := (onlyNew - onlyOld) / n
	return Interval{
		diff,
		-tangoUpper(onlyOld, onlyNew, n, z),
		tangoUpper(onlyNew, onlyOld, n, z),
	}
}

// tangoUpper finds the upper bound by bisection: the test's statistic falls as
// the supposed difference grows.
func tangoUpper(onlyNew, onlyOld, n, z float64) float64 {
	low, high := (onlyNew-onlyOld)/n, 1.0
	for range 60 {
		if delta := (low + high) / 2; tangoScore(delta, onlyNew, onlyOld, n) > -z {
			low = delta
		} else {
			high = delta
		}
	}
	return high
}

// tangoScore is the statistic for a supposed difference; q is the most likely rate
// of flips to a fail under it.
func tangoScore(delta, onlyNew, onlyOld, n float64) float64 {
	a := 2 * n
	b := -onlyNew - onlyOld + (2*n-onlyNew+onlyOld)*delta
	c := -onlyOld * delta * (1 - delta)
	q := (math.Sqrt(max(b*b-4*a*c, 0)) - b) / (2 * a)
	return (onlyNew - onlyOld - n*delta) / math.Sqrt(n*(2*q+delta*(1-delta)))
}
