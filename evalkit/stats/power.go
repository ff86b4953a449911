package stats

import (
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Noise is where the spread of a paired difference of scores comes from.
type Noise struct {
	// Omega2 is the variance of the difference of the expected scores between cases;
	// 1/9 when both arms are spread evenly and correlate by half.
	Omega2 float64
	// VarNew and VarOld are the mean variances of the samples of one case, 0 for
	// an arm that answers the same every time; KNew and KOld are how many
	// samples are averaged.
	VarNew, VarOld float64
	KNew, KOld     int
}

// perCase is the variance of the difference of one case.
func (v Noise) perCase() (float64, error) {
	if v.KNew < 1 || v.KOld < 1 {
		return 0, fmt.Errorf("%d and %d samples of a case, needs at least 1", v.KNew, v.KOld)
	}
	sum := v.Omega2 + v.VarNew/float64(v.KNew) + v.VarOld/float64(v.KOld)
	if !(v.Omega2 >= 0 && v.VarNew >= 0 && v.VarOld >= 0) || math.IsInf(sum, 0) {
		return 0, fmt.Errorf("variances %g, %g, %g: not all are positive numbers", v.Omega2, v.VarNew, v.VarOld)
	}
	return sum, nil
}

// mostTested bounds the time of PowerMcNemar.
const mostTested = 1_000_000

// SampleSize is how many cases show a mean difference of delta with the
// probability power, at the two-sided level alpha (Miller 2024, arXiv 2411.00640):
//
//	n = (z_{α/2} + z_β)² (ω² + σ²_new/K_new + σ²_old/K_old) / δ²
//
// rounded up.
func SampleSize(delta float64, v Noise, alpha, power float64) (int, error) {
	n, err := sampleSize(delta, v, alpha, power)
	if err != nil {
		return 0, fmt.Errorf("sample size: %w", err)
	}
	return int(max(math.Ceil(n), 1)), nil
}

func sampleSize(delta float64, v Noise, alpha, power float64) (float64, error) {
	variance, err := v.perCase()
	if err != nil {
		return 0, err
	}
	z, err := quantiles(alpha, power)
	if err != nil {
		return 0, err
	}
	n := z * z * variance / (delta * delta)
	if !(n <= mostCases) {
		return 0, fmt.Errorf("a difference of %g takes more than %d cases", delta, mostCases)
	}
	return n, nil
}

// MinimumDetectable is the mean difference that n cases show with the probability
// power: SampleSize turned round.
func MinimumDetectable(n int, v Noise, alpha, power float64) (float64, error) {
	variance, err := v.perCase()
	if err == nil && n < 1 {
		err = fmt.Errorf("%d cases, needs at least 1", n)
	}
	if err != nil {
		return 0, fmt.Errorf("minimum detectable difference: %w", err)
	}
	z, err := quantiles(alpha, power)
	if err != nil {
		return 0, fmt.Errorf("minimum detectable difference: %w", err)
	}
	return z * math.Sqrt(variance/float64(n)), nil
}

// quantiles is z_{α/2} + z_β.
func quantiles(alpha, power float64) (float64, error) {
	if !(alpha > 0 && alpha < 1 && power > 0 && power < 1) {
		return 0, fmt.Errorf("level %g and power %g: both must be between 0 and 1", alpha, power)
	}
	// A power below α/2 needs no cases.
	return max(distuv.UnitNormal.Quantile(power)-distuv.UnitNormal.Quantile(alpha/2), 0), nil
}

// PowerMcNemar is the probability that the exact one-sided test (McNemarLess <=
// alpha) finds the candidate worse in n cases, when a case flips to a pass with
// the rate onlyNew and to a fail with the rate onlyOld. NaN when the
// arguments are none, or n is above a million.
func PowerMcNemar(n int, onlyNew, onlyOld, alpha float64) float64 {
	flip := onlyNew + onlyOld
	if n < 0 || n > mostTested || !(onlyNew >= 0 && onlyOld >= 0 && flip <= 1+1e-12 && alpha > 0 && alpha < 1) {
		return math.NaN()
	}
	if flip == 0 {
		return 0
	}
	flip = min(flip, 1)
	// Ten standard deviations hold all but 1e-20.
	middle, reach := float64(n)*flip, 10*math.Sqrt(float64(n)*flip*(1-flip))+30
	first, last := max(int(middle-reach), 0), min(int(middle+reach), n)
	critical := sort.Search(first+1, func(x int) bool { return binomialCDF(x, first, 0.5) > alpha }) - 1
	power := 0.0
	for m := first; m <= last; m++ {
		for binomialCDF(critical+1, m, 0.5) <= alpha {
			critical++
		}
		power += binomialPMF(m, n, flip) * binomialCDF(critical, m, onlyNew/flip)
	}
	return min(power, 1)
}

// DetectableDrop is the smallest drop of the pass rate that PowerMcNemar finds
// with the probability power in n cases, when gain is the rate of flips to a
// pass. ok is false when there is none: so few cases find nothing.
func DetectableDrop(n int, gain, alpha, power float64) (drop float64, ok bool) {
	if !(PowerMcNemar(n, gain, 1-gain, alpha) >= power) {
		return 0, false
	}
	low, high := gain, 1-gain // rates of flips to a fail
	for high-low > 1e-6 {
		if middle := (low + high) / 2; PowerMcNemar(n, gain, middle, alpha) >= power {
			high = middle
		} else {
			low = middle
		}
	}
	return high - gain, true
}
