package stats

import (
	"fmt"
	"math"
)

// Methods of Compare. Where there are two, their outer bounds count.
const (
	MethodPairs     = "newcombe+tango" // NewcombePaired and Tango
	MethodT         = "t"              // PairedT, or ClusteredT when cases share clusters
	MethodBootstrap = "t+bca"          // the same and BCa
)

// widenUnits is from how many independent units on BCa widens t. BCa alone needs
// BootstrapUnits, but t alone misses rare drops before: of 80 cases of which one
// in ten drops from 1 to 0, its lower bound lies above the truth in 9 % of runs,
// and with BCa in 2 %.
const widenUnits = 20

// Comparison is the mean paired difference of scores, new − old.
type Comparison struct {
	Interval
	Confidence float64
	N          int // cases
	// Units is how many of them are independent: clusters, and cases that stand
	// alone.
	Units  int
	Method string
	// PWorse is the one-sided p of "new is worse", small when it is: exact McNemar
	// or t. It is for Holm over metrics.
	PWorse float64
	// SD is the standard deviation of the differences of the cases; 0 for one case.
	SD float64
	// Pairs are the counts when all scores are 0 or 1 and every case stands alone,
	// else nil.
	Pairs *Pairs
}

// Compare is the interval of the mean difference of scores, candidate − baseline,
// by what fits the data:
//   - NewcombePaired, widened to Tango where that reaches further, when all scores
//     are 0 or 1 and no cluster has more than one case;
//   - else ClusteredT, widened from 20 independent units on to BCa where that
//     reaches further: it knows skewed scores, t the few units. BCa is left out
//     when it cannot: no spread, or a confidence that resamples do not show.
//
// Whatever the method, the interval is widened to NoFlips of its independent
// units, because cases that look equal say nothing about those not seen, and it
// stays in [-1, 1].
//
// candidate[i] and baseline[i] are the scores of case i, in [0, 1]: the mean over
// its samples. clusters is as in ClusteredT, the seed is for BCa. Swapping the
// arms mirrors the interval.
//
// Errors name positions from 0: no cases, lengths that differ, scores that are
// none, a confidence outside (0, 1). An error is never a verdict.
func Compare(candidate, baseline []float64, clusters []string, confidence float64, seed uint64) (Comparison, error) {
	return compare(candidate, baseline, clusters, confidence, seed, Resamples)
}

func compare(candidate, baseline []float64, clusters []string, confidence float64, seed uint64, resamples int) (Comparison, error) {
	if err := checkArms(candidate, baseline, clusters, confidence); err != nil {
		return Comparison{}, err
	}
	diffs := make([]float64, len(candidate))
	for i := range diffs {
		diffs[i] = candidate[i] - baseline[i]
	}
	s, ok := summarize(diffs, clusters)
	if !ok {
		return Comparison{}, fmt.Errorf("compare: no mean of %d differences", len(diffs))
	}
	c := Comparison{Confidence: confidence, N: len(diffs), Units: len(s.units), SD: s.sd}
	if c.Units == c.N {
		c.Pairs = count(candidate, baseline)
	}
	if c.Pairs != nil {
		c.Method = MethodPairs
		c.Interval = hull(NewcombePaired(*c.Pairs, confidence), Tango(*c.Pairs, confidence))
		c.PWorse = McNemarLess(c.Pairs.OnlyNew, c.Pairs.OnlyOld)
	} else {
		c.PWorse = s.tail(-1)
		c.Method = MethodT
		c.Interval = s.interval(confidence)
		if c.Units >= widenUnits {
			if i, err := s.bca(confidence, resamples, seed); err == nil {
				c.Method, c.Interval = MethodBootstrap, hull(c.Interval, i)
			}
		}
	}
	c.Interval = c.atLeast(NoFlips(c.Units, confidence)).clip(-1, 1)
	if c.Units < 2 && c.Pairs == nil { // one cluster has no spread between clusters
		c.Lower, c.Upper = -1, 1
	}
	return c, nil
}

// checkArms finds all that is wrong with the arguments of Compare.
func checkArms(candidate, baseline []float64, clusters []string, confidence float64) error {
	var wrong findings
	if !validConfidence(confidence) {
		wrong.add("confidence %g is not between 0 and 1", confidence)
	}
	if len(candidate) != len(baseline) {
		wrong.add("%d scores of the candidate, but %d of the baseline: needs both of every case", len(candidate), len(baseline))
	}
	if len(candidate) == 0 {
		wrong.add("no cases")
	}
	if clusters != nil && len(clusters) != len(candidate) {
		wrong.add("%d clusters for %d cases", len(clusters), len(candidate))
	}
	for i, score := range candidate {
		if !(score >= 0 && score <= 1) {
			wrong.add("case %d: score %g of the candidate is not between 0 and 1", i, score)
		}
	}
	for i, score := range baseline {
		if !(score >= 0 && score <= 1) {
			wrong.add("case %d: score %g of the baseline is not between 0 and 1", i, score)
		}
	}
	return wrong.err("compare")
}

// count is nil when a score is neither 0 nor 1.
func count(candidate, baseline []float64) *Pairs {
	var p Pairs
	for i := range candidate {
		switch [2]float64{candidate[i], baseline[i]} {
		case [2]float64{1, 1}:
			p.Both++
		case [2]float64{1, 0}:
			p.OnlyNew++
		case [2]float64{0, 1}:
			p.OnlyOld++
		case [2]float64{0, 0}:
			p.Neither++
		default:
			return nil
		}
	}
	return &p
}

// More is how many more cases would decide whether the candidate is worse, if
// they turned out like those that were seen: the smallest number with which the
// interval lies above −margin (not worse by more) or below 0 (worse). 0 when it
// does already. ok is false when no number of cases would: the difference is the
// margin itself, or more than a thousand million cases are needed. Clusters are
// taken to grow in number, not in size.
func (c Comparison) More(margin float64) (cases int, ok bool) {
	if c.Above(-margin) || c.Below(0) {
		return 0, true
	}
	n, ok := smallest(c.N, func(n float64) bool {
		i := c.scaled(n)
		return i.Above(-margin) || i.Below(0)
	})
	return n - c.N, ok
}

// scaled is the interval that n cases of the same kind would give.
func (c Comparison) scaled(n float64) Interval {
	z, grown := quantile(c.Confidence), n/float64(c.N)
	i := c.Interval
	if c.Pairs != nil {
		both, neither := grown*float64(c.Pairs.Both), grown*float64(c.Pairs.Neither)
		onlyNew, onlyOld := grown*float64(c.Pairs.OnlyNew), grown*float64(c.Pairs.OnlyOld)
		i = hull(newcombe(both, onlyNew, onlyOld, neither, z), tango(onlyNew, onlyOld, n, z))
	} else {
		least := NoFlips(c.Units, c.Confidence) + 1e-12
		side := func(half float64) float64 {
			if half <= least && c.Units > 1 { // it was widened; what the method said is not kept
				half = min(half, c.SD/math.Sqrt(float64(c.N))*tQuantile(c.Confidence, c.Units))
			}
			return half / math.Sqrt(grown)
		}
		i.Lower, i.Upper = i.Estimate-side(i.Estimate-i.Lower), i.Estimate+side(i.Upper-i.Estimate)
	}
	return i.atLeast(noFlips(grown*float64(c.Units), z))
}
