package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	// Resamples is how many times BCa draws.
	Resamples = 10_000
	// BootstrapUnits is the least number of independent units, clusters or cases
	// that stand alone, from which a bootstrap is to be trusted.
	BootstrapUnits = 100
)

// ErrBootstrap is what the errors of BCa wrap.
var ErrBootstrap = errors.New("bootstrap")

// BCa is the bias-corrected and accelerated bootstrap interval (Efron 1987) of
// the mean of paired differences, for skewed ones that t does not fit. It draws
// whole clusters, named as in ClusteredT, Resamples times; the same seed and the
// same order of cases give the same bounds.
//
// Errors: fewer than BootstrapUnits clusters, below which it covers too rarely; a
// confidence whose tails hold fewer than ten resamples, beyond 0.998; differences
// without spread or that are no finite numbers.
func BCa(diffs []float64, clusters []string, confidence float64, seed uint64) (Interval, error) {
	s, ok := summarize(diffs, clusters)
	if !ok {
		return unknown(math.Inf(-1), math.Inf(1)), fmt.Errorf("%w: no differences, one that is not a finite number, or not one cluster for each", ErrBootstrap)
	}
	if len(s.units) < BootstrapUnits {
		return unknown(math.Inf(-1), math.Inf(1)), fmt.Errorf("%w: %d independent units, needs %d", ErrBootstrap, len(s.units), BootstrapUnits)
	}
	return s.bca(confidence, Resamples, seed)
}

func (s summary) bca(confidence float64, resamples int, seed uint64) (Interval, error) {
	if !validConfidence(confidence) || (1-confidence)/2*float64(resamples) < 10-1e-6 {
		return unknown(math.Inf(-1), math.Inf(1)), fmt.Errorf("%w: confidence %g is beyond what %d resamples show", ErrBootstrap, confidence, resamples)
	}
	if s.se == 0 {
		return unknown(math.Inf(-1), math.Inf(1)), fmt.Errorf("%w: all differences are equal", ErrBootstrap)
	}
	means := resample(s.units, resamples, seed)
	bias := s.bias(means)
	acceleration := s.acceleration()
	slices.Sort(means)
	bound := func(tail float64) float64 {
		z := bias + distuv.UnitNormal.Quantile(tail)
		stretch := 1 - acceleration*z
		if stretch <= 0 { // beyond the pole: the outermost resample
			return ordered(means, boolean(z > 0))
		}
		return ordered(means, distuv.UnitNormal.CDF(bias+z/stretch))
	}
	tail := (1 - confidence) / 2
	return Interval{s.mean, bound(tail), bound(1 - tail)}.atLeast(0), nil
}

// resample gives the means of random draws of as many units as there are. One
// random number of 64 bits picks two units; picking by multiplication prefers no
// unit by more than one in 2³²/len(units).
func resample(units []unit, resamples int, seed uint64) []float64 {
	random := rand.NewPCG(seed, 0x70726f6d7074666c)
	n := uint64(len(units))
	means := make([]float64, resamples)
	for i := range means {
		var sum, count float64
		for range n / 2 {
			bits := random.Uint64()
			a, b := &units[(bits>>32)*n>>32], &units[(bits&math.MaxUint32)*n>>32]
			sum += a.sum + b.sum
			count += a.count + b.count
		}
		if n%2 == 1 {
			u := &units[(random.Uint64()>>32)*n>>32]
			sum += u.sum
			count += u.count
		}
		means[i] = sum / count
	}
	return means
}

// bias is z0: how far the median of the resamples is from the mean, in normal
// quantiles. Resamples that hit the mean count half, since few distinct scores give
// many of them.
func (s summary) bias(means []float64) float64 {
	below, tolerance := 0.0, 1e-12*s.largest
	for _, m := range means {
		switch {
		case m < s.mean-tolerance:
			below++
		case m <= s.mean+tolerance:
			below += 0.5
		}
	}
	least := 0.5 / float64(len(means))
	return distuv.UnitNormal.Quantile(min(max(below/float64(len(means)), least), 1-least))
}

// acceleration is a: the skewness of the mean by leaving out one unit at a time.
func (s summary) acceleration() float64 {
	total := s.mean * s.n
	leaveOut := func(u unit) float64 { return (total - u.sum) / (s.n - u.count) }
	average := 0.0
	for _, u := range s.units {
		average += leaveOut(u)
	}
	average /= float64(len(s.units))
	var squares, cubes float64
	for _, u := range s.units {
		d := average - leaveOut(u)
		squares += d * d
		cubes += d * d * d
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * squares * math.Sqrt(squares))
}

// ordered is the quantile of sorted values, between two of them by their
// distance.
func ordered(sorted []float64, share float64) float64 {
	position := share*float64(len(sorted)+1) - 1
	last := float64(len(sorted) - 1)
	position = min(max(position, 0), last)
	at := int(position)
	if at == len(sorted)-1 {
		return sorted[at]
	}
	part := position - float64(at)
	return sorted[at]*(1-part) + sorted[at+1]*part
}
