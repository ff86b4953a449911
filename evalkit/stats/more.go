package stats

import "math"

// mostCases is where the search for a number of cases ends.
const mostCases = 1_000_000_000

// More is how many more cases would decide, by the mean and the standard
// deviation of the differences of n cases so far, if both stay: the smallest
// number with which the t interval, widened as Compare does, lies above −margin
// or below 0; 0 when it does already. ok is false when none would, or more than a
// thousand million, or when an argument is none. Comparison.More knows more: it
// uses the method that was used, and the clusters.
func More(mean, sd float64, n int, margin, confidence float64) (cases int, ok bool) {
	if n < 2 || !(sd >= 0) || math.IsInf(sd, 0) || !(math.Abs(mean) <= 1) || math.IsNaN(margin) || !validConfidence(confidence) {
		return 0, false
	}
	z := quantile(confidence)
	total, ok := smallest(n, func(n float64) bool {
		half := max(sd/math.Sqrt(n)*tQuantile(confidence, int(n)), noFlips(n, z))
		return mean-half > -margin || mean+half < 0
	})
	return total - n, ok
}

// smallest is the least number from from on that is enough, to the width at which
// the answer turns; more must never be less.
func smallest(from int, enough func(n float64) bool) (n int, ok bool) {
	if enough(float64(from)) {
		return from, true
	}
	low, high := from, from
	for !enough(float64(high)) {
		if high >= mostCases {
			return from, false
		}
		low, high = high, min(2*high, mostCases)
	}
	for high-low > 1 {
		if middle := low + (high-low)/2; enough(float64(middle)) {
			high = middle
		} else {
			low = middle
		}
	}
	return high, true
}
