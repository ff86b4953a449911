package assert

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

func gEvalKind() kind {
	return kind{name: "g-eval", summary: "A judge derives steps of evaluation from the criteria, follows them, and gives scores from 0 to 10; a tenth of their mean is at least threshold (0.7 when not written). The suite may write the steps.",
		value: "a criterion, or a list of criteria", threshold: scoreLimit, asks: judge, make: makeGEval}
}

const (
	gEvalMost    = 10 // the best score
	maxCriteria  = 50
	gEvalDefault = 0.7 // promptfoo's
)

func makeGEval(w *written) checker {
	w.noOwnQuestion()
	c := gEval{jury: w.jury(), threshold: w.aboveZero(gEvalDefault), steps: w.readSteps()}
	list, isList := w.value.([]any)
	if !isList {
		if t := w.valueTemplate(); t != nil {
			c.criteria = append(c.criteria, t)
		}
		return c
	}
	if len(list) > maxCriteria {
		w.problem(valuePath(), "", "g-eval has more than %d criteria", maxCriteria)
		return nil
	}
	texts := w.textList(valuePath(), list)
	if texts == nil {
		return nil
	}
	for i, t := range texts.list {
		s, _ := plain(list[i])
		c.criteria = append(c.criteria, &template{s, t})
	}
	return c
}

// readSteps reads the member steps: the steps of evaluation, when the suite
// writes them.
func (w *written) readSteps() []string {
	v := w.take("steps")
	if v == nil {
		return nil
	}
	path := []string{"steps"}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		w.problem(path, `write steps = ["…", "…"]`, "steps is a list of texts, not %s", nameOf(v))
		return nil
	}
	var out []string
	for i, e := range list {
		s, ok := e.(string)
		if !ok || strings.TrimSpace(s) == "" {
			w.problem(slices.Concat(path, []string{index(i)}), "", "a step is a text that is not empty")
			continue
		}
		if strings.Contains(s, "{{") {
			w.problem(slices.Concat(path, []string{index(i)}), "", "steps are the same for all cases: a step is not a template")
		}
		out = append(out, s)
	}
	return out
}

// gEval is G-Eval, https://arxiv.org/abs/2303.16634: a chain of thought of steps
// for a criterion, then a form with a score. The scale and its tenth are
// promptfoo's. Unlike the paper it does not weigh scores by the probability of
// their tokens, which few endpoints tell: votes are for that. Unlike promptfoo the
// steps come in the same answer before the score, or from the suite, so that a
// criterion is one request.
type gEval struct {
	jury
	criteria  []*template
	steps     []string // of the suite; nil when the judge is to write them
	threshold float64
}

func (c gEval) check(ctx context.Context, in Input, s Services) (Result, error) {
	questions := make([]question, len(c.criteria))
	for i, t := range c.criteria {
		var err error
		if questions[i], err = c.question(t, in); err != nil {
			return Result{}, err
		}
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		sum, reasons := 0.0, make([]string, len(questions))
		for i, q := range questions {
			score, reason, err := c.one(ctx, b, q)
			if err != nil && len(questions) > 1 {
				err = fmt.Errorf("criterion %d: %w", i+1, err)
			}
			if err != nil {
				return vote{}, err
			}
			sum += score
			reasons[i] = fmt.Sprintf("%s of %d: %s", numberText(score), gEvalMost, shorten(reason, maxReason/len(questions)))
		}
		score := rounded(sum / gEvalMost / float64(len(questions)))
		return byScore(score, c.threshold, strings.Join(reasons, "; ")), nil
	})
}

func (c gEval) one(ctx context.Context, b ballot, q question) (float64, string, error) {
	a, err := b.ask(ctx, q)
	if err != nil {
		return 0, "", err
	}
	if c.steps == nil && len(a.texts("evaluation_steps")) == 0 {
		a.fail("evaluation_steps is empty")
	}
	score, reason := a.number("score", 0, gEvalMost), a.text("reason")
	return score, reason, a.close()
}

func (c gEval) question(t *template, in Input) (question, error) {
	output, asked := said(in.Output), conversation(in.Messages)
	f := newFrame(output, asked, t.data(in.Vars))
	criterion, err := t.criterion(in.Vars, f)
	if err != nil {
		return question{}, err
	}
	members := map[string]any{
		"score":  member("number", "from 0 (the criterion is not met at all) to 10 (it is met in full)"),
		"reason": member("string", "one or two sentences that say what the steps found"),
	}
	form := "score (a number from 0, the criterion is not met at all, to 10, it is met in full) and reason (one or two sentences that say what the steps found).\n"
	task := "\nTask: grade the output, which answers the conversation, by this criterion.\nCriterion: " + criterion + "\n"
	if c.steps == nil {
		members["evaluation_steps"] = listSchema("three to five steps that follow from the criterion", member("string", "a step"))
		form = "evaluation_steps (a list of three to five texts), " + form
		task += "First derive from the criterion three to five short steps of evaluation. Then follow them one by one. Then give the score.\n"
	} else {
		task += "Follow these steps one by one, then give the score:\n"
		for i, step := range c.steps {
			task += fmt.Sprintf("%d. %s\n", i+1, step)
		}
	}
	return question{
		system: f.rules() + task + "\nAnswer with one JSON object and nothing else. Its members: " + form,
		user:   f.block("conversation", asked) + f.block("output", output) + "Grade the output now.",
		schema: objectSchema(members),
	}, nil
}
