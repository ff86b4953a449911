package stats_test

import (
	"math"
	"testing"

	"github.com/promptflag/promptflag/evalkit/stats"
)

// near compares with a published number, which is exact to half of its last
// digit.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s = %.10g, want %.10g", what, got, want)
	}
}

// digits7 is half of the seventh digit after the point.
const digits7 = 0.5000001e-7

func bounds(t *testing.T, what string, got stats.Interval, lower, upper float64) {
	t.Helper()
	near(t, what+" lower", got.Lower, lower, digits7)
	near(t, what+" upper", got.Upper, upper, digits7)
}

// The first four are in table I of Newcombe 1998 (Statistics in Medicine
// 17:857), with four digits; all were computed with scipy 1.10.1.
func TestProportionsAgreeWithPublishedTables(t *testing.T) {
	for _, c := range []struct {
		k, n                       int
		low, high, cpLow, cpHigh   float64
		publishedLow, publishedTop float64 // 0, 0: not in the table
	}{
		{81, 263, .2552885, .3662096, .2527367, .3676219, .2553, .3662},
		{15, 148, .0623864, .1604872, .0578440, .1616505, .0624, .1605},
		{0, 20, 0, .1611252, 0, .1684335, 0, .1611},
		{1, 29, .0061132, .1717552, .0008726, .1776443, .0061, .1718},
		{29, 29, .8830302, 1, .8805551, 1, 0, 0},
		{47, 50, .8378291, .9793850, .8345181, .9874514, 0, 0},
	} {
		wilson := stats.Wilson(c.k, c.n, .95)
		bounds(t, "Wilson", wilson, c.low, c.high)
		bounds(t, "ClopperPearson", stats.ClopperPearson(c.k, c.n, .95), c.cpLow, c.cpHigh)
		if c.publishedTop > 0 {
			near(t, "Wilson lower, published", wilson.Lower, c.publishedLow, .5e-4)
			near(t, "Wilson upper, published", wilson.Upper, c.publishedTop, .5e-4)
		}
	}
	near(t, "AtLeast(3, 15, .1)", stats.AtLeast(3, 15, .1), .1840611, digits7)
}

// The last row is the table of Agresti, Categorical Data Analysis, on approval
// ratings; the rest were computed with scipy and statsmodels.
func TestMcNemarAgreesWithReferences(t *testing.T) {
	for _, c := range []struct {
		b, c                          int
		exact, midP, chi2, correctedP float64
	}{
		{6, 16, .0524787903, .0346896648, 4.545455, .0550088},
		{3, 12, .03515625, .0212707520, 5.4, .0388671},
		{1, 6, .125, .0703125, 3.571429, .1305700},
		{0, 5, .0625, .03125, 5.0, .0736383},
		{2, 10, .0385742188, .0224609375, 5.333333, .0433081},
		{59, 6, 4.964650e-12, 2.725803e-12, 43.215385, 1.119933e-10},
		{86, 150, 3.715936e-5, math.NaN(), 17.355932, 4.114562e-5},
	} {
		digits := func(x float64) float64 { return math.Max(1e-9*math.Min(1, x*1e3), 1e-6*x) }
		near(t, "McNemarExact", stats.McNemarExact(c.b, c.c), c.exact, digits(c.exact))
		if !math.IsNaN(c.midP) {
			near(t, "McNemarMidP", stats.McNemarMidP(c.b, c.c), c.midP, digits(c.midP))
		}
		chi2, _ := stats.McNemarChi2(c.b, c.c, false)
		near(t, "McNemarChi2", chi2, c.chi2, .51e-6)
		_, p := stats.McNemarChi2(c.b, c.c, true)
		near(t, "McNemarChi2 corrected p", p, c.correctedP, math.Min(digits7, 1e-6*c.correctedP*1e1))
		if a, b := stats.McNemarExact(c.b, c.c), stats.McNemarExact(c.c, c.b); a != b {
			t.Errorf("McNemarExact(%d, %d) = %g, but %g the other way round", c.b, c.c, a, b)
		}
	}
	_, p := stats.McNemarChi2(86, 150, false)
	near(t, "Agresti's p", p, 3.099293e-5, .5e-11)
	corrected, _ := stats.McNemarChi2(86, 150, true)
	near(t, "Agresti's corrected chi2", corrected, 16.817797, .5e-6)

	// What it takes to find anything at all.
	near(t, "five one-way flips", stats.McNemarLess(0, 5), .03125, 1e-12)
	near(t, "four one-way flips", stats.McNemarLess(0, 4), .0625, 1e-12)
	if p := stats.McNemarExact(0, 6); p >= .05 {
		t.Errorf("McNemarExact(0, 6) = %g, want less than .05", p)
	}
}

// Newcombe 1998 (Statistics in Medicine 17:2635), tables II and III, more digits
// by computation.
func TestNewcombePairedAgreesWithPublishedTables(t *testing.T) {
	for _, c := range []struct {
		pairs              stats.Pairs
		diff, lower, upper float64
	}{
		{stats.Pairs{Both: 36, OnlyNew: 12, OnlyOld: 2}, .2, .0569296, .3404276},
		{stats.Pairs{Both: 36, OnlyNew: 14}, .28, .1528395, .4166512},
		{stats.Pairs{OnlyNew: 29, OnlyOld: 1}, .9333333, .6665922, .9881828},
		{stats.Pairs{OnlyNew: 30}, 1, .8394678, 1},
		{stats.Pairs{Both: 54}, 0, -.0664136, .0664136},
		{stats.Pairs{Both: 1, Neither: 29}, 0, -.1225084, .1225084},
		{stats.Pairs{Both: 43, OnlyOld: 1, Neither: 5}, -.0204082, -.1020086, .0541346},
		{stats.Pairs{Both: 794, OnlyNew: 150, OnlyOld: 86, Neither: 570}, .04, .0212304, .0587039},
	} {
		got := stats.NewcombePaired(c.pairs, .95)
		near(t, "NewcombePaired", got.Estimate, c.diff, digits7)
		bounds(t, "NewcombePaired", got, c.lower, c.upper)
	}
	near(t, "NoFlips(54)", stats.NoFlips(54, .95), .0664136, digits7)
}

// Newcombe 1998 (Statistics in Medicine 17:873), table II.
func TestNewcombeUnpairedAgreesWithPublishedTables(t *testing.T) {
	for _, c := range []struct {
		k1, n1, k2, n2 int
		lower, upper   float64
	}{
		{56, 70, 48, 80, .0524315, .3338727},
		{9, 10, 3, 10, .1705227, .8090180},
		{6, 7, 2, 7, .0582279, .8062496},
		{5, 56, 0, 29, -.0381371, .1925600},
		{0, 10, 0, 20, -.1611252, .2775328},
		{10, 10, 0, 10, .6075094, 1},
	} {
		bounds(t, "NewcombeUnpaired", stats.NewcombeUnpaired(c.k1, c.n1, c.k2, c.n2, .95), c.lower, c.upper)
	}
}
