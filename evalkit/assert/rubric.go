package assert

import "context"

func rubricKind() kind {
	return kind{name: "llm-rubric", summary: "A judge says that the output meets the criterion, and gives it a score of at least threshold (0.5 when not written).",
		value: "the criterion", threshold: scoreLimit, asks: judge, make: makeRubric}
}

// rubricThreshold is the score from which a pass counts. A judge is told that 0
// is not at all and 1 is in full, so below one half there is more against the
// output than for it, and a judge that says pass there contradicts itself.
const rubricThreshold = 0.5

func makeRubric(w *written) checker {
	c := rubric{jury: w.jury(), threshold: w.orDefault(rubricThreshold)}
	if w.rubric == "" || w.value != nil {
		if c.criterion = w.valueTemplate(); c.criterion == nil {
			return nil
		}
	}
	own, ok := w.ownQuestion("output")
	if !ok {
		return nil
	}
	c.own = own
	return c
}

type rubric struct {
	jury
	criterion *template // nil when the suite's own question needs none
	own       *template // rubric_prompt; nil when not written
	threshold float64
}

func (c rubric) check(ctx context.Context, in Input, s Services) (Result, error) {
	q, err := c.question(in)
	if err != nil {
		return Result{}, err
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		a, err := b.ask(ctx, q)
		if err != nil {
			return vote{}, err
		}
		pass, score, reason := a.bool("pass"), a.number("score", 0, 1), a.text("reason")
		return c.strict(pass, score, reason), a.close()
	})
}

// strict is a vote as it counts. When pass and score contradict each other, what
// counts is what makes the assertion fail, and the score is that of an answer
// without degrees.
func (c rubric) strict(pass bool, score float64, reason string) vote {
	reached := score >= c.threshold
	v := vote{pass && reached, score, reason}
	if c.not {
		v.pass = pass || reached
	}
	switch {
	case v.pass && !reached:
		v.score = 1
	case !v.pass && reached:
		v.score = 0
	}
	return v
}

func (c rubric) question(in Input) (question, error) {
	output := said(in.Output)
	schema := objectSchema(map[string]any{
		"pass":   member("boolean", "whether the output meets the criterion"),
		"score":  member("number", "how well the output meets the criterion, from 0 (not at all) to 1 (in full)"),
		"reason": member("string", "one or two sentences that say why"),
	})
	const form = "Answer with one JSON object and nothing else. Its members: pass (true or false: whether the output meets the criterion), " +
		"score (a number from 0, not at all, to 1, in full) and reason (one or two sentences that say why).\n"
	names := map[string]string{"output": output}
	if c.own != nil {
		return c.own.ask(in, c.criterion, names, form, schema)
	}
	f := newFrame(output, c.criterion.data(in.Vars))
	criterion, err := c.criterion.criterion(in.Vars, f)
	if err != nil {
		return question{}, err
	}
	return question{
		system: f.rules() + "\nTask: say whether the output meets this criterion, and how well.\nCriterion: " + criterion + "\n\n" + form,
		user:   f.block("output", output) + "Grade the output now.",
		schema: schema,
	}, nil
}
