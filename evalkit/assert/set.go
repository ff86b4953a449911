package assert

import (
	"context"
	"fmt"
	"slices"
)

func setKind() kind {
	return kind{name: "assert-set", summary: "The assertions under assert pass; with a threshold, the weighted mean of their scores reaches it.",
		threshold: scoreLimit, make: makeSet}
}

func makeSet(w *written) checker {
	w.noValue()
	path := []string{"assert"}
	v := w.take("assert")
	list, ok := v.([]any)
	switch {
	case v != nil && !ok:
		w.problem(path, "", "assert is a list of assertions, not %s", nameOf(v))
		return nil
	case len(list) == 0:
		w.problem(path, `write assert = [{type = "contains", value = "…"}]`, "assert-set has no assertions")
		return nil
	case w.depth >= maxNested:
		w.problem(path, "", "assert-sets are nested deeper than %d", maxNested)
		return nil
	}
	for i, e := range list {
		part, problems := parse(e, w.depth+1)
		for _, p := range in([]string{"assert", index(i)}, problems) {
			w.problem(p.Path, p.Hint, "%s", p.Message)
		}
		w.parts = append(w.parts, part)
	}
	return set{slices.Clone(w.parts), w.threshold}
}

type set struct {
	parts     []*Assertion
	threshold *float64
}

func (c set) check(ctx context.Context, in Input, s Services) (Result, error) {
	var r Result
	passed, first := 0, ""
	for i, part := range c.parts {
		p := part.Run(ctx, in, s)
		r.Parts = append(r.Parts, p)
		switch {
		case p.Error != "":
			return r, fmt.Errorf("assertion %d of the set (%s): %s", i+1, p.Type, p.Error)
		case p.Pass:
			passed++
		case first == "" && p.Weight > 0:
			first = fmt.Sprintf("; %s: %s", p.Type, p.Reason)
		}
	}
	r.Pass, r.Score, _ = Combine(r.Parts, c.threshold)
	r.Reason = fmt.Sprintf("%d of %d pass", passed, len(c.parts))
	if c.threshold != nil {
		r.Reason += fmt.Sprintf(", score %.4f, threshold %s", r.Score, numberText(*c.threshold))
	}
	r.Reason = clip(r.Reason + first)
	return r, nil
}
