package assert

import (
	"context"
	"errors"
	"fmt"
)

// Run checks one output. It never panics; what cannot be checked is a Result
// with an Error. Cancelling ctx ends the calls of judges.
//
// "not-" turns pass around and makes the score 1 − score, for scores with a
// threshold too, as promptfoo has it. An error is never turned around.
func (a *Assertion) Run(ctx context.Context, in Input, s Services) Result {
	r := Result{Type: a.Type, Metric: a.Metric, Weight: a.Weight}
	if a.Not {
		r.Type = not + a.Type
	}
	got, err := a.try(ctx, in, s)
	r.Parts = got.Parts
	if err != nil {
		r.Error = oneLine(clip(err.Error()))
		return r
	}
	r.Pass, r.Score, r.Reason = got.Pass, got.Score, got.Reason
	if a.Not {
		r.Pass, r.Score = !r.Pass, 1-r.Score
	}
	return r
}

// try checks, and makes an error of whatever a check must not do.
func (a *Assertion) try(ctx context.Context, in Input, s Services) (r Result, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			// what a library says may quote the output, and nothing useful
			r, err = Result{}, fmt.Errorf("checking failed inside: %T", fault)
		}
	}()
	if err := ctx.Err(); err != nil {
		return Result{}, fmt.Errorf("not checked: %w", err)
	}
	r, err = a.check.check(ctx, in, s)
	if err == nil && !(r.Score >= 0 && r.Score <= 1) {
		err = errors.New("the score is not between 0 and 1")
	}
	return r, err
}

// Combine makes one verdict of the results of one output: whether it passes,
// and the mean of the scores by weight (1 when no assertion has a weight).
// threshold is the case's. failed is true when a result is an error: then
// nothing is decided.
func Combine(results []Result, threshold *float64) (pass bool, score float64, failed bool) {
	pass, score = true, 1
	var sum, weights float64
	for _, r := range results {
		if r.Error != "" {
			return false, 0, true
		}
		if r.Weight > 0 {
			sum += r.Score * r.Weight
			weights += r.Weight
			pass = pass && r.Pass
		}
	}
	if weights > 0 {
		score = sum / weights
	}
	if threshold != nil {
		pass = score >= *threshold
	}
	return pass, score, false
}
