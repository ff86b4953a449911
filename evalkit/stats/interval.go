package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate and the bounds between which the truth lies with the
// confidence that was asked for, both tails cut equally. Lower <= Estimate <=
// Upper. NaN as the estimate means that there is none; the bounds are then all
// that is possible, so that whoever compares with a bound decides nothing.
type Interval struct{ Estimate, Lower, Upper float64 }

// Above reports whether all of the interval lies above x. For a difference new −
// old, Above(-margin) is "not worse by the margin or more" and Above(0) is
// "better".
func (i Interval) Above(x float64) bool { return i.Lower > x }

// Below reports whether all of the interval lies below x. For a difference new −
// old, Below(0) is "worse".
func (i Interval) Below(x float64) bool { return i.Upper < x }

// Width is the distance of the bounds.
func (i Interval) Width() float64 { return i.Upper - i.Lower }

// clip keeps the bounds within what is possible.
func (i Interval) clip(least, most float64) Interval {
	i.Lower, i.Upper = max(i.Lower, least), min(i.Upper, most)
	return i
}

// atLeast widens the interval to half on both sides of the estimate.
func (i Interval) atLeast(half float64) Interval {
	i.Lower, i.Upper = min(i.Lower, i.Estimate-half), max(i.Upper, i.Estimate+half)
	return i
}

// hull has the outer bounds of two intervals of the same estimate.
func hull(a, b Interval) Interval {
	return Interval{a.Estimate, min(a.Lower, b.Lower), max(a.Upper, b.Upper)}
}

// unknown is the interval of no knowledge.
func unknown(least, most float64) Interval { return Interval{math.NaN(), least, most} }

// validConfidence reports whether a confidence is one, such as 0.95. At 1 every
// interval is infinite, and from about 1e-16 below it the arithmetic ends.
func validConfidence(confidence float64) bool { return confidence > 0 && confidence < 1 }

// quantile is z: the normal quantile of a two-sided confidence, 1.96 for 0.95.
func quantile(confidence float64) float64 {
	return -distuv.UnitNormal.Quantile((1 - confidence) / 2)
}

// NoFlips is half the width of the interval when n independent cases passed in
// both arms: z²/(n+z²), what NewcombePaired gives for Pairs{Both: n}. It is
// the least that n cases leave open about a mean of differences in [-1, 1],
// however equal they look: at 0.95 and n = 50 it is 0.071. 1 when n < 1.
func NoFlips(n int, confidence float64) float64 {
	if n < 1 || !validConfidence(confidence) {
		return 1
	}
	return noFlips(float64(n), quantile(confidence))
}

func noFlips(n, z float64) float64 { return z * z / (n + z*z) }
