package assert

import "context"

func closedQAKind() kind {
	return kind{name: "model-graded-closedqa", summary: "A judge says yes: the output meets the criterion.",
		value: "the criterion", asks: judge, make: makeClosedQA}
}

func makeClosedQA(w *written) checker {
	c := closedQA{jury: w.jury(), criterion: w.valueTemplate()}
	own, ok := w.ownQuestion("output", "completion")
	if c.criterion == nil || !ok {
		return nil
	}
	c.own = own
	return c
}

// closedQA asks as the template "closedqa" of OpenAI's evals does, with an answer
// that is a field instead of the last letter of a text:
// https://github.com/openai/evals/blob/main/evals/registry/modelgraded/closedqa.yaml
type closedQA struct {
	jury
	criterion *template
	own       *template
}

func (c closedQA) check(ctx context.Context, in Input, s Services) (Result, error) {
	q, err := c.question(in)
	if err != nil {
		return Result{}, err
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		a, err := b.ask(ctx, q)
		if err != nil {
			return vote{}, err
		}
		v := vote{reason: a.text("reason")}
		if a.choice("answer", "Y", "N") == "Y" {
			v.pass, v.score = true, 1
		}
		return v, a.close()
	})
}

func (c closedQA) question(in Input) (question, error) {
	output, asked := said(in.Output), conversation(in.Messages)
	const form = "Answer with one JSON object and nothing else. Its members: answer (Y when the output meets the criterion, N when it does not, also when it does so in part) " +
		"and reason (one or two sentences that say why).\n"
	schema := objectSchema(map[string]any{
		"answer": choiceSchema("whether the output meets the criterion", "Y", "N"),
		"reason": member("string", "one or two sentences that say why"),
	})
	if c.own != nil {
		criterion, err := some(c.criterion.text, in.Vars)
		if err != nil {
			return question{}, err
		}
		return c.own.ask(in, c.criterion, map[string]string{"output": output, "completion": output, "criteria": criterion, "input": asked}, form, schema)
	}
	f := newFrame(output, asked, c.criterion.data(in.Vars))
	criterion, err := c.criterion.criterion(in.Vars, f)
	if err != nil {
		return question{}, err
	}
	return question{
		system: f.rules() + "\nTask: an assistant was asked what the conversation shows, and answered with the output. Say whether the output meets this criterion.\n" +
			"Criterion: " + criterion + "\n\n" + form,
		user:   f.block("conversation", asked) + f.block("output", output) + "Say now whether the output meets the criterion.",
		schema: schema,
	}, nil
}
