package stats

import (
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkCompare is the verdict over 10,000 cases, for each kind of scores; the
// naive bootstrap of as many resamples is beside it.
func BenchmarkCompare(b *testing.B) {
	const n = 10_000
	for _, p := range populations {
		candidate, baseline, clusters := p.draw(rand.New(rand.NewPCG(1, 1)), n)
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compare(candidate, baseline, clusters, .95, 1); err != nil {
					b.Fatal(err)
				}
			}
			ours := b.Elapsed() / time.Duration(b.N)
			start := time.Now()
			percentile(candidate, baseline, .95, Resamples, 1)
			b.ReportMetric(float64(ours)/float64(time.Since(start)), "x-of-bootstrap")
		})
	}
}
