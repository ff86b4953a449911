package stats

import (
	"cmp"
	"math"
	"slices"
)

// Holm adjusts the p-values of several metrics so that comparing each with a
// level keeps the chance of any false alarm at that level (Holm 1979). The result
// has the order of p. A p that is NaN, could not be told, stays NaN and counts as
// one of the metrics.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if math.IsNaN(p[a]) || math.IsNaN(p[b]) {
			return cmp.Compare(boolean(math.IsNaN(p[a])), boolean(math.IsNaN(p[b])))
		}
		return cmp.Compare(p[a], p[b])
	})
	adjusted := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		if math.IsNaN(p[i]) {
			adjusted[i] = p[i]
			continue
		}
		least = min(max(least, p[i]*float64(len(p)-rank)), 1)
		adjusted[i] = least
	}
	return adjusted
}

// LookConfidence is the confidence of each interval when up to looks are taken at
// growing data and the first clear one decides: 1 − (1−confidence)/looks
// (Bonferroni). Without it, every further look adds to the chance of a false
// verdict. The number of looks is fixed beforehand. It serves as well for several
// intervals of which each could decide alone.
func LookConfidence(confidence float64, looks int) float64 {
	return 1 - (1-confidence)/float64(max(looks, 1))
}
