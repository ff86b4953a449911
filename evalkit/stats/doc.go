// Package stats holds the intervals, tests and sample sizes by which
// evaluations are judged. All are pure functions of numbers.
package stats
