package assert

import (
	"context"
	"strings"
)

func recallKind() kind {
	return kind{name: "context-recall", summary: "The share of the statements of the expected answer that the variable context supports is at least threshold (0.5 when not written). The output is not looked at.",
		value: "the expected answer", threshold: scoreLimit, asks: judge, make: makeRecall}
}

func makeRecall(w *written) checker {
	w.noOwnQuestion()
	c := recall{w.jury(), w.someText(), w.aboveZero(contextThreshold)}
	if c.expected == nil {
		return nil
	}
	return c
}

// recall is attributed statements / statements of the expected answer: context
// recall of Ragas,
// https://docs.ragas.io/en/stable/concepts/metrics/available_metrics/context_recall/.
// Unlike promptfoo it never takes the prompt for the context.
type recall struct {
	jury
	expected  *text
	threshold float64
}

func (c recall) check(ctx context.Context, in Input, s Services) (Result, error) {
	chunks, err := contextOf(in.Vars)
	if err != nil {
		return Result{}, err
	}
	expected, err := some(c.expected, in.Vars)
	if err != nil {
		return Result{}, err
	}
	documents := strings.Join(chunks, "\n\n")
	f := newFrame(documents, expected)
	k := claims{"statements", "statement", "attributed", "the expected answer has no statements, as far as the judge says, so that the recall is not known"}
	q := question{
		system: f.rules() + "\nTask: list every statement of the expected answer, each complete in itself, and none left out. " +
			"For each say whether it can be attributed to the context: it stands there, or follows from what stands there alone. What you know otherwise does not count.\n\n" + k.form(),
		user:   f.block("context", documents) + f.block("expected-answer", expected) + "List the statements of the expected answer now.",
		schema: k.schema(),
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		a, err := b.ask(ctx, q)
		if err != nil {
			return vote{}, err
		}
		share, missing, err := k.share(a)
		return shareVote("recall", share, c.threshold, missing), err
	})
}
