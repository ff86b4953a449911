package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Subject is one thing whose cost is compared. Run does it n times.
type Subject struct {
	Name string
	Run  func(n int)
}

// Rounds says how subjects take turns.
type Rounds struct {
	Clock func() time.Duration // the CPU time that the process has used
	Count int                  // rounds that count; one more goes before them
	Ops   int                  // operations of one turn
}

// Costs are seconds per operation, by subject and round.
type Costs map[string][]float64

// Run measures the subjects.
func (r Rounds) Run(subjects ...Subject) Costs {
	costs := Costs{}
	order := rand.New(rand.NewPCG(1, 2))
	for round := range r.Count + 1 {
		for _, i := range order.Perm(len(subjects)) {
			start := r.Clock()
			subjects[i].Run(r.Ops)
			used := r.Clock() - start
			if round > 0 { // the first one warms up
				name := subjects[i].Name
				costs[name] = append(costs[name], used.Seconds()/float64(r.Ops))
			}
		}
	}
	return costs
}

// Ratio returns, of each round, the cost of a subject over the sum of the costs
// of others.
func (c Costs) Ratio(subject string, floor ...string) []float64 {
	out := make([]float64, len(c[subject]))
	for round := range out {
		sum := 0.0
		for _, name := range floor {
			sum += c[name][round]
		}
		out[round] = c[subject][round] / sum
	}
	return out
}

// Median is the 50th percentile.
func Median(values []float64) float64 { return Percentile(values, 50) }

// Percentile is the smallest of values that p percent of them do not exceed;
// for p = 50 and an even number, the mean of the two in the middle. NaN of none.
func Percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	if p == 50 && n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	rank := int(math.Ceil(p / 100 * float64(n)))
	return sorted[min(max(rank, 1), n)-1]
}
