package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func within(t *testing.T, what string, i Interval, least, most float64) {
	t.Helper()
	if !(least <= i.Lower && i.Lower <= i.Estimate && i.Estimate <= i.Upper && i.Upper <= most) {
		t.Errorf("%s = %+v, want ordered bounds in [%g, %g]", what, i, least, most)
	}
}

func wider(t *testing.T, what string, narrow, wide Interval) {
	t.Helper()
	if wide.Lower > narrow.Lower+1e-12 || wide.Upper < narrow.Upper-1e-12 {
		t.Errorf("%s: %+v at more confidence is not around %+v", what, wide, narrow)
	}
}

func mirrored(t *testing.T, what string, a, b Interval) {
	t.Helper()
	if math.Abs(a.Estimate+b.Estimate)+math.Abs(a.Lower+b.Upper)+math.Abs(a.Upper+b.Lower) > 1e-9 {
		t.Errorf("%s: %+v, and %+v with the arms swapped", what, a, b)
	}
}

func TestIntervalsOfCountsHaveTheirProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		p := Pairs{r.IntN(30), r.IntN(10), r.IntN(10), r.IntN(30)}
		if p.N() == 0 {
			continue
		}
		swapped := Pairs{p.Both, p.OnlyOld, p.OnlyNew, p.Neither}
		low, high := .5+.4*r.Float64(), .9+.0999*r.Float64()
		k, n := p.Both+p.OnlyNew, p.N()
		for name, f := range map[string]func(k, n int, c float64) Interval{"Wilson": Wilson, "ClopperPearson": ClopperPearson} {
			within(t, name, f(k, n, high), 0, 1)
			wider(t, name, f(k, n, low), f(k, n, high))
			a, b := f(k, n, high), f(n-k, n, high)
			mirrored(t, name, Interval{a.Estimate - .5, a.Lower - .5, a.Upper - .5}, Interval{b.Estimate - .5, b.Lower - .5, b.Upper - .5})
		}
		for name, f := range map[string]func(Pairs, float64) Interval{"NewcombePaired": NewcombePaired, "Tango": Tango} {
			within(t, name, f(p, high), -1, 1)
			wider(t, name, f(p, low), f(p, high))
			mirrored(t, name, f(p, high), f(swapped, high))
		}
		within(t, "NewcombeUnpaired", NewcombeUnpaired(k, n, p.Both, n, high), -1, 1)
		mirrored(t, "NewcombeUnpaired", NewcombeUnpaired(k, n, p.Both, n, high), NewcombeUnpaired(p.Both, n, k, n, high))
		worse, better := McNemarLess(p.OnlyNew, p.OnlyOld), McNemarLess(p.OnlyOld, p.OnlyNew)
		if two := McNemarExact(p.OnlyNew, p.OnlyOld); math.Abs(two-min(1, 2*min(worse, better))) > 1e-12 {
			t.Errorf("McNemarExact(%+v) = %g, but the tails are %g and %g", p, two, worse, better)
		}
		if mid := McNemarMidP(p.OnlyNew, p.OnlyOld); mid > McNemarExact(p.OnlyNew, p.OnlyOld) || mid <= 0 {
			t.Errorf("McNemarMidP(%+v) = %g, above the exact p", p, mid)
		}
	}
}

// Tango's bounds are where the score test turns. The most likely rate of flips
// is found here by search, not by the formula.
func TestTangoBoundsSolveTheScoreTest(t *testing.T) {
	for _, p := range []Pairs{{36, 12, 2, 0}, {43, 0, 1, 5}, {10, 3, 4, 13}, {0, 29, 1, 0}} {
		i, z, n := Tango(p, .95), quantile(.95), float64(p.N())
		for _, delta := range []float64{i.Lower, i.Upper} {
			likelihood := func(q float64) float64 { // q: rate of flips to a fail
				rest := n - float64(p.OnlyNew+p.OnlyOld)
				sum := float64(p.OnlyNew)*math.Log(q+delta) + rest*math.Log(1-2*q-delta)
				if p.OnlyOld > 0 {
					sum += float64(p.OnlyOld) * math.Log(q)
				}
				return sum
			}
			low, high := max(0, -delta)+1e-13, (1-delta)/2-1e-13
			for range 200 {
				a, b := low+(high-low)/3, high-(high-low)/3
				if likelihood(a) < likelihood(b) {
					low = a
				} else {
					high = b
				}
			}
			score := (float64(p.OnlyNew-p.OnlyOld) - n*delta) / math.Sqrt(n*(2*low+delta-delta*delta))
			if math.Abs(math.Abs(score)-z) > 1e-4 {
				t.Errorf("Tango(%+v): score %g at the bound %g, want ±%g", p, score, delta, z)
			}
		}
	}
	if i := Tango(Pairs{Both: 20, Neither: 10}, .95); math.Abs(i.Upper-NoFlips(30, .95)) > 1e-12 || math.Abs(i.Lower+i.Upper) > 1e-12 {
		t.Errorf("Tango without flips = %+v, want ±NoFlips(30)", i)
	}
}

func TestCompareHasItsProperties(t *testing.T) {
	for _, p := range populations {
		r := rand.New(rand.NewPCG(2, 2))
		for range 60 {
			n := 1 + r.IntN(150)
			candidate, baseline, clusters := p.draw(r, n)
			get := func(a, b []float64, confidence float64) Comparison {
				c, err := compare(a, b, clusters, confidence, 7, 500)
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			narrow, c, swapped := get(candidate, baseline, .90), get(candidate, baseline, .95), get(baseline, candidate, .95)
			within(t, p.name, c.Interval, -1, 1)
			wider(t, p.name, narrow.Interval, c.Interval)
			mirrored(t, p.name, c.Interval, swapped.Interval)
			if least := NoFlips(c.Units, .95); c.Lower > max(-1, c.Estimate-least)+1e-12 || c.Upper < min(1, c.Estimate+least)-1e-12 {
				t.Errorf("%s, %d units: %+v is narrower than ±%g", p.name, c.Units, c.Interval, least)
			}
			if c.PWorse < 0 || c.PWorse > 1 || c.PWorse+swapped.PWorse < 1-1e-9 {
				t.Errorf("%s: p %g of worse and %g with the arms swapped", p.name, c.PWorse, swapped.PWorse)
			}
			again := get(candidate, baseline, .95)
			if again.Interval != c.Interval {
				t.Errorf("%s: %+v, then %+v with the same seed", p.name, c.Interval, again.Interval)
			}
		}
	}
}

// FuzzCompare reads a score pair and a cluster from every three bytes.
func FuzzCompare(f *testing.F) {
	f.Add([]byte{}, .95, false)
	f.Add([]byte{0, 100, 0, 100, 100, 1, 50, 50, 1}, .95, true)
	f.Add([]byte{0, 100, 0, 200, 100, 1}, .5, false)
	f.Add([]byte{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, 1e-9, true)
	f.Add([]byte{100, 0, 3, 100, 0, 4}, 1-1e-15, false)
	f.Fuzz(func(t *testing.T, data []byte, confidence float64, clustered bool) {
		var candidate, baseline []float64
		var clusters []string
		for ; len(data) >= 3 && len(candidate) < 300; data = data[3:] {
			candidate, baseline = append(candidate, fuzzScore(data[0])), append(baseline, fuzzScore(data[1]))
			clusters = append(clusters, string(rune('a'+data[2]%40)))
		}
		if !clustered {
			clusters = nil
		}
		c, err := compare(candidate, baseline, clusters, confidence, 1, 500)
		if err != nil {
			return
		}
		within(t, "Compare", c.Interval, -1, 1)
		if !(c.PWorse >= 0 && c.PWorse <= 1) || !(c.SD >= 0) || c.Units < 1 || c.Units > c.N {
			t.Errorf("Compare = %+v", c)
		}
		if extra, ok := c.More(.05); ok && extra < 0 {
			t.Errorf("More = %d", extra)
		}
	})
}

// fuzzScore gives 0 to 1, and from 101 on what is no score.
func fuzzScore(b byte) float64 {
	switch {
	case b <= 100:
		return float64(b) / 100
	case b == 200:
		return math.NaN()
	case b == 201:
		return math.Inf(1)
	case b > 201:
		return float64(b % 2) // more of pass and fail
	}
	return float64(b)
}
