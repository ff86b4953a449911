// Package suite reads evaluations: a <prompt>.eval.toml beside the prompt, and its
// cases.
//
//	cases  = ["triage.cases.jsonl"]    # or .csv; without it, <prompt>.cases.jsonl and .cases.csv beside the file
//	repeat = 3                         # samples of each case
//	max_repeat = 9                     # where the gate is undecided
//	[judge]                            # asked by assertions such as llm-rubric
//	model = "gpt-4o"
//	votes = 3
//	[embeddings]                       # compared by similar
//	model = "text-embedding-3-small"
//	[defaults]                         # of all cases: vars, tags, metadata, threshold, assert
//	vars = { product = "Acme" }
//	[[defaults.assert]]
//	type = "is-json"
//	[[tests]]                          # a case that stands in the suite itself
//	id = "double-charge"
//	tags = ["safety"]
//	vars = { ticket = "My card was charged twice" }
//	[[tests.assert]]
//	type = "equals"
//	value = "billing"
//	metric = "accuracy"
//	[gate]                             # without it, every case has to pass
//	max_regressions = 0
//	[gate.pass_rate]
//	min = 0.9
//	[gate.metrics.accuracy]
//	margin = 0.05
//	[gate.tags.safety]
//	min = 1.0
//	[budget]
//	usd = 5.00
//	minutes = 10
//
// A line of JSONL is a case with the keys of [[tests]]. CSV has promptfoo's columns:
// __expected and __expected1 …, __description, __metadata:key and __metadata:key[],
// __metric, __threshold, __config:__expected1:threshold; and __id, __tags, __cluster,
// __repeat. Its other columns are variables, as text; package evalkit reads those as
// JSON that the prompt does not declare as strings. Rows without any text are passed
// over.
//
// Assertions of the defaults are checked in every case, before its own; of vars,
// metadata and threshold the case has the last word; tags come together. The
// description of a case is its metadata "description".
package suite

import (
	"iter"

	"github.com/promptflag/promptflag/evalkit/assert"
)

// Suite is one evaluation of one prompt, found to be in order. It is immutable
// and may be shared by goroutines.
type Suite struct {
	File        string // slash path below the fs.FS
	Prompt      string // the prompt's name
	Description string

	Repeat int // samples of each case; 1 when not written. A case may have its own
	// MaxRepeat is how many samples of each case there are at most, when a gate is
	// undecided; Repeat when not written. A case whose own Repeat is more keeps that.
	MaxRepeat int

	Judging    assert.Judging
	Embeddings string // the model of embeddings; "" for none

	Gate   Gate
	Budget Budget

	Cases   int      // how many there are
	Tags    []string // of all cases, sorted
	Metrics []string // of all assertions, sorted
	Models  []string // that judge or embed, those that assertions name included; sorted

	// Hash names what is asked and checked: 64 hex digits, the SHA-256 of the RFC 8785
	// JSON of prompt, repeat, judge, embeddings and defaults, as far as they are written
	// and say more than what holds without them. Description, gate, budget, max_repeat
	// and cases are not in it.
	//
	// Dataset names the cases: 64 hex digits, the SHA-256 of the SHA-256 of each
	// case's RFC 8785 JSON as it is written (without defaults, and without an id
	// that is not written), sorted. So the order of cases does not matter, nor
	// whether they stand in the suite, in JSONL or in CSV.
	Hash, Dataset string

	source *source
}

// All yields the cases in the order of the files, inline cases first. They are
// read again each time and not kept, so a suite may be larger than the memory.
// An error is yielded once and ends the sequence: the files have changed, which
// may be known only at the end of one, or cannot be read any more. Several
// goroutines may each have their own.
func (s *Suite) All() iter.Seq2[*Case, error] { return s.source.all() }

// Case is one input with what is expected of the output. What it has from the
// defaults it shares with other cases: its values are not to be changed.
type Case struct {
	// ID is as written, or else the first 12 hex digits of the SHA-256 of the
	// canonical vars of the case itself, with "-2" for the second case of the same
	// vars: it does not change when cases are added, moved or checked otherwise, nor
	// with the defaults.
	ID       string
	Vars     map[string]any // those of the defaults included; as encoding/json decodes, integers as int64
	Tags     []string       // sorted
	Cluster  string         // cases of one source document are not independent; "" means by itself
	Repeat   int            // samples; at least 1
	Metadata map[string]any
	// Threshold is what the weighted mean of the scores must reach; nil means that
	// every assertion with a weight must pass.
	Threshold *float64
	Assert    []*assert.Assertion // those of the defaults first

	File string
	Line int
}

// Gate is what a new version must do. The zero Gate is none: see Default.
type Gate struct {
	// Confidence of intervals, two-sided; 0.95 when not written.
	Confidence float64
	PassRate   Bound            // of the cases
	Metrics    map[string]Bound // by metric: of its mean score
	Tags       map[string]Bound // by tag: of the pass rate of the cases that have it
	// MaxRegressions is how many cases may pass with the baseline and fail now;
	// nil means that they are only told.
	MaxRegressions *int
	LatencyP95     float64 // milliseconds; 0 means no limit
	CostPerCall    float64 // USD, mean; 0 means no limit
	// CostIncrease is how much more than the baseline a call may cost: 0.2 is 20 %
	// more. nil means no limit.
	CostIncrease *float64

	// Default: the file has no [gate], so that of all suites holds: every case passes.
	Default bool
}

// Bound is what one number must keep. Nil members ask for nothing.
type Bound struct {
	Min      *float64 // what was observed must reach it
	MinLower *float64 // the lower end of its confidence interval must reach it
	Margin   *float64 // it may be worse than the baseline's by less than this, with confidence
}

// Budget is the hard end of a run.
type Budget struct {
	USD     float64 // 0 means no limit
	Minutes float64 // 0 means no limit
}
