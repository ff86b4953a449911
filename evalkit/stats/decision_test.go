package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestExactErrorsOfPassAndFail sums over every outcome of n pass/fail cases: how
// often is a candidate let through that is worse by the whole margin, and how often
// is one refused that is as good. Nominal is 2.5 %; Newcombe alone, with pass
// rates near a half and hardly a gain, is far off.
func TestExactErrorsOfPassAndFail(t *testing.T) {
	type rates struct{ both, onlyNew, onlyOld, neither float64 }
	for _, n := range []int{10, 20, 50} {
		logs := make([]float64, n+1) // of factorials
		for i := 1; i <= n; i++ {
			logs[i] = logs[i-1] + math.Log(float64(i))
		}
		for _, margin := range []float64{0, .05, .10} { // 0: as good, refused; else worse, passed
			var worlds []rates
			for _, gain := range []float64{0, .01, .05, .2} {
				for _, base := range []float64{.5, .8, .9, 1} {
					w := rates{base - gain - margin, gain, gain + margin, 1 - base - gain}
					if w.both > -1e-9 && w.neither > -1e-9 {
						w.both, w.neither = max(w.both, 0), max(w.neither, 0)
						worlds = append(worlds, w)
					}
				}
			}
			ours, alone := make([]float64, len(worlds)), make([]float64, len(worlds))
			wrong := func(i Interval) bool {
				if margin == 0 {
					return i.Below(0)
				}
				return i.Above(-margin)
			}
			for onlyNew := range n + 1 {
				for onlyOld := range n + 1 - onlyNew {
					score := tango(float64(onlyNew), float64(onlyOld), float64(n), quantile(.95))
					for both := range n + 1 - onlyNew - onlyOld {
						p := Pairs{both, onlyNew, onlyOld, n - both - onlyNew - onlyOld}
						newcombe := NewcombePaired(p, .95)
						a, b := wrong(hull(newcombe, score)), wrong(newcombe)
						if !a && !b {
							continue
						}
						ways := logs[n] - logs[p.Both] - logs[p.OnlyNew] - logs[p.OnlyOld] - logs[p.Neither]
						for i, w := range worlds {
							chance := math.Exp(ways) * math.Pow(w.both, float64(p.Both)) * math.Pow(w.onlyNew, float64(p.OnlyNew)) *
								math.Pow(w.onlyOld, float64(p.OnlyOld)) * math.Pow(w.neither, float64(p.Neither))
							ours[i] += boolean(a) * chance
							alone[i] += boolean(b) * chance
						}
					}
				}
			}
			worst, worstAlone := 0.0, 0.0
			for i := range worlds {
				worst, worstAlone = max(worst, ours[i]), max(worstAlone, alone[i])
			}
			t.Logf("n = %2d, margin %.2f: wrong in at most %.4f, Newcombe alone %.4f", n, margin, worst, worstAlone)
			if worst > .031 {
				t.Errorf("n = %d, margin %g: a wrong verdict in %.4f, want at most .031", n, margin, worst)
			}
		}
	}
}

// TestSelectiveRepeatsAreBiased: sampling again only where the arms disagreed
// looks like thrift, but it takes away the luck of the cases that differ and keeps
// the luck of those that agree. Every case of a gate gets the same number of
// samples.
func TestSelectiveRepeatsAreBiased(t *testing.T) {
	const cases, samples, drop = 200_000, 5, .10
	r := rand.New(rand.NewPCG(3, 3))
	mean := func(p float64, first float64, more int) float64 {
		for range more {
			first += boolean(r.Float64() < p)
		}
		return first / float64(more+1)
	}
	var once, selective, equal float64
	for range cases {
		old := []float64{.95, .8, .5}[r.IntN(3)] // flaky cases
		fresh := old - drop
		a, b := boolean(r.Float64() < fresh), boolean(r.Float64() < old)
		once += (a - b) / cases
		manyA, manyB := mean(fresh, a, samples-1), mean(old, b, samples-1)
		equal += (manyA - manyB) / cases
		if a != b {
			selective += (manyA - manyB) / cases
		}
	}
	t.Logf("truth %.3f: one sample %.3f, all cases five times %.3f, only disagreements five times %.3f", -drop, once, equal, selective)
	if math.Abs(once+drop) > .004 || math.Abs(equal+drop) > .004 {
		t.Errorf("equal sampling gives %.4f and %.4f, want %.2f", once, equal, -drop)
	}
	if selective < -.7*drop {
		t.Errorf("selective repeats give %.4f, expected them to hide much of %.2f", selective, -drop)
	}
}
