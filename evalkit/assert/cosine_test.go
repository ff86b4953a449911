package assert

import (
	"math"
	"testing"
)

func TestCosine(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b []float64
		want float64 // -1 for an error
	}{
		{"equal", []float64{.1, .2, .3}, []float64{.1, .2, .3}, 1},
		{"same direction", []float64{1, 2}, []float64{10, 20}, 1},
		{"right angle", []float64{1, 0}, []float64{0, 1}, 0},
		{"opposite", []float64{1, 0}, []float64{-1, 0}, 0},
		{"45 degrees", []float64{1, 0}, []float64{1, 1}, .707106781187},
		{"60 degrees", []float64{1, 0}, []float64{.5, math.Sqrt(3) / 2}, .5},
		{"3-4-5", []float64{3, 4}, []float64{4, 3}, .96},
		{"huge", []float64{1e300, 1e300}, []float64{1e300, 0}, .707106781187},
		{"tiny", []float64{1e-300, 1e-300}, []float64{1e-300, 0}, .707106781187},
		{"zero", []float64{0, 0}, []float64{1, 0}, -1},
		{"none", nil, nil, -1},
		{"lengths", []float64{1}, []float64{1, 2}, -1},
		{"not a number", []float64{math.NaN(), 1}, []float64{1, 1}, -1},
		{"not a number last", []float64{1, math.NaN()}, []float64{1, 1}, -1},
		{"infinite", []float64{math.Inf(-1), 1}, []float64{1, 1}, -1},
	} {
		got, err := cosine(c.a, c.b)
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s: %v (%v), want %v", c.name, got, err, c.want)
		}
	}
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]int{
		"One. Two! Three? Four":   4,
		"Version 1.5 is out. Yes": 2,
		"One.\n\n two. three.\n":  2,
		"これは一。これは二。":              2,
		"no end":                  1,
		" one line. \n":           1,
	} {
		if got := units(text); len(got) != want {
			t.Errorf("units(%q) = %q, want %d", text, got, want)
		}
	}
}
