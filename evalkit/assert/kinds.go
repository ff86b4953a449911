package assert

import (
	"fmt"
	"slices"
)

// written is an assertion while it is read: its members, and the problems that
// were found. A kind takes from it what it knows.
type written struct {
	kind      string // without "not-"
	not       bool
	value     any // as decoded, numbers as int64 or float64; nil when not written
	threshold *float64
	provider  string         // model of a judge or of embeddings; "" for the suite's
	rubric    string         // rubric_prompt: the template of the judge's question; "" for the kind's own
	more      map[string]any // other members; a kind deletes those that it takes
	problems  []Problem

	took     []string // names of members that the kind asked for
	standard *float64 // the kind's own threshold; nil until it said
	required bool     // the kind needs a threshold
	depth    int      // of assert-sets around it
	parts    []*Assertion
}

// maxProblems bounds what is said about one assertion.
const maxProblems = 100

func (w *written) problem(path []string, hint, format string, args ...any) {
	if len(w.problems) < maxProblems {
		w.problems = append(w.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
}

// take removes and returns a member that the kind knows; nil when it is not
// written.
func (w *written) take(member string) any {
	w.took = append(w.took, member)
	v := w.more[member]
	delete(w.more, member)
	return v
}

// noValue reports a value: the kind has no use for one.
func (w *written) noValue() {
	if w.value != nil {
		w.problem([]string{"value"}, "remove it", "%s takes no value", w.kind)
	}
}

// kind is one type of assertion.
type kind struct {
	name    string
	summary string // one sentence for the reference page
	// make returns the checker; nil after it reported a problem.
	make func(w *written) checker
	// threshold says whether the type takes one.
	threshold limit
	// asks says whom the type asks. Only then may provider be written, and only
	// a judge has a rubric_prompt.
	asks asked
	// value is what to write as value, for the reference page; "" for nothing.
	value string
}

// limit is what a type does with a threshold.
type limit int

const (
	unlimited   limit = iota // takes none
	scoreLimit               // the score must reach it, 0 to 1
	numberLimit              // some other number is compared with it, 0 or more
)

// asked is whom a type asks.
type asked int

const (
	nobody asked = iota
	judge
	embedder
	judgeAndEmbedder
)

func (a asked) judge() bool    { return a == judge || a == judgeAndEmbedder }
func (a asked) embedder() bool { return a == embedder || a == judgeAndEmbedder }

// kinds are all types, each from a file of its own.
func kinds() []kind {
	return append(deterministic(), judged()...)
}

// Kind describes one type of assertion for a reference.
type Kind struct {
	Name    string // as it is written, without "not-"
	Summary string // one sentence
	Value   string // what to write as value; "" for nothing
	// Threshold: it takes one.
	Threshold bool
	// Score: the threshold is of its score, 0 to 1; else of another number, 0 or
	// more. AboveZero: it is not 0, which every output would reach.
	Score, AboveZero bool
	// Default is the threshold when none is written; nil when there is none, or
	// when it must be written, which Required says.
	Default  *float64
	Required bool
	// Members are those that not every type has, sorted: assert, config,
	// provider, rubric_prompt, steps.
	Members []string
	// Judge and Embedder: it asks one.
	Judge, Embedder bool
}

// Kinds are all types, sorted by name. Each can be written with "not-" before it.
func Kinds() []Kind {
	var out []Kind
	for _, k := range kinds() {
		out = append(out, k.describe())
	}
	slices.SortFunc(out, func(a, b Kind) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}

// describe reads an assertion of the type, to see what it takes: so a reference
// says what holds.
func (k kind) describe() Kind {
	d := Kind{
		Name: k.name, Summary: k.summary, Value: k.value, Threshold: k.threshold != unlimited, Score: k.threshold == scoreLimit,
		Judge: k.asks.judge(), Embedder: k.asks.embedder(),
	}
	about := func(w *written, member string) bool {
		k.make(w)
		return slices.ContainsFunc(w.problems, func(p Problem) bool { return slices.Equal(p.Path, []string{member}) })
	}
	w := &written{kind: k.name, value: "a", more: map[string]any{}, threshold: new(float64)}
	d.AboveZero = d.Threshold && about(w, "threshold")
	d.Default, d.Required, d.Members = w.standard, w.required, w.took
	if k.asks != nobody {
		d.Members = append(d.Members, "provider")
	}
	if k.asks.judge() {
		w = &written{kind: k.name, value: "a", more: map[string]any{}, rubric: "{{output}}"}
		if !about(w, "rubric_prompt") {
			d.Members = append(d.Members, "rubric_prompt")
		}
	}
	if d.Required {
		d.Default = nil
	}
	slices.Sort(d.Members)
	return d
}
