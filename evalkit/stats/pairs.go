package stats

import "math"

// Pairs counts the cases that both arms answered, by which of them passed.
type Pairs struct {
	Both    int // passed in both
	OnlyNew int // failed in old, passes in new
	OnlyOld int // passed in old, fails in new
	Neither int
}

// N is the number of cases.
func (p Pairs) N() int { return p.Both + p.OnlyNew + p.OnlyOld + p.Neither }

func (p Pairs) valid() bool {
	return p.Both >= 0 && p.OnlyNew >= 0 && p.OnlyOld >= 0 && p.Neither >= 0 && p.N() > 0
}

// NewcombePaired is the interval of the difference of two pass rates, new − old,
// over the same cases (Newcombe 1998, Statistics in Medicine 17:2635, method 10).
// No knowledge, −1 to 1, when there are no cases or the arguments are none.
//
// When hardly a case flips and the pass rate is near a half, it is narrower than
// so many cases can tell: 30 cases without a flip give ±0.12 at a pass rate of 1,
// but ±0.06 at a half. Tango does not look at the pass rate; Compare takes both.
func NewcombePaired(p Pairs, confidence float64) Interval {
	if !p.valid() || !validConfidence(confidence) {
		return unknown(-1, 1)
	}
	return newcombe(float64(p.Both), float64(p.OnlyNew), float64(p.OnlyOld), float64(p.Neither), quantile(confidence))
}

// newcombe takes counts that need not be whole.
func newcombe(both, onlyNew, onlyOld, neither, z float64) Interval {
	n := both + onlyNew + onlyOld + neither
	fresh, old := wilson(both+onlyNew, n, z), wilson(both+onlyOld, n, z)
	phi := correlation(both, onlyNew, onlyOld, neither)
	diff := (onlyNew - onlyOld) / n
	return Interval{
		diff,
		diff - pythagoras(fresh.Estimate-fresh.Lower, old.Upper-old.Estimate, phi),
		diff + pythagoras(fresh.Upper-fresh.Estimate, old.Estimate-old.Lower, phi),
	}.clip(-1, 1)
}

// correlation is the φ of method 10, with its correction for continuity.
func correlation(both, onlyNew, onlyOld, neither float64) float64 {
	half := (both + onlyNew + onlyOld + neither) / 2
	// Roots one by one: the product of four counts may not fit.
	scale := math.Sqrt(both+onlyNew) * math.Sqrt(onlyOld+neither) * math.Sqrt(both+onlyOld) * math.Sqrt(onlyNew+neither)
	if scale == 0 {
		return 0
	}
	shared := both*neither - onlyNew*onlyOld
	if shared > 0 {
		shared = max(shared-half, 0)
	}
	return shared / scale
}

// pythagoras is the third side of a triangle whose other sides enclose an angle
// with the cosine phi.
func pythagoras(a, b, phi float64) float64 {
	return math.Sqrt(max(a*a-2*phi*a*b+b*b, 0))
}

// NewcombeUnpaired is the interval of the difference of two pass rates, k1/n1 −
// k2/n2, over different cases (Newcombe 1998, Statistics in Medicine 17:873,
// method 10). Paired cases tell more: it is for two suites that share none. No
// knowledge as with NewcombePaired.
func NewcombeUnpaired(k1, n1, k2, n2 int, confidence float64) Interval {
	first, second := Wilson(k1, n1, confidence), Wilson(k2, n2, confidence)
	if math.IsNaN(first.Estimate) || math.IsNaN(second.Estimate) {
		return unknown(-1, 1)
	}
	diff := first.Estimate - second.Estimate
	return Interval{
		diff,
		diff - math.Hypot(first.Estimate-first.Lower, second.Upper-second.Estimate),
		diff + math.Hypot(first.Upper-first.Estimate, second.Estimate-second.Lower),
	}.clip(-1, 1)
}
