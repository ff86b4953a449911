package assert

import "fmt"

// written is an assertion while it is read: its members, and the problems that
// were found. A kind takes from it what it knows.
type written struct {
	kind      string // without "not-"
	not       bool
	value     any // as decoded; nil when not written
	threshold *float64
	provider  string         // model of a judge or of embeddings; "" for the suite's
	rubric    string         // rubric_prompt: the template of the judge's question; "" for the kind's own
	more      map[string]any // other members; a kind deletes those that it takes
	problems  []Problem
}

func (w *written) problem(path []string, hint, format string, args ...any) {
	w.problems = append(w.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// kind is one type of assertion.
type kind struct {
	name    string
	summary string // one sentence for the reference page
	// make returns the checker; nil after it reported a problem.
	make func(w *written) checker
}

// kinds are all types, each from a file of its own.
func kinds() []kind {
	return append(deterministic(), judged()...)
}
