package assert

import (
	"context"
	"strings"
)

func faithfulnessKind() kind {
	return kind{name: "context-faithfulness", summary: "The share of the claims of the output that the variable context supports is at least threshold (0.5 when not written); the variable query is the question.",
		threshold: scoreLimit, asks: judge, make: makeFaithfulness}
}

func makeFaithfulness(w *written) checker {
	w.noValue()
	w.noOwnQuestion()
	return faithfulness{w.jury(), w.aboveZero(contextThreshold)}
}

// faithfulness is supported claims / claims of the output: faithfulness of Ragas,
// https://docs.ragas.io/en/stable/concepts/metrics/available_metrics/faithfulness/.
// The claims are found and judged in one answer; an output without a claim has no
// faithfulness, which is an error.
type faithfulness struct {
	jury
	threshold float64
}

func (c faithfulness) check(ctx context.Context, in Input, s Services) (Result, error) {
	chunks, query, err := askedOf(in.Vars)
	if err != nil {
		return Result{}, err
	}
	output, documents := said(in.Output), strings.Join(chunks, "\n\n")
	f := newFrame(query, documents, output)
	k := claims{"claims", "claim", "supported", "the output makes no claims, as far as the judge says, so that its faithfulness is not known"}
	q := question{
		system: f.rules() + "\nTask: the output answers the query by the context. List every claim of fact that the output makes, each complete in itself, without pronouns, and none left out. " +
			"For each say whether the context supports it: it stands there, or follows from what stands there alone. What you know otherwise does not count.\n\n" + k.form(),
		user:   f.block("query", query) + f.block("context", documents) + f.block("output", output) + "List the claims of the output now.",
		schema: k.schema(),
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		a, err := b.ask(ctx, q)
		if err != nil {
			return vote{}, err
		}
		share, missing, err := k.share(a)
		return shareVote("faithfulness", share, c.threshold, missing), err
	})
}
