package stats

import (
	"math"
	"testing"
)

func TestSampleSizeAgreesWithMiller(t *testing.T) {
	for _, c := range []struct {
		noise    Noise
		raw      float64
		digits   float64
		expected int
	}{
		{Noise{1. / 9, 0, 0, 1, 1}, 968.997, .5e-3, 969},
		{Noise{1. / 9, 1. / 6, 1. / 6, 1, 1}, 3875.99, .5e-2, 3876},
		{Noise{1. / 9, 1. / 6, 1. / 6, 10, 10}, 1259.70, .5e-2, 1260},
	} {
		raw, err := sampleSize(.03, c.noise, .05, .8)
		if err != nil || math.Abs(raw-c.raw) > c.digits {
			t.Errorf("sampleSize(%+v) = %.4f, %v, want %g", c.noise, raw, err, c.raw)
		}
		if n, err := SampleSize(.03, c.noise, .05, .8); n != c.expected || err != nil {
			t.Errorf("SampleSize(%+v) = %d, %v, want %d", c.noise, n, err, c.expected)
		}
		if delta, err := MinimumDetectable(c.expected, c.noise, .05, .8); delta > .03 || delta < .0299 || err != nil {
			t.Errorf("MinimumDetectable(%d, %+v) = %g, %v, want just below .03", c.expected, c.noise, delta, err)
		}
	}
}

func TestPowerMcNemarAgreesWithReferences(t *testing.T) {
	for _, c := range []struct {
		n                    int
		onlyNew, onlyOld, is float64
	}{
		{50, .02, .14, .5746}, {100, .02, .12, .8306}, {50, 0, .10, .5688}, {30, 0, .20, .7448},
	} {
		if got := PowerMcNemar(c.n, c.onlyNew, c.onlyOld, .05); math.Abs(got-c.is) > .5e-4 {
			t.Errorf("PowerMcNemar(%d, %g, %g) = %.5f, want %g", c.n, c.onlyNew, c.onlyOld, got, c.is)
		}
	}
	if p := PowerMcNemar(4, 0, 1, .05); p != 0 {
		t.Errorf("PowerMcNemar(4, 0, 1) = %g, want 0: four flips prove nothing", p)
	}
	if p := PowerMcNemar(10_000, .04, .05, .05); p < .9 || p > 1 {
		t.Errorf("PowerMcNemar(10000, .04, .05) = %g, want above .9", p)
	}
}

// A golden set of 50 cases sees only drops of ten points and more.
func TestDetectableDrop(t *testing.T) {
	drop, ok := DetectableDrop(50, 0, .05, .8)
	if !ok || math.Abs(PowerMcNemar(50, 0, drop, .05)-.8) > 1e-4 || drop < .1 {
		t.Errorf("DetectableDrop(50) = %g, %v, want more than .1 at power .8", drop, ok)
	}
	if drop, ok := DetectableDrop(4, 0, .05, .8); ok {
		t.Errorf("DetectableDrop(4) = %g, want none", drop)
	}
}

func TestPowerRefusesBadArguments(t *testing.T) {
	good := Noise{1, 0, 0, 1, 1}
	for name, c := range map[string]struct {
		delta        float64
		noise        Noise
		alpha, power float64
	}{
		"no difference": {0, good, .05, .8}, "NaN": {math.NaN(), good, .05, .8}, "level": {.1, good, 0, .8},
		"power": {.1, good, .05, 1}, "samples": {.1, Noise{1, 0, 0, 0, 1}, .05, .8}, "variance": {.1, Noise{-1, 0, 0, 1, 1}, .05, .8},
		"infinite": {.1, Noise{math.Inf(1), 0, 0, 1, 1}, .05, .8}, "tiny": {1e-300, good, .05, .8},
	} {
		if n, err := SampleSize(c.delta, c.noise, c.alpha, c.power); err == nil {
			t.Errorf("%s: SampleSize = %d, want an error", name, n)
		}
	}
	for _, p := range []float64{PowerMcNemar(-1, .1, .1, .05), PowerMcNemar(10, .6, .6, .05), PowerMcNemar(10, math.NaN(), .1, .05), PowerMcNemar(mostTested+1, .1, .1, .05)} {
		if !math.IsNaN(p) {
			t.Errorf("PowerMcNemar of bad arguments = %g, want NaN", p)
		}
	}
	if _, err := MinimumDetectable(0, good, .05, .8); err == nil {
		t.Error("MinimumDetectable(0) gave no error")
	}
}
