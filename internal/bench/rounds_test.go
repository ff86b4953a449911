package bench

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeClock is CPU time that only its subjects use.
type fakeClock struct {
	used  time.Duration
	turns []string
	noise func(turn int) time.Duration // what a neighbour adds to a turn
}

func (c *fakeClock) now() time.Duration { return c.used }

// costs is a subject that uses d for each operation.
func (c *fakeClock) costs(name string, d time.Duration) Subject {
	return Subject{name, func(n int) {
		c.used += time.Duration(n) * d
		if c.noise != nil {
			c.used += c.noise(len(c.turns))
		}
		c.turns = append(c.turns, name)
	}}
}

func TestRounds(t *testing.T) {
	c := &fakeClock{}
	costs := Rounds{Clock: c.now, Count: 50, Ops: 10}.Run(c.costs("a", 3*time.Microsecond), c.costs("b", time.Microsecond), c.costs("c", 2*time.Microsecond))
	if n := len(costs["a"]); n != 50 || len(c.turns) != 3*51 {
		t.Errorf("%d rounds, %d turns; want 50 and, with the one that warms up, 153", n, len(c.turns))
	}
	if got := Median(costs["a"]); math.Abs(got-3e-6) > 1e-12 {
		t.Errorf("a costs %g s, want 3e-6", got)
	}
	if got := Median(costs.Ratio("a", "b", "c")); math.Abs(got-1) > 1e-9 {
		t.Errorf("a / (b + c) = %g, want 1", got)
	}
	orders := map[string]bool{}
	for round := range slices.Chunk(c.turns, 3) {
		if sorted := slices.Sorted(slices.Values(round)); !slices.Equal(sorted, []string{"a", "b", "c"}) {
			t.Fatalf("a round of %q", round)
		}
		orders[round[0]+round[1]+round[2]] = true
	}
	if len(orders) != 6 {
		t.Errorf("%d orders of three subjects, want all 6", len(orders))
	}
}

// A neighbour that slows down a third of the rounds does not move the figure,
// one that only ever hits one subject would.
func TestRoundsNoise(t *testing.T) {
	c := &fakeClock{}
	c.noise = func(turn int) time.Duration {
		if turn/2%3 == 0 {
			return time.Duration(turn) * time.Millisecond
		}
		return 0
	}
	costs := Rounds{Clock: c.now, Count: 100, Ops: 1000}.Run(c.costs("ours", 13*time.Microsecond), c.costs("floor", 10*time.Microsecond))
	if got := Median(costs.Ratio("ours", "floor")); math.Abs(got-1.3) > 1e-9 {
		t.Errorf("ratio %g, want 1.3", got)
	}
}

func TestPercentile(t *testing.T) {
	var hundred, thirty []float64
	for i := range 100 {
		hundred = append(hundred, float64(100-i))
	}
	for i := range 30 {
		thirty = append(thirty, float64(i+1))
	}
	for _, tt := range []struct {
		values []float64
		p      float64
		want   float64
	}{
		{hundred, 99, 99}, {hundred, 25, 25}, {hundred, 100, 100}, {hundred, 50, 50.5}, {thirty, 99, 30},
		{[]float64{3, 1, 2}, 50, 2}, {[]float64{4, 1}, 50, 2.5}, {[]float64{7}, 99, 7}, {[]float64{7}, 0, 7},
	} {
		if got := Percentile(tt.values, tt.p); got != tt.want {
			t.Errorf("percentile %g of %d values = %g, want %g", tt.p, len(tt.values), got, tt.want)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing = %g", got)
	}
	if diff := cmp.Diff([]float64{100, 99, 98}, hundred[:3]); diff != "" {
		t.Errorf("the values were moved (-want +got)\n%s", diff)
	}
}
