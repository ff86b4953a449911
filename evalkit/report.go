package evalkit

import (
	"time"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// Verdict is the answer of a gate, or of all gates of a run together.
type Verdict string

// The verdicts. Inconclusive is neither of the others: there were too few
// cases to tell, or something could not be asked.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
)

// ReportSchema is the major version of Report's JSON and of the lines.
const ReportSchema = 1

// Report is what one run of a suite found. Numbers that are not known are nil,
// never 0. Shares and scores are from 0 to 1.
type Report struct {
	Schema  int       `json:"promptflagReport"` // ReportSchema
	Prompt  string    `json:"prompt"`
	Verdict Verdict   `json:"verdict"`
	Reason  string    `json:"reason"` // the verdict in one sentence
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	// Confidence of all intervals, two-sided: the suite's, shared out over the looks
	// at the data that max_repeat allows.
	Confidence float64 `json:"confidence"`

	Suite    SuiteInfo `json:"suite"`
	Arms     []Arm     `json:"arms"`  // the new version first, then baselines, then other models
	Gates    []Gated   `json:"gates"` // those that failed first, then the undecided
	Flips    []Flip    `json:"flips"` // against gating baselines; regressions first, at most MaxFlips
	Problems []Problem `json:"problems,omitempty"`

	// Spent is what this run itself paid in USD, judges included, and nothing for
	// what was recorded. It counts calls with a known price.
	Spent float64 `json:"spent"`
	// Unpriced are calls of this run of which the price is not known.
	Unpriced int `json:"unpriced,omitempty"`
	Calls    int `json:"calls"`    // answers that endpoints gave in this run
	Recorded int `json:"recorded"` // answers that were read from records
}

// MaxFlips bounds Report.Flips; Versus counts them all.
const MaxFlips = 1000

// SuiteInfo names what was asked and checked.
type SuiteInfo struct {
	File    string   `json:"file"`
	Hash    string   `json:"hash"`    // 64 hex digits
	Dataset string   `json:"dataset"` // 64 hex digits
	Rules   string   `json:"rules"`   // 64 hex digits: the gate
	Judge   string   `json:"judge,omitempty"`
	Judges  []string `json:"judges,omitempty"` // models that judge or embed
	Cases   int      `json:"cases"`
	Repeat  int      `json:"repeat"` // samples of each case, as far as the run got
}

// Describe says what a suite asks.
func Describe(s *suite.Suite) SuiteInfo {
	i := SuiteInfo{
		File: s.File, Hash: s.Hash, Dataset: s.Dataset, Rules: hashOf(s.Gate), Judges: s.Models, Cases: s.Cases, Repeat: s.Repeat,
	}
	if s.Judging.Model != "" {
		i.Judge = s.Judging.Hash()
	}
	return i
}

// Arm is one version under one model, and how it did.
type Arm struct {
	ID    string      `json:"id"`    // "new", "base1", "model1"
	Title string      `json:"title"` // for people: "this change", "production, stable, 90 %"
	Role  Role        `json:"role"`
	Ref   prompts.Ref `json:"-"`
	// Version is the first 12 hex digits, Digest all of them.
	Version string `json:"version"`
	Digest  string `json:"digest"`
	Model   string `json:"model"`
	// Parameters names those of the model: 64 hex digits. The digest covers them.
	Parameters string `json:"parameters,omitempty"`
	// Gates: the new version must not be worse than this one.
	Gates bool `json:"gates,omitempty"`

	Cases    int            `json:"cases"`  // that have an answer to every sample
	Errors   int            `json:"errors"` // cases with a sample that is an error
	PassRate *Estimate      `json:"passRate,omitempty"`
	Score    *Estimate      `json:"score,omitempty"`
	PassAll  *float64       `json:"passAll,omitempty"`   // pass^k: all k samples of a case pass; nil for k = 1
	Metrics  []Named        `json:"metrics,omitempty"`   // by name
	Tags     []Named        `json:"tags,omitempty"`      // pass rates, by name
	Latency  *Quantiles     `json:"latencyMs,omitempty"` // nil when that of an answer is not known
	Cost     *Quantiles     `json:"costUsd,omitempty"`   // per call; nil when a price or usage is not known
	Tokens   *TokenCount    `json:"tokens,omitempty"`
	Faults   map[string]int `json:"faults,omitempty"` // samples by what went wrong
	Scores   []int          `json:"scores,omitempty"` // cases by score: [0,.1), [.1,.2) … [.9,1), 1
	Versus   *Versus        `json:"versus,omitempty"` // the new version against this one; nil for the new one
}

// Role is why an arm is in the run.
type Role string

// The roles.
const (
	New      Role = "new"
	Baseline Role = "baseline"
	Other    Role = "model" // the new version under another model
)

// Estimate is a mean with its confidence interval.
type Estimate struct {
	Value float64 `json:"value"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
	N     int     `json:"n"` // cases
}

// Named is an estimate of a metric or of a tag.
type Named struct {
	Name string `json:"name"`
	Estimate
}

// Quantiles of all samples of an arm.
type Quantiles struct {
	Mean float64 `json:"mean"`
	Min  float64 `json:"min"`
	P05  float64 `json:"p05"`
	P25  float64 `json:"p25"`
	P50  float64 `json:"p50"`
	P75  float64 `json:"p75"`
	P95  float64 `json:"p95"`
	Max  float64 `json:"max"`
}

// TokenCount is the mean use of a call.
type TokenCount struct {
	Input  float64 `json:"input"`
	Output float64 `json:"output"`
}

// Versus is the new version against a baseline, case by case.
type Versus struct {
	Cases     int  `json:"cases"` // that both answered
	Regressed int  `json:"regressed"`
	Improved  int  `json:"improved"`
	Same      bool `json:"same,omitempty"` // the requests are equal: same version, same model
	// Difference of the pass rates, new − baseline.
	Difference *Estimate `json:"difference,omitempty"`
	Method     string    `json:"method,omitempty"`
	// Detectable is the drop of the pass rate that so many cases show with
	// probability 0.8 (stats.DetectableDrop); nil when they show none.
	Detectable *float64 `json:"detectable,omitempty"`
}

// Gated is one rule and what it says.
type Gated struct {
	Name     string    `json:"name"`               // "pass rate", "accuracy", "tag safety", "regressions", "latency p95", "cost per call", "cost increase", "answers"
	Rule     string    `json:"rule"`               // "at least 0.9", "not worse by 0.05"
	Baseline string    `json:"baseline,omitempty"` // the arm's ID, of rules about one
	Verdict  Verdict   `json:"verdict"`
	Sentence string    `json:"sentence"`
	Value    *float64  `json:"value,omitempty"`
	Base     *float64  `json:"base,omitempty"`
	Diff     *Estimate `json:"difference,omitempty"`
	Limit    float64   `json:"limit"`
	Method   string    `json:"method,omitempty"` // of the interval
	// More is about how many more cases would decide, if what was seen stays so.
	More int `json:"more,omitempty"`
}

// Flip is a case of which the new version does something else than a baseline.
type Flip struct {
	Case      string  `json:"case"`
	Baseline  string  `json:"baseline"` // the arm's ID
	Regressed bool    `json:"regressed"`
	New       float64 `json:"new"`  // share of samples that passed
	Base      float64 `json:"base"` // likewise
}

// Problem is a case of which something could not be asked or checked.
type Problem struct {
	Case   string `json:"case"`
	Arm    string `json:"arm"`
	Fault  string `json:"fault"`  // a chat.Fault, "render", "assertion"
	Detail string `json:"detail"` // more about the fault; may be empty
}

// MaxProblems bounds Report.Problems; Arm.Faults counts them all.
const MaxProblems = 100

// Line is one line of the results file, which is written as results come: first
// a Case, then its samples, perhaps with other cases between them.
type Line struct {
	Case   *CaseLine `json:"case,omitempty"`
	Sample *Sample   `json:"sample,omitempty"`
}

// CaseLine says what was asked.
type CaseLine struct {
	ID   string         `json:"id"`
	Tags []string       `json:"tags,omitempty"`
	Vars map[string]any `json:"vars"`
	File string         `json:"file"`
	Line int            `json:"line"`
}

// Sample is one answer of one arm to one case, and what the assertions say.
type Sample struct {
	Case    string          `json:"case"`
	Arm     string          `json:"arm"`
	Repeat  int             `json:"repeat"`
	Output  chat.Response   `json:"output"`
	Cost    *float64        `json:"cost,omitempty"` // USD; nil when not known
	Pass    bool            `json:"pass"`
	Score   float64         `json:"score"`
	Results []assert.Result `json:"results,omitempty"`
	// Fault and Error: there is no answer, or it could not be checked; then Pass
	// and Score say nothing.
	Fault string `json:"fault,omitempty"`
	Error string `json:"error,omitempty"`
}
