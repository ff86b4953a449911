package assert

import (
	"context"
	"maps"
	"slices"
	"strings"
)

func factualityKinds() []kind {
	k := kind{name: "factuality", summary: "A judge says how the facts of the output relate to those of a reference; they must not disagree, or as config says.",
		value: "the reference answer", threshold: scoreLimit, asks: judge, make: makeFactuality}
	alias := k
	alias.name, alias.summary = "model-graded-factuality", "Another name of factuality."
	return []kind{k, alias}
}

// factualityThreshold is the score from which a category passes. Without config
// the categories have 0 or 1.
const factualityThreshold = 0.5

// category is one way in which the output can relate to the reference.
type category struct {
	letter, name, meaning string
	score                 float64
}

// categories are those of the template "fact" of OpenAI's evals, with promptfoo's
// names and scores: https://github.com/openai/evals/blob/main/evals/registry/modelgraded/fact.yaml
// A superset passes although it says what the reference does not: set superset = 0
// where the output must not go beyond the reference.
func categories() []category {
	return []category{
		{"A", "subset", "everything that the output states is stated by the reference, which states more", 1},
		{"B", "superset", "the output states everything that the reference states, and more, and nothing of it contradicts the reference", 1},
		{"C", "agree", "the output and the reference state the same facts", 1},
		{"D", "disagree", "the output contradicts the reference in at least one fact", 0},
		{"E", "differButFactual", "the output and the reference differ, in a way that makes no difference to the facts", 1},
	}
}

func makeFactuality(w *written) checker {
	c := factuality{jury: w.jury(), categories: categories(), threshold: w.aboveZero(factualityThreshold)}
	c.readConfig(w)
	c.reference = w.valueTemplate()
	own, ok := w.ownQuestion("output", "completion")
	if c.reference == nil || !ok {
		return nil
	}
	c.own = own
	return c
}

// readConfig reads what each category is worth: config = {superset = 0}.
func (c *factuality) readConfig(w *written) {
	v := w.take("config")
	if v == nil {
		return
	}
	path := []string{"config"}
	config, ok := v.(map[string]any)
	if !ok {
		w.problem(path, "write config = {superset = 0}", "config is a table, not %s", nameOf(v))
		return
	}
	var names []string
	for i, k := range c.categories {
		names = append(names, k.name)
		v, ok := config[k.name]
		if !ok {
			continue
		}
		score, isNumber := number(v)
		if !isNumber || score < 0 || score > 1 {
			w.problem([]string{"config", k.name}, "", "the score of a category is a number from 0 to 1")
			return
		}
		c.categories[i].score = score
	}
	for _, name := range slices.Sorted(maps.Keys(config)) {
		if !slices.Contains(names, name) {
			w.problem([]string{"config", name}, "they are "+strings.Join(names, ", "), "there is no category %q", clip(name))
		}
	}
	passing := func(k category) bool { return k.score >= c.threshold }
	if first := passing(c.categories[0]); !slices.ContainsFunc(c.categories, func(k category) bool { return passing(k) != first }) {
		w.problem(path, "", "all categories are worth the same side of the threshold %s: the judge's answer would decide nothing", numberText(c.threshold))
	}
}

type factuality struct {
	jury
	reference  *template
	own        *template
	categories []category
	threshold  float64
}

func (c factuality) check(ctx context.Context, in Input, s Services) (Result, error) {
	q, err := c.question(in)
	if err != nil {
		return Result{}, err
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		a, err := b.ask(ctx, q)
		if err != nil {
			return vote{}, err
		}
		var letters []string
		for _, k := range c.categories {
			letters = append(letters, k.letter)
		}
		letter, reason := a.choice("category", letters...), a.text("reason")
		if err := a.close(); err != nil {
			return vote{}, err
		}
		k := c.categories[slices.Index(letters, letter)]
		return byScore(k.score, c.threshold, k.name+": "+reason), nil
	})
}

func (c factuality) question(in Input) (question, error) {
	reference, err := some(c.reference.text, in.Vars)
	if err != nil {
		return question{}, err
	}
	output, asked := said(in.Output), conversation(in.Messages)
	form := "Answer with one JSON object and nothing else. Its members: category (one letter) and reason (one or two sentences that say why).\nThe categories:\n"
	var letters []string
	for _, k := range c.categories {
		letters = append(letters, k.letter)
		form += k.letter + ": " + k.meaning + "\n"
	}
	schema := objectSchema(map[string]any{
		"category": choiceSchema("how the facts of the output relate to those of the reference", letters...),
		"reason":   member("string", "one or two sentences that say why"),
	})
	if c.own != nil {
		return c.own.ask(in, nil, map[string]string{"output": output, "completion": output, "rubric": reference, "ideal": reference, "input": asked}, form, schema)
	}
	f := newFrame(output, asked, reference)
	return question{
		system: f.rules() + "\nTask: compare the facts that the output states with those of the reference, which an expert wrote. " +
			"Style, grammar, order and punctuation make no difference. Choose the one category that fits.\n\n" + form,
		user:   f.block("conversation", asked) + f.block("reference", reference) + f.block("output", output) + "Compare the output with the reference now.",
		schema: schema,
	}, nil
}
