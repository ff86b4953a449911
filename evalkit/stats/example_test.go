package stats_test

import (
	"fmt"

	"github.com/promptflag/promptflag/evalkit/stats"
)

// A suite of 50 cases: 43 pass in both arms, three only in the old one, one only
// in the new one.
func ExampleCompare() {
	var candidate, baseline []float64
	add := func(n int, c, b float64) {
		for range n {
			candidate, baseline = append(candidate, c), append(baseline, b)
		}
	}
	add(43, 1, 1)
	add(3, 0, 1)
	add(1, 1, 0)
	add(3, 0, 0)

	c, err := stats.Compare(candidate, baseline, nil, 0.95, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	const margin = 0.05
	fmt.Printf("difference %+.2f, 95 %% [%.2f, %.2f] by %s, n = %d\n", c.Estimate, c.Lower, c.Upper, c.Method, c.N)
	switch {
	case c.Above(-margin):
		fmt.Println("pass")
	case c.Below(0):
		fmt.Println("fail")
	default:
		extra, ok := c.More(margin)
		fmt.Println("inconclusive; more cases would decide:", extra, ok)
	}
	// Output:
	// difference -0.04, 95 % [-0.15, 0.06] by newcombe+tango, n = 50
	// inconclusive; more cases would decide: 157 true
}

func ExampleWilson() {
	i := stats.Wilson(47, 50, 0.95)
	fmt.Printf("%.2f [%.3f, %.3f]\n", i.Estimate, i.Lower, i.Upper)
	// Output: 0.94 [0.838, 0.979]
}

func ExampleNewcombePaired() {
	i := stats.NewcombePaired(stats.Pairs{Both: 36, OnlyNew: 12, OnlyOld: 2}, 0.95)
	fmt.Printf("%+.2f [%.4f, %.4f]\n", i.Estimate, i.Lower, i.Upper)
	// Output: +0.20 [0.0569, 0.3404]
}

func ExampleClusteredT() {
	diffs := []float64{0.1, 0.2, -0.3, -0.2, 0, 0.1, -0.1, 0.05}
	documents := []string{"a", "a", "b", "b", "c", "c", "", ""} // the last two stand alone
	i := stats.ClusteredT(diffs, documents, 0.95)
	fmt.Printf("%+.3f [%.3f, %.3f]\n", i.Estimate, i.Lower, i.Upper)
	// Output: -0.019 [-0.251, 0.213]
}

func ExampleMore() {
	extra, ok := stats.More(-0.02, 0.3, 120, 0.05, 0.95)
	fmt.Println(extra, ok)
	// Output: 267 true
}

func ExampleHolm() {
	fmt.Printf("%.2f\n", stats.Holm([]float64{0.01, 0.04, 0.03}))
	// Output: [0.03 0.06 0.06]
}

func ExampleSampleSize() {
	n, err := stats.SampleSize(0.03, stats.Noise{Omega2: 1.0 / 9, KNew: 1, KOld: 1}, 0.05, 0.8)
	fmt.Println(n, err)
	// Output: 969 <nil>
}

func ExampleDetectableDrop() {
	drop, _ := stats.DetectableDrop(50, 0.02, 0.05, 0.8)
	fmt.Printf("50 cases see drops from %.0f points on\n", 100*drop)
	// Output: 50 cases see drops from 17 points on
}

func ExamplePassPowK() {
	p, err := stats.PassPowK([]int{4, 3}, []int{4, 4}, 2)
	fmt.Println(p, err)
	// Output: 0.75 <nil>
}
