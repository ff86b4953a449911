// Package assert checks one output of a model. An assertion has promptfoo's
// vocabulary: type, value, threshold, weight, metric, and "not-" before the type
// for its opposite. Parse reads one and finds all that is wrong with it, so that
// nothing is left to go wrong at run time but the world: an assertion never
// passes because it could not be checked.
//
// Types mean what they mean in promptfoo, scores included; testdata/promptfoo.md
// lists where its own library says something else, and why. A text among the
// values may be a Mustache template over the variables of the case; JSON Schemas
// and expressions are none.
package assert

import (
	"context"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

// Assertion is one check, ready to run. It is immutable and may be shared by
// goroutines.
type Assertion struct {
	Type   string  // "contains"; without "not-"
	Not    bool    // written with "not-"
	Metric string  // a named score that it counts for; "" for none
	Weight float64 // 1 when not written; 0 measures and never gates
	// Threshold is what the score must reach (or, for some types, must not
	// exceed); nil when not written, and then the type's own default holds.
	Threshold *float64
	// Parts are the assertions of an assert-set.
	Parts []*Assertion

	check     checker
	provider  string // the model that it asks; "" for the suite's or none
	canonical map[string]any
}

// checker is what a type does. An error means that the check could not be
// made; how a type negates is its own business only where that is more than
// turning the answer around.
type checker interface {
	check(ctx context.Context, in Input, s Services) (Result, error)
}

// Problem is something wrong with an assertion as it is written.
type Problem struct {
	Path    []string // where in the assertion: ["value"], ["assert", "2", "threshold"]
	Message string
	Hint    string // may be empty
}

// Input is one output and what it came from. Nothing of it is kept or changed.
type Input struct {
	Output   chat.Response
	Vars     map[string]any // of the case, defaults of the suite included
	Metadata map[string]any // of the case; nil for none
	Messages []prompts.Message
	Tools    []prompts.Tool
	// Cost of the output in USD; nil when it is not known.
	Cost *float64
	// Repeat is the index of the sample among the repeats of its case.
	Repeat int
}

// Services are what some assertions need beside the output. A nil one makes
// those that need it an error.
type Services struct {
	Judge    chat.Model
	Embedder chat.Embedder
	// Judging is how judges are asked; assertions may name another model.
	Judging Judging
	// EmbeddingModel is asked for embeddings, unless the assertion names another.
	EmbeddingModel string
}

// Judging pins a judge.
type Judging struct {
	Model      string         `json:"model"`                // "" means that there is none
	Parameters map[string]any `json:"parameters,omitempty"` // temperature 0 when not written
	// Votes is how often the judge is asked, an odd number; the majority decides
	// and the score is the median. 0 is 1.
	Votes int `json:"votes,omitempty"`
}

// Result is what one assertion says about one output.
type Result struct {
	Type   string   `json:"type"` // as written: "not-contains"
	Metric string   `json:"metric,omitempty"`
	Weight float64  `json:"weight"`
	Pass   bool     `json:"pass"`
	Score  float64  `json:"score"` // 0 to 1
	Reason string   `json:"reason,omitempty"`
	Error  string   `json:"error,omitempty"` // could not be checked; then Pass is false and Score 0
	Parts  []Result `json:"parts,omitempty"` // of an assert-set
}
