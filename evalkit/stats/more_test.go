package stats

import (
	"math"
	"slices"
	"testing"
)

// At the number that More names the interval is clear, one below it is not.
func TestMoreIsTheSmallestNumber(t *testing.T) {
	for _, c := range []struct{ mean, sd, margin float64 }{
		{-.03, .3, .05}, {0, .2, .05}, {-.04, .4, .05}, {-.2, .5, .05}, {.01, 0, .02}, {-.049, .1, .05}, {-.1, .9, 0},
	} {
		clear := func(n int) bool {
			half := max(c.sd/math.Sqrt(float64(n))*tQuantile(.95, n), NoFlips(n, .95))
			return c.mean-half > -c.margin || c.mean+half < 0
		}
		extra, ok := More(c.mean, c.sd, 10, c.margin, .95)
		if !ok || extra == 0 || !clear(10+extra) || clear(10+extra-1) {
			t.Errorf("More(%+v) = %d, %v: clear there %v, one before %v", c, extra, ok, clear(10+extra), clear(10+extra-1))
		}
	}
	if extra, ok := More(.5, .1, 50, .05, .95); extra != 0 || !ok {
		t.Errorf("More of a clear verdict = %d, %v, want 0", extra, ok)
	}
	for name, c := range map[string][4]float64{"nothing to find": {0, .2, 0, .95}, "NaN": {math.NaN(), 1, .1, .95}, "sd": {0, math.Inf(1), .1, .95}, "confidence": {0, 1, .1, 1}} {
		if extra, ok := More(c[0], c[1], 10, c[2], c[3]); ok {
			t.Errorf("%s: More = %d, want none", name, extra)
		}
	}
}

// Comparison.More agrees with comparing so many cases of the same kind.
func TestMoreOfAComparison(t *testing.T) {
	candidate := slices.Concat(repeat(1, 34), repeat(0, 2), repeat(1, 1), repeat(0, 3))
	baseline := slices.Concat(repeat(1, 34), repeat(1, 2), repeat(0, 1), repeat(0, 3))
	c, err := Compare(candidate, baseline, nil, .95, 1)
	if err != nil {
		t.Fatal(err)
	}
	extra, ok := c.More(.05)
	if !ok || extra <= 0 {
		t.Fatalf("More = %d, %v of %+v", extra, ok, c)
	}
	p := c.Pairs
	clear := func(i Interval) bool { return i.Above(-.05) || i.Below(0) }
	at := func(n int) Interval { // only where the counts come out whole
		k := n / 40
		scaled := Pairs{k * p.Both, k * p.OnlyNew, k * p.OnlyOld, k * p.Neither}
		return hull(NewcombePaired(scaled, .95), Tango(scaled, .95))
	}
	below, above := (40+extra)/40*40, ((40+extra)/40+1)*40
	if clear(at(below-40)) || !clear(at(above)) {
		t.Errorf("More = %d, but %d cases give %+v and %d give %+v", extra, below-40, at(below-40), above, at(above))
	}
	if extra, ok := c.More(2); extra != 0 || !ok {
		t.Errorf("More with nothing at stake = %d, %v, want 0", extra, ok)
	}

	same, _ := Compare(repeat(.5, 30), repeat(.5, 30), nil, .95, 1)
	if extra, ok := same.More(.05); !ok || NoFlips(30+extra, .95) >= .05 || NoFlips(29+extra, .95) < .05 {
		t.Errorf("More of equal scores = %d, %v, want where NoFlips gets below .05", extra, ok)
	}
	if extra, ok := same.More(0); ok {
		t.Errorf("More of equal scores without a margin = %d, want none", extra)
	}
}

func repeat(score float64, n int) []float64 { return slices.Repeat([]float64{score}, n) }
