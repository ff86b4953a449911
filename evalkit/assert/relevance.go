package assert

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// askedQuestions is how many questions a judge imagines, as in Ragas and promptfoo.
const askedQuestions = 3

func answerRelevanceKind() kind {
	return kind{name: "answer-relevance", summary: "The questions that a judge thinks the output answers are similar to the question that was asked: the mean of the cosines is at least threshold (0.5 when not written).",
		threshold: scoreLimit, asks: judgeAndEmbedder, make: makeAnswerRelevance}
}

func makeAnswerRelevance(w *written) checker {
	w.noValue()
	w.noOwnQuestion()
	return answerRelevance{w.jury(), w.aboveZero(contextThreshold)}
}

// answerRelevance is (1/n) Σ cos(e(question i), e(query)) over n = 3 questions
// that a judge derives from the output alone: response relevancy of Ragas,
// https://docs.ragas.io/en/stable/concepts/metrics/available_metrics/answer_relevance/,
// as promptfoo has it, without the factor for answers that evade. One request asks
// for all three, because three equal requests at temperature 0 have one answer.
// The query is the variable "query", or else the last message of the user.
type answerRelevance struct {
	jury
	threshold float64
}

func (c answerRelevance) check(ctx context.Context, in Input, s Services) (Result, error) {
	query, err := asksFor(in)
	if err != nil {
		return Result{}, err
	}
	output := said(in.Output)
	if output == "" {
		return Result{Reason: "the output is empty"}, nil
	}
	f := newFrame(output)
	q := question{
		system: f.rules() + fmt.Sprintf("\nTask: the output answers a question that you are not shown. Write %d questions, each in a form of its own, to which the output would be a direct and complete answer. "+
			"Write them in the language of the output, from what the output says and from nothing else.\n\n", askedQuestions) +
			fmt.Sprintf("Answer with one JSON object and nothing else. Its member: questions (a list of exactly %d texts).\n", askedQuestions),
		user:   f.block("output", output) + "Write the questions now.",
		schema: objectSchema(map[string]any{"questions": listSchema("questions that the output answers", member("string", "a question"))}),
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		a, err := b.ask(ctx, q)
		if err != nil {
			return vote{}, err
		}
		questions := a.texts("questions")
		if err := a.close(); err != nil {
			return vote{}, err
		}
		if len(questions) != askedQuestions {
			return vote{}, fmt.Errorf("the judge's answer breaks the schema: questions has %d texts, not %d", len(questions), askedQuestions)
		}
		vectors, err := embed(ctx, s, "", append(questions, query))
		if err != nil {
			return vote{}, err
		}
		sum := 0.0
		for _, v := range vectors[:askedQuestions] {
			similarity, err := cosine(v, vectors[askedQuestions])
			if err != nil {
				return vote{}, err
			}
			sum += similarity
		}
		score := rounded(sum / askedQuestions)
		return byScore(score, c.threshold, scored("relevance", score, c.threshold).Reason+"; the output answers "+quotes(questions)), nil
	})
}

// asksFor is the question of the case: the variable query, as in promptfoo, or the
// last message of the user. promptfoo takes the whole prompt instead of the latter.
func asksFor(in Input) (string, error) {
	if in.Vars["query"] != nil {
		return queryOf(in.Vars)
	}
	for _, m := range slices.Backward(in.Messages) {
		if m.Role != "user" {
			continue
		}
		text := m.Content
		for _, p := range m.Parts {
			text += p.Text
		}
		if text != "" {
			return text, nil
		}
	}
	return "", errors.New(`variable "query" has no value in this case, and no message is the user's`)
}
