// Package stats holds the intervals, tests and sample sizes by which
// evaluations are judged. All are pure functions of numbers, safe for concurrent
// use; what is random takes a seed. None panics: arguments that are none give an
// error or, where there is none to return, the interval of no knowledge (the
// estimate NaN, the bounds all that is possible) or a p of 1.
//
// # Which one
//
// Is the candidate worse than the baseline, on the same cases? Compare. It
// chooses the method, and its interval answers: Above(-margin) is a pass,
// Below(0) a fail, neither is inconclusive, and Comparison.More says how many
// cases are missing. The parts can be had alone:
//
//	pass and fail, paired            NewcombePaired, Tango; p: McNemarExact, McNemarMidP, McNemarLess
//	scores, paired                   PairedT, ClusteredT; p: TTest
//	scores, 100 units and more       BCa
//	pass and fail, different cases   NewcombeUnpaired
//	a pass rate alone                Wilson; ClopperPearson where it must hold; p: AtLeast
//	right every time                 PassPowK
//
// Before a run: SampleSize, MinimumDetectable for scores, PowerMcNemar,
// DetectableDrop for pass and fail. 50 cases find a drop of 13 points four times
// in five, smaller ones less often. Five one-way flips are the least that can
// fail a candidate one-sidedly, six two-sidedly.
//
// # Several metrics, several looks
//
// To say that one of several metrics got worse, adjust their p-values by Holm. To
// say that none did, each has to pass alone and nothing is adjusted. Looking
// again after more samples takes LookConfidence, with the number of looks fixed
// beforehand. More samples go to all cases alike: spent only where the arms
// disagreed they hide half of a drop (TestSelectiveRepeatsAreBiased: 10 points
// look like 4.8). A case counts once, with the mean of its samples, never the
// best.
//
// # What the numbers are worth
//
// Cases from one document are not independent: name the document as cluster, and
// the number of clusters is what counts. One with a few clusters knows little,
// and says so.
//
// Compare covers the truth in 93 % of runs and more, nominally 95 %, for pass and
// fail, means of samples, skewed scores and clusters, from 10 cases to 200
// (TestCoverage); the percentile bootstrap that is commonly used covers in 63 %
// at 10 cases. Pass and fail let a candidate through that is worse by the whole
// margin in at most 3.1 % (TestExactErrorsOfPassAndFail, summed over all
// outcomes of 10, 20 and 50 cases).
//
// What it does not give: the interval is about cases like those in the suite. It
// knows nothing about others.
package stats
