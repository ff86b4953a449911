package assert

import (
	"errors"
	"fmt"
	"strings"
)

// contextThreshold is promptfoo's for the types about answers from documents.
const contextThreshold = 0.5

// contextOf is the variable context: a text, or a list of texts.
func contextOf(vars map[string]any) ([]string, error) {
	v, problems := normal(vars["context"])
	if len(problems) > 0 {
		return nil, fmt.Errorf("variable %q: %s", "context", problems[0].Message)
	}
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		switch {
		case e == nil:
			return nil, errors.New(`variable "context" has no value in this case`)
		case !ok:
			return nil, fmt.Errorf("variable %q is a text or a list of texts, not %s", "context", nameOf(e))
		case strings.TrimSpace(s) != "":
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, errors.New(`variable "context" is empty in this case`)
	}
	return out, nil
}

// queryOf is the variable query, a text.
func queryOf(vars map[string]any) (string, error) {
	switch v := vars["query"].(type) {
	case nil:
		return "", errors.New(`variable "query" has no value in this case`)
	case string:
		if strings.TrimSpace(v) != "" {
			return v, nil
		}
		return "", errors.New(`variable "query" is empty in this case`)
	}
	return "", errors.New(`variable "query" is not a text`)
}

// claims is an answer that lists statements and says yes or no to each.
type claims struct {
	list, text, holds string // names of members
	none              string // what it is when there are no statements
}

func (k claims) schema() map[string]any {
	return objectSchema(map[string]any{k.list: listSchema("all the statements, in their order", objectSchema(map[string]any{
		k.text:  member("string", "the statement, complete in itself"),
		k.holds: member("boolean", "whether the context supports it"),
	}))})
}

func (k claims) form() string {
	return fmt.Sprintf("Answer with one JSON object and nothing else. Its member: %s, a list with one object for each statement. "+
		"Members of each: %s (the statement, complete in itself) and %s (true or false: whether the context supports it).\n", k.list, k.text, k.holds)
}

// share reads the answer: how much of the statements holds, and which do not. No
// statements are an error: nothing was measured.
func (k claims) share(a *reply) (share float64, missing []string, err error) {
	held := 0
	n := a.objects(k.list, func(one *reply) {
		text, holds := one.text(k.text), one.bool(k.holds)
		switch {
		case strings.TrimSpace(text) == "":
			one.fail("%s is empty", k.text)
		case holds:
			held++
		default:
			missing = append(missing, text)
		}
	})
	if err := a.close(); err != nil {
		return 0, nil, err
	}
	if n == 0 {
		return 0, nil, errors.New(k.none)
	}
	return float64(held) / float64(n), missing, nil
}

// shareVote says the score and what it lacks.
func shareVote(name string, share, threshold float64, missing []string) vote {
	reason := scored(name, share, threshold).Reason
	if len(missing) > 0 {
		reason += "; not supported: " + quotes(missing)
	}
	return byScore(share, threshold, reason)
}

// aboveZero is the threshold or the type's own, for types whose score alone
// decides.
func (w *written) aboveZero(d float64) float64 {
	if w.threshold != nil && *w.threshold == 0 {
		w.problem([]string{"threshold"}, "weight = 0 measures and never gates", "with threshold 0 every output would pass")
	}
	return w.orDefault(d)
}

// askedOf is the variable context and the variable query.
func askedOf(vars map[string]any) (chunks []string, query string, err error) {
	if chunks, err = contextOf(vars); err != nil {
		return nil, "", err
	}
	query, err = queryOf(vars)
	return chunks, query, err
}
