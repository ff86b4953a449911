package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// PairedT is the t interval of the mean of paired differences, for scores that
// are more than pass and fail.
//
// Differences that are all equal have no spread to judge by. When they lie in
// [-1, 1] the interval is then as wide as NoFlips says, so that five equal cases
// do not prove equality; the bounds are ±1 for a single one. Beyond [-1, 1]
// nothing is known about the scale, and the bounds are infinite. Without
// differences, or with one that is not a finite number, the estimate is NaN and
// the bounds are infinite.
func PairedT(diffs []float64, confidence float64) Interval {
	return ClusteredT(diffs, nil, confidence)
}

// ClusteredT is PairedT when cases share something, such as the document they
// were written from: clusters[i] names what case i belongs to. "" and nil say that a
// case stands alone. The standard error is
//
//	sqrt(G/(G−1) · Σ_c (Σ_{i in c} (d_i − mean))²) / n
//
// with G clusters and G−1 degrees of freedom. The factor G/(G−1) is the usual
// correction for few clusters; with it, clusters of one case each give exactly
// PairedT. A wrong number of cluster names is no knowledge, as in PairedT.
func ClusteredT(diffs []float64, clusters []string, confidence float64) Interval {
	s, ok := summarize(diffs, clusters)
	if !ok || !validConfidence(confidence) {
		return unknown(math.Inf(-1), math.Inf(1))
	}
	return s.interval(confidence)
}

// TTest gives the p-values of ClusteredT for a mean of zero: worse is one-sided,
// small when the mean lies below zero; either is two-sided. No p is below ½^G (or
// twice that), the least that any exchange of the arms in G independent units can
// reach: three cases that are all worse by the same amount are no proof. Both are
// 1 when there is nothing to test.
func TTest(diffs []float64, clusters []string) (worse, either float64) {
	s, ok := summarize(diffs, clusters)
	if !ok {
		return 1, 1
	}
	worse, better := s.tail(-1), s.tail(1)
	return worse, min(1, 2*min(worse, better))
}

// unit is a cluster: the sum of its differences and how many they are.
type unit struct{ sum, count float64 }

// summary is what t and bootstrap need of differences.
type summary struct {
	units   []unit // in the order of first appearance
	n       float64
	mean    float64
	se      float64 // 0 when there is no spread or fewer than two units
	sd      float64 // of the differences, not of the units; 0 when n < 2
	largest float64 // the largest |d|
}

// summarize is not ok when a difference is no finite number, there are none, or
// the number of clusters is another.
func summarize(diffs []float64, clusters []string) (s summary, ok bool) {
	if len(diffs) == 0 || clusters != nil && len(clusters) != len(diffs) {
		return s, false
	}
	total := 0.0
	for _, d := range diffs {
		total += d
		s.largest = max(s.largest, math.Abs(d))
	}
	s.n = float64(len(diffs))
	s.mean = total / s.n
	if math.IsNaN(s.mean) || math.IsInf(s.mean, 0) {
		return s, false
	}
	s.units = group(diffs, clusters)
	squares := 0.0
	for _, d := range diffs {
		squares += (d - s.mean) * (d - s.mean)
	}
	if len(diffs) > 1 {
		s.sd = s.spread(math.Sqrt(squares / (s.n - 1)))
	}
	if g := float64(len(s.units)); g > 1 {
		squares = 0
		for _, u := range s.units {
			deviation := u.sum - u.count*s.mean
			squares += deviation * deviation
		}
		s.se = s.spread(math.Sqrt(g/(g-1)*squares) / s.n)
	}
	return s, !math.IsInf(s.sd, 0) && !math.IsInf(s.se, 0)
}

// spread takes what only rounding left for zero.
func (s summary) spread(x float64) float64 {
	if x <= 1e-12*s.largest {
		return 0
	}
	return x
}

// group sums the differences of each cluster.
func group(diffs []float64, clusters []string) []unit {
	units := make([]unit, 0, len(diffs))
	at := map[string]int{}
	for i, d := range diffs {
		if clusters == nil || clusters[i] == "" {
			units = append(units, unit{d, 1})
			continue
		}
		j, ok := at[clusters[i]]
		if !ok {
			j = len(units)
			at[clusters[i]] = j
			units = append(units, unit{})
		}
		units[j].sum += d
		units[j].count++
	}
	return units
}

// interval is the t interval, or what is left to say without a spread.
func (s summary) interval(confidence float64) Interval {
	if s.se > 0 {
		half := s.se * tQuantile(confidence, len(s.units))
		return Interval{s.mean, s.mean - half, s.mean + half}
	}
	i := Interval{s.mean, math.Inf(-1), math.Inf(1)}
	switch {
	case s.largest > 1:
	case len(s.units) < 2:
		i.Lower, i.Upper = -1, 1
	default:
		half := NoFlips(len(s.units), confidence)
		i = Interval{s.mean, s.mean - half, s.mean + half}.clip(-1, 1)
	}
	return i
}

// tail is the one-sided p of a mean that lies on the side of zero that sign says.
func (s summary) tail(sign float64) float64 {
	least := math.Exp2(-float64(len(s.units)))
	switch {
	case s.se > 0:
		return max(student(len(s.units)).CDF(-sign*s.mean/s.se), least)
	case sign*s.mean > 0:
		return least
	}
	return 1
}

func student(units int) distuv.StudentsT {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(units - 1)}
}

func tQuantile(confidence float64, units int) float64 {
	return -student(units).Quantile((1 - confidence) / 2)
}
