package assert

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

func measureKinds() []kind {
	return []kind{
		{name: "word-count", summary: "The output has so many words.", value: "a number, or a table with min, max or both", make: makeWordCount},
		{name: "latency", summary: "The answer took at most threshold milliseconds.", threshold: numberLimit, make: makeLatency},
		{name: "cost", summary: "The answer cost at most threshold USD; an unknown cost is an error.", threshold: numberLimit, make: makeCost},
		{name: "perplexity", summary: "The perplexity, exp of the mean negative log probability of the tokens, is at most threshold; without log probabilities it is an error.",
			threshold: numberLimit, make: makePerplexity},
		{name: "perplexity-score", summary: "1 / (1 + perplexity) reaches the threshold; without log probabilities it is an error.",
			threshold: scoreLimit, make: makePerplexity},
	}
}

func makeWordCount(w *written) checker {
	switch v := w.value.(type) {
	case map[string]any:
		c := wordCount{least: 0, most: math.MaxFloat64}
		for _, key := range []string{"min", "max"} {
			at := []string{"value", key}
			n, ok := number(v[key])
			switch {
			case v[key] == nil:
				continue
			case !ok || n < 0 || n != math.Trunc(n):
				w.problem(at, "", "%s is a whole number of words", key)
			case key == "min":
				c.least = n
			default:
				c.most = n
			}
		}
		for key := range v {
			if key != "min" && key != "max" {
				w.problem([]string{"value", key}, "write min, max or both", "word-count has no bound %q", clip(key))
			}
		}
		switch {
		case v["min"] == nil && v["max"] == nil:
			w.problem(valuePath(), "write min, max or both", "word-count has no bound")
		case c.least > c.most:
			w.problem(valuePath(), "", "min %s is more than max %s", numberText(c.least), numberText(c.most))
		}
		return c
	}
	t := w.textValue()
	if t == nil {
		return nil
	}
	if t.compiled == nil {
		if n, err := strconv.ParseFloat(strings.TrimSpace(t.plain), 64); err != nil || n < 0 || n != math.Trunc(n) || math.IsInf(n, 0) {
			w.problem(valuePath(), "write 50, or {min = 20, max = 50}", "%s is not a number of words", quote(t.plain))
			return nil
		}
	}
	return wordCount{exact: t}
}

type wordCount struct {
	exact       *text // nil when there are bounds
	least, most float64
}

func (c wordCount) check(_ context.Context, in Input, _ Services) (Result, error) {
	n := float64(len(strings.Fields(in.Output.Text)))
	if c.exact == nil {
		want := numberText(c.least) + " or more"
		if c.most < math.MaxFloat64 {
			want = "at most " + numberText(c.most)
			if c.least > 0 {
				want = numberText(c.least) + " to " + numberText(c.most)
			}
		}
		return binary(n >= c.least && n <= c.most, "has %s; the bounds are %s", words(n), want), nil
	}
	s, err := c.exact.render(in.Vars)
	if err != nil {
		return Result{}, err
	}
	want, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return Result{}, errors.New("value: " + quote(s) + " is not a number of words")
	}
	return binary(n == want, "has %s; the number to compare is %s", words(n), numberText(want)), nil
}

func words(n float64) string {
	if n == 1 {
		return "1 word"
	}
	return numberText(n) + " words"
}

// needsThreshold reports a missing threshold.
func (w *written) needsThreshold(unit string) {
	w.required = true
	if w.threshold == nil && !slices.ContainsFunc(w.problems, func(p Problem) bool { return len(p.Path) > 0 && p.Path[0] == "threshold" }) {
		w.problem([]string{"threshold"}, "write threshold = …", "%s needs a threshold%s", w.kind, unit)
	}
}

func makeLatency(w *written) checker {
	w.noValue()
	w.needsThreshold(", in milliseconds")
	return latency{w.orDefault(0)}
}

type latency struct{ most float64 }

func (c latency) check(_ context.Context, in Input, _ Services) (Result, error) {
	if in.Output.Latency <= 0 {
		return Result{}, errors.New("the latency is not known")
	}
	ms := float64(in.Output.Latency) / float64(time.Millisecond)
	return binary(ms <= c.most, "took %s ms; the limit is %s ms", numberText(ms), numberText(c.most)), nil
}

func makeCost(w *written) checker {
	w.noValue()
	w.needsThreshold(", in USD")
	return cost{w.orDefault(0)}
}

type cost struct{ most float64 }

func (c cost) check(_ context.Context, in Input, _ Services) (Result, error) {
	switch {
	case in.Cost == nil:
		return Result{}, errors.New("the cost is not known: the endpoint gave no usage, or the model has no price")
	case !(*in.Cost >= 0):
		return Result{}, errors.New("the cost is not a number")
	}
	return binary(*in.Cost <= c.most, "cost %s USD; the limit is %s USD", numberText(*in.Cost), numberText(c.most)), nil
}

func makePerplexity(w *written) checker {
	w.noValue()
	w.needsThreshold("")
	return perplexity{w.orDefault(0), w.kind == "perplexity-score"}
}

type perplexity struct {
	threshold float64
	score     bool
}

func (c perplexity) check(_ context.Context, in Input, _ Services) (Result, error) {
	if len(in.Output.Logprobs) == 0 {
		return Result{}, errors.New("the endpoint gave no log probabilities")
	}
	sum := 0.0
	for _, p := range in.Output.Logprobs {
		if !(p <= 0) || math.IsInf(p, 0) {
			return Result{}, errors.New("a log probability is not a finite number of 0 or less")
		}
		sum += p
	}
	v := math.Exp(-sum / float64(len(in.Output.Logprobs)))
	if c.score {
		return scored("perplexity score", 1/(1+v), c.threshold), nil
	}
	return binary(v <= c.threshold, "perplexity is %.4g; the limit is %s", v, numberText(c.threshold)), nil
}
