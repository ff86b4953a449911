package assert

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/promptflag/promptflag/evalkit/chat"
)

func similarKind() kind {
	return kind{name: "similar", summary: "The cosine of the embeddings of the output and this text, or one of these texts, is at least threshold (0.75 when not written).",
		value: "a text, or a list of texts", threshold: scoreLimit, asks: embedder, make: makeSimilar}
}

func makeSimilar(w *written) checker {
	c := similar{texts: w.textsValue(false), model: w.provider, threshold: w.aboveZero(0.75)}
	if c.texts == nil {
		return nil
	}
	return c
}

// similar is by the closest of the texts.
type similar struct {
	texts     *texts
	model     string // "" for the suite's
	threshold float64
}

func (c similar) check(ctx context.Context, in Input, s Services) (Result, error) {
	want, err := c.texts.render(in.Vars)
	if err != nil {
		return Result{}, err
	}
	if in.Output.Text == "" { // endpoints refuse to embed it
		return Result{Reason: "the output is empty"}, nil
	}
	vectors, err := embed(ctx, s, c.model, append(want, in.Output.Text))
	if err != nil {
		return Result{}, err
	}
	output := vectors[len(want)]
	best := 0.0
	for _, v := range vectors[:len(want)] {
		similarity, err := cosine(v, output)
		if err != nil {
			return Result{}, err
		}
		best = max(best, similarity)
	}
	return scored("cosine similarity", best, c.threshold), nil
}

// embed gives one vector for each text.
func embed(ctx context.Context, s Services, model string, texts []string) ([][]float64, error) {
	if model == "" {
		model = s.EmbeddingModel
	}
	switch {
	case model == "":
		return nil, errors.New(`no embeddings: write [embeddings] with model = "…" in the suite`)
	case s.Embedder == nil:
		return nil, errors.New("no embeddings: this run has no client for them")
	}
	got, err := s.Embedder.Embed(ctx, chat.EmbedRequest{Model: model, Texts: texts})
	switch {
	case err != nil:
		return nil, fmt.Errorf("embeddings: %w", err)
	case len(got.Vectors) != len(texts):
		return nil, fmt.Errorf("embeddings: %d vectors for %d texts", len(got.Vectors), len(texts))
	}
	return got.Vectors, nil
}

// cosine is the cosine of the angle of two vectors, 0 when they point away from
// each other: scores are 0 to 1. Twelve decimals are kept, so that a vector and
// itself have 1.
func cosine(a, b []float64) (float64, error) {
	if len(a) != len(b) || len(a) == 0 {
		return 0, fmt.Errorf("embeddings: vectors of %d and %d numbers cannot be compared", len(a), len(b))
	}
	// hypot-like scaling: the squares of very large or small numbers are no numbers
	largestA, largestB := largest(a), largest(b)
	if !(largestA > 0 && largestB > 0) || math.IsInf(largestA, 0) || math.IsInf(largestB, 0) {
		return 0, errors.New("embeddings: a vector is zero or has something else than finite numbers")
	}
	var dot, lengthA, lengthB float64
	for i := range a {
		x, y := a[i]/largestA, b[i]/largestB
		dot, lengthA, lengthB = dot+x*y, lengthA+x*x, lengthB+y*y
	}
	c := dot / (math.Sqrt(lengthA) * math.Sqrt(lengthB))
	return min(max(rounded(c), 0), 1), nil
}

// largest is the largest absolute value; NaN when there is one.
func largest(v []float64) (m float64) {
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}

// rounded keeps twelve decimals, so that sums reach the threshold that they reach
// on paper.
func rounded(v float64) float64 { return math.Round(v*1e12) / 1e12 }
