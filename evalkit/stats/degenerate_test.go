package stats

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestNoCasesAndBadArgumentsKnowNothing(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		got         Interval
		least, most float64
	}{
		"Wilson, no cases":       {Wilson(0, 0, .95), 0, 1},
		"Wilson, too many":       {Wilson(3, 2, .95), 0, 1},
		"Wilson, confidence 1":   {Wilson(1, 2, 1), 0, 1},
		"Wilson, confidence NaN": {Wilson(1, 2, nan), 0, 1},
		"ClopperPearson":         {ClopperPearson(-1, 5, .95), 0, 1},
		"NewcombePaired":         {NewcombePaired(Pairs{}, .95), -1, 1},
		"NewcombePaired, less":   {NewcombePaired(Pairs{Both: 5, OnlyOld: -1}, .95), -1, 1},
		"Tango":                  {Tango(Pairs{}, .95), -1, 1},
		"NewcombeUnpaired":       {NewcombeUnpaired(1, 2, 0, 0, .95), -1, 1},
		"PairedT, none":          {PairedT(nil, .95), math.Inf(-1), math.Inf(1)},
		"PairedT, NaN":           {PairedT([]float64{0, nan}, .95), math.Inf(-1), math.Inf(1)},
		"PairedT, infinite":      {PairedT([]float64{0, math.Inf(1)}, .95), math.Inf(-1), math.Inf(1)},
		"PairedT, too large":     {PairedT([]float64{math.MaxFloat64, -math.MaxFloat64}, .95), math.Inf(-1), math.Inf(1)},
		"ClusteredT, lengths":    {ClusteredT([]float64{0, 1}, []string{"a"}, .95), math.Inf(-1), math.Inf(1)},
	} {
		if !math.IsNaN(c.got.Estimate) || c.got.Lower != c.least || c.got.Upper != c.most || c.got.Above(c.least) || c.got.Below(c.most) {
			t.Errorf("%s = %+v, want no estimate and [%g, %g]", name, c.got, c.least, c.most)
		}
	}
	if p := []float64{McNemarExact(0, 0), McNemarMidP(0, 0), McNemarLess(0, 0), McNemarExact(-1, 3)}; slices.ContainsFunc(p, func(p float64) bool { return p != 1 }) {
		t.Errorf("McNemar without flips = %v, want 1", p)
	}
	if worse, either := TTest(nil, nil); worse != 1 || either != 1 {
		t.Errorf("TTest of nothing = %g, %g, want 1", worse, either)
	}
}

// Five equal differences are no proof of anything.
func TestEqualDifferencesDoNotProve(t *testing.T) {
	equal := []float64{.3 - .2, .7 - .6, .1, .1, .1} // but for rounding
	got := PairedT(equal, .95)
	if half := NoFlips(5, .95); math.Abs(got.Upper-.1-half) > 1e-9 || math.Abs(got.Lower-.1+half) > 1e-9 {
		t.Errorf("PairedT of equal differences = %+v, want ±%g", got, half)
	}
	if got := PairedT([]float64{.1}, .95); got != (Interval{.1, -1, 1}) {
		t.Errorf("PairedT of one difference = %+v, want [-1, 1]", got)
	}
	if got := PairedT([]float64{7, 7, 7}, .95); !math.IsInf(got.Lower, -1) || !math.IsInf(got.Upper, 1) || got.Estimate != 7 {
		t.Errorf("PairedT of equal differences of unknown scale = %+v, want infinite bounds", got)
	}
	if worse, either := TTest([]float64{-.1, -.1, -.1}, nil); worse != .125 || either != .25 {
		t.Errorf("TTest of three equal drops = %g, %g, want 1/8, 1/4", worse, either)
	}
	if got, err := BCa(make([]float64, 200), nil, .95, 1); !errors.Is(err, ErrBootstrap) || !math.IsNaN(got.Estimate) {
		t.Errorf("BCa of equal differences = %+v, %v, want an error", got, err)
	}
	one, err := Compare([]float64{1, 0, .5}, []float64{1, 1, 1}, []string{"a", "a", "a"}, .95, 1)
	if err != nil || one.Lower != -1 || one.Upper != 1 || one.Units != 1 || one.PWorse < .5 {
		t.Errorf("Compare of one cluster = %+v, %v, want [-1, 1]", one, err)
	}
}

// Values of R: t.test(extra ~ group, sleep, paired = TRUE), Student's own data.
func TestPairedTAgreesWithStudent(t *testing.T) {
	sleep := []float64{-1.2, -2.4, -1.3, -1.3, 0, -1.0, -1.8, -0.8, -4.6, -1.4}
	got := PairedT(sleep, .95)
	if math.Abs(got.Estimate+1.58) > 1e-9 || math.Abs(got.Lower+2.4598858) > 1e-7 || math.Abs(got.Upper+.7001142) > 1e-7 {
		t.Errorf("PairedT(sleep) = %+v, want -1.58 [-2.4598858, -0.7001142]", got)
	}
	if _, either := TTest(sleep, nil); math.Abs(either-.002833) > 1e-6 {
		t.Errorf("TTest(sleep) = %g, want .002833", either)
	}
}

func TestClusteredTFollowsItsFormula(t *testing.T) {
	diffs := []float64{.1, .3, -.2, 0, -.4, .05}
	alone := ClusteredT(diffs, []string{"a", "b", "c", "d", "e", "f"}, .95)
	if plain := PairedT(diffs, .95); math.Abs(alone.Lower-plain.Lower)+math.Abs(alone.Upper-plain.Upper) > 1e-12 || alone != ClusteredT(diffs, make([]string, 6), .95) {
		t.Errorf("ClusteredT of single cases = %+v, want %+v", alone, plain)
	}
	// Clusters {.1, .3}, {−.2, 0}, {−.4, .05}, mean −.025: deviations of the
	// sums .45, −.15, −.3.
	got := ClusteredT(diffs, []string{"a", "a", "b", "b", "c", "c"}, .95)
	half := 4.302652730 * math.Sqrt(1.5*(.45*.45+.15*.15+.3*.3)) / 6
	if math.Abs(got.Upper-got.Estimate-half) > 1e-8 || math.Abs(got.Estimate+.025) > 1e-12 {
		t.Errorf("ClusteredT = %+v, want -0.025 ±%g", got, half)
	}
}

func TestBCaRefuses(t *testing.T) {
	diffs := make([]float64, 300)
	clusters := make([]string, 300)
	for i := range diffs {
		diffs[i], clusters[i] = float64(i%7)/10, string(rune('a'+i%99))
	}
	for name, c := range map[string]struct {
		diffs      []float64
		clusters   []string
		confidence float64
	}{
		"99 cases": {diffs[:99], nil, .95}, "99 clusters": {diffs, clusters, .95}, "confidence": {diffs, nil, .9999},
		"NaN": {append([]float64{math.NaN()}, diffs...), nil, .95}, "none": {nil, nil, .95},
	} {
		if got, err := BCa(c.diffs, c.clusters, c.confidence, 1); !errors.Is(err, ErrBootstrap) {
			t.Errorf("%s: BCa = %+v, %v, want an error", name, got, err)
		}
	}
	if got, err := BCa(diffs[:100], nil, .998, 1); err != nil {
		t.Errorf("BCa of 100 cases = %+v, %v", got, err)
	}
}

// For a symmetric population BCa and t nearly agree; for a skewed one BCa leans
// to the tail.
func TestBCaLeansToTheTail(t *testing.T) {
	even, skewed := make([]float64, 500), make([]float64, 500)
	for i := range even {
		even[i] = float64(i)/499 - .5
		skewed[i] = -math.Pow(float64(i)/499, 8)
	}
	a, _ := BCa(even, nil, .95, 1)
	if b := PairedT(even, .95); math.Abs(a.Lower-b.Lower) > .001 || math.Abs(a.Upper-b.Upper) > .001 {
		t.Errorf("BCa = %+v, want about %+v", a, b)
	}
	c, _ := BCa(skewed, nil, .95, 1)
	if b := PairedT(skewed, .95); c.Lower >= b.Lower || c.Upper >= b.Upper {
		t.Errorf("BCa = %+v, want below %+v", c, b)
	}
}

func TestCompareNamesAllThatIsWrong(t *testing.T) {
	_, err := Compare([]float64{1, math.NaN(), 2}, []float64{1, -1}, []string{"a"}, 95, 1)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"confidence 95", "3 scores of the candidate, but 2", "1 clusters for 3", "case 1: score NaN of the candidate", "case 2: score 2 of the candidate", "case 1: score -1 of the baseline"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
	if _, err := Compare(nil, nil, nil, .95, 1); err == nil {
		t.Error("no cases gave no error")
	}
	many := make([]float64, 100_000)
	for i := range many {
		many[i] = 3
	}
	if _, err := Compare(many, many, nil, .95, 1); err == nil || len(err.Error()) > 1000 {
		t.Errorf("a hundred thousand findings give %v", err)
	}
}

func TestHolm(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ p, want []float64 }{
		{[]float64{.01, .02, .03, .04, .05}, []float64{.05, .08, .09, .09, .09}}, // R: p.adjust
		{[]float64{.01, .04, .03}, []float64{.03, .06, .06}},
		{[]float64{.9, .8}, []float64{1, 1}},
		{[]float64{nan, .01}, []float64{nan, .02}},
		{nil, nil},
	} {
		got := Holm(c.p)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 || math.IsNaN(a) && math.IsNaN(b) }) {
			t.Errorf("Holm(%v) = %v, want %v", c.p, got, c.want)
		}
	}
	if c := LookConfidence(.95, 5); math.Abs(c-.99) > 1e-12 || LookConfidence(.95, 0) != .95 {
		t.Errorf("LookConfidence(.95, 5) = %g, want .99", c)
	}
}

func TestPassPowK(t *testing.T) {
	for _, c := range []struct {
		pass, n []int
		k       int
		want    float64
	}{
		{[]int{3, 2, 0}, []int{4, 2, 5}, 2, (.5 + 1 + 0) / 3}, // C(3,2)/C(4,2)
		{[]int{3, 1}, []int{4, 2}, 1, (.75 + .5) / 2},
		{[]int{100}, []int{100}, 100, 1},
	} {
		if got, err := PassPowK(c.pass, c.n, c.k); err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("PassPowK(%v, %v, %d) = %g, %v, want %g", c.pass, c.n, c.k, got, err, c.want)
		}
	}
	_, err := PassPowK([]int{1, 1, 5}, []int{1, 2, 4}, 2)
	if err == nil || err.Error() != "pass^k: case 0: 1 samples, needs 2; case 2: 5 of 4 samples passed" {
		t.Errorf("PassPowK of bad counts: %v", err)
	}
	for _, k := range []int{0, -1} {
		if _, err := PassPowK([]int{1}, []int{1}, k); err == nil {
			t.Errorf("PassPowK with k = %d gave no error", k)
		}
	}
	if _, err := PassPowK(nil, nil, 1); err == nil {
		t.Error("PassPowK of no cases gave no error")
	}
}
