package stats

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// population draws scores whose expected difference is −0.05.
type population struct {
	name string
	draw func(r *rand.Rand, n int) (candidate, baseline []float64, clusters []string)
}

const truth = -0.05

var populations = []population{
	{"pass/fail", drawPassFail},
	{"3 samples", drawRepeated},
	{"continuous", drawContinuous},
	{"clustered", drawClustered},
}

// drawPassFail flips 10 % to a fail and 5 % to a pass.
func drawPassFail(r *rand.Rand, n int) (candidate, baseline []float64, _ []string) {
	for range n {
		c, b := 0.0, 0.0
		switch u := r.Float64(); {
		case u < .10:
			b = 1
		case u < .15:
			c = 1
		case u < .90:
			c, b = 1, 1
		}
		candidate, baseline = append(candidate, c), append(baseline, b)
	}
	return candidate, baseline, nil
}

// drawRepeated has cases that are easy, hard or in between, and means of three
// samples.
func drawRepeated(r *rand.Rand, n int) (candidate, baseline []float64, _ []string) {
	sample := func(p float64) float64 {
		sum := 0.0
		for range 3 {
			sum += boolean(r.Float64() < p)
		}
		return sum / 3
	}
	for range n {
		p := []float64{.98, .98, .98, .7, .1}[r.IntN(5)]
		candidate, baseline = append(candidate, sample(p+truth)), append(baseline, sample(p))
	}
	return candidate, baseline, nil
}

// drawContinuous is skewed: one in ten loses much, the others gain a little.
func drawContinuous(r *rand.Rand, n int) (candidate, baseline []float64, _ []string) {
	for range n {
		b := .5 + .3*r.Float64()
		d := truth + .03 + .2*(r.Float64()-.5)
		if r.Float64() < .1 {
			d -= .3
		}
		candidate, baseline = append(candidate, b+d), append(baseline, b)
	}
	return candidate, baseline, nil
}

// drawClustered has documents with one to five cases, a quarter of which the
// candidate reads badly.
func drawClustered(r *rand.Rand, n int) (candidate, baseline []float64, clusters []string) {
	for document := 0; len(candidate) < n; document++ {
		shift := .05
		if r.Float64() < .25 {
			shift = -.35
		}
		for range min(1+r.IntN(5), n-len(candidate)) {
			c, b := 1.0, 1.0
			switch u := r.Float64(); {
			case u < .05+max(-shift, 0):
				c = 0
			case u < .10+max(shift, -shift):
				b = 0
			}
			candidate, baseline = append(candidate, c), append(baseline, b)
			clusters = append(clusters, fmt.Sprint(document))
		}
	}
	return candidate, baseline, clusters
}

// percentile is the usual naive bootstrap: cases drawn one by one, the quantiles
// of their means.
func percentile(candidate, baseline []float64, confidence float64, resamples int, seed uint64) Interval {
	diffs := make([]float64, len(candidate))
	for i := range diffs {
		diffs[i] = candidate[i] - baseline[i]
	}
	s, _ := summarize(diffs, nil)
	means := resample(s.units, resamples, seed)
	slices.Sort(means)
	tail := (1 - confidence) / 2
	return Interval{s.mean, ordered(means, tail), ordered(means, 1-tail)}
}

// TestCoverage draws from populations of which the truth is known, and counts how
// often a nominal 95 % interval holds it, next to the naive bootstrap. Fewer
// resamples than Resamples, to stay within seconds.
func TestCoverage(t *testing.T) {
	const resamples, wanted = 500, .93
	for _, p := range populations {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{10, 20, 50, 100, 200} {
				runs := 1000
				if n >= BootstrapUnits {
					runs = 300
				}
				covered, naive, width := cover(t, p, n, runs, resamples)
				t.Logf("%-10s n = %3d: covers %.3f (mean width %.3f), naive bootstrap %.3f", p.name, n, covered, width, naive)
				if covered < wanted {
					t.Errorf("%s, n = %d: a nominal 95 %% interval covers %.3f, want at least %g", p.name, n, covered, wanted)
				}
			}
		})
	}
}

func cover(t *testing.T, p population, n, runs, resamples int) (covered, naive, width float64) {
	r := rand.New(rand.NewPCG(5, uint64(n)))
	naiveRuns := min(runs, 300)
	for run := range runs {
		candidate, baseline, clusters := p.draw(r, n)
		c, err := compare(candidate, baseline, clusters, .95, uint64(run), resamples)
		if err != nil {
			t.Fatal(err)
		}
		covered += boolean(c.Lower <= truth && truth <= c.Upper) / float64(runs)
		width += c.Width() / float64(runs)
		if run < naiveRuns {
			i := percentile(candidate, baseline, .95, resamples, uint64(run))
			naive += boolean(i.Lower <= truth && truth <= i.Upper) / float64(naiveRuns)
		}
	}
	return covered, naive, width
}
