package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// McNemarExact is the two-sided exact p of "both arms pass as often", from the
// cases that flipped (McNemar 1947): min(1, 2·P(X <= the smaller count)) where
// each flip goes either way with ½. 1 without flips. One-way flips reach 0.05
// from six on.
func McNemarExact(onlyNew, onlyOld int) float64 {
	low, n, ok := flips(onlyNew, onlyOld)
	if !ok {
		return 1
	}
	return min(1, 2*binomialCDF(low, n, 0.5))
}

// McNemarMidP is the two-sided p that counts what was observed by half: less
// conservative than the exact one, and rarely above its level (Fagerland,
// Lydersen and Laake 2013). 1 without flips.
func McNemarMidP(onlyNew, onlyOld int) float64 {
	low, n, ok := flips(onlyNew, onlyOld)
	if !ok {
		return 1
	}
	observed := binomialPMF(low, n, 0.5)
	if 2*low == n { // the middle: only one such outcome, not one on each side
		return 1 - observed/2
	}
	return 2*binomialCDF(low, n, 0.5) - observed
}

// McNemarLess is the one-sided exact p of "new is worse": the chance of so few
// gains, or fewer, among the flips if new were no worse. Small means worse. 1
// without flips. One-way flips reach 0.05 from five on.
func McNemarLess(onlyNew, onlyOld int) float64 {
	if _, _, ok := flips(onlyNew, onlyOld); !ok {
		return 1
	}
	return binomialCDF(onlyNew, onlyNew+onlyOld, 0.5)
}

// McNemarChi2 is the statistic with one degree of freedom and its two-sided p,
// as textbooks have it; corrected is with Edwards's correction for continuity.
// It is an approximation for many flips and here to compare with other programs:
// McNemarExact needs none.
func McNemarChi2(onlyNew, onlyOld int, corrected bool) (chi2, p float64) {
	_, n, ok := flips(onlyNew, onlyOld)
	if !ok {
		return 0, 1
	}
	distance := math.Abs(float64(onlyNew) - float64(onlyOld))
	if corrected {
		distance = max(distance-1, 0)
	}
	chi2 = distance * distance / float64(n)
	return chi2, distuv.ChiSquared{K: 1}.Survival(chi2)
}

// flips gives the smaller count and the sum; ok is false when there is nothing
// to test.
func flips(onlyNew, onlyOld int) (low, n int, ok bool) {
	if onlyNew < 0 || onlyOld < 0 || onlyNew+onlyOld == 0 {
		return 0, 0, false
	}
	return min(onlyNew, onlyOld), onlyNew + onlyOld, true
}
