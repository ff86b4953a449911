package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Wilson is the score interval of a share of k in n (Wilson 1927): the usual
// choice for a pass rate. No knowledge, 0 to 1, when there are no cases or the
// arguments are none.
func Wilson(k, n int, confidence float64) Interval {
	if n < 1 || k < 0 || k > n || !validConfidence(confidence) {
		return unknown(0, 1)
	}
	return wilson(float64(k), float64(n), quantile(confidence))
}

// wilson takes counts that need not be whole.
func wilson(k, n, z float64) Interval {
	p, zz := k/n, z*z
	middle := p + zz/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+zz/(4*n*n))
	i := Interval{p, (middle - half) / (1 + zz/n), (middle + half) / (1 + zz/n)}
	if k == 0 { // exactly, not but for rounding
		i.Lower = 0
	}
	if k == n {
		i.Upper = 1
	}
	return i.atLeast(0).clip(0, 1)
}

// ClopperPearson is the exact interval of a share of k in n (Clopper and Pearson
// 1934). It covers with at least the confidence, whatever the truth, and is wider
// than Wilson for it: where a promise must hold, such as "safety is at least
// 0.99". No knowledge as with Wilson.
func ClopperPearson(k, n int, confidence float64) Interval {
	if n < 1 || k < 0 || k > n || !validConfidence(confidence) {
		return unknown(0, 1)
	}
	tail := (1 - confidence) / 2
	i := Interval{float64(k) / float64(n), 0, 1}
	if k > 0 {
		i.Lower = distuv.Beta{Alpha: float64(k), Beta: float64(n-k) + 1}.Quantile(tail)
	}
	if k < n {
		i.Upper = distuv.Beta{Alpha: float64(k) + 1, Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return i.atLeast(0)
}

// AtLeast is the exact chance of k or more passes in n cases when each passes
// with the probability rate: the one-sided p of "the rate is higher than that".
// 1 when the arguments are none.
func AtLeast(k, n int, rate float64) float64 {
	if k <= 0 || n < 0 || !(rate >= 0 && rate <= 1) {
		return 1
	}
	if k > n {
		return 0
	}
	return 1 - binomialCDF(k-1, n, rate)
}

// binomialCDF is P(X <= k) of n trials.
func binomialCDF(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	return distuv.Binomial{N: float64(n), P: p}.CDF(float64(k))
}

// binomialPMF is P(X = k) of n trials.
func binomialPMF(k, n int, p float64) float64 {
	switch {
	case k < 0 || k > n:
		return 0
	case p <= 0:
		return boolean(k == 0)
	case p >= 1:
		return boolean(k == n)
	}
	return distuv.Binomial{N: float64(n), P: p}.Prob(float64(k))
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
