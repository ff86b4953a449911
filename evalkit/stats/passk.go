package stats

import (
	"errors"
	"fmt"
)

// PassPowK is pass^k: the probability that k samples of a case all pass, averaged
// over the cases. pass[i] of n[i] samples of case i passed; C(pass, k)/C(n, k)
// estimates each case without bias (Yao et al. 2024, τ-bench). Unlike the mean
// score it tells a prompt that is right every time from one that is right most
// times.
//
// Errors: no cases, k below 1, counts that are none, cases with fewer than k
// samples; all positions at once.
func PassPowK(pass, n []int, k int) (float64, error) {
	switch {
	case k < 1:
		return 0, fmt.Errorf("pass^k: k is %d, needs at least 1", k)
	case len(pass) == 0:
		return 0, errors.New("pass^k: no cases")
	case len(pass) != len(n):
		return 0, fmt.Errorf("pass^k: %d counts of passes, but %d of samples", len(pass), len(n))
	}
	var wrong findings
	sum := 0.0
	for i := range pass {
		switch {
		case pass[i] < 0 || pass[i] > n[i]:
			wrong.add("case %d: %d of %d samples passed", i, pass[i], n[i])
		case n[i] < k:
			wrong.add("case %d: %d samples, needs %d", i, n[i], k)
		case pass[i] >= k:
			all := 1.0
			for j := range k {
				all *= float64(pass[i]-j) / float64(n[i]-j)
			}
			sum += all
		}
	}
	if err := wrong.err("pass^k"); err != nil {
		return 0, err
	}
	return sum / float64(len(pass)), nil
}
