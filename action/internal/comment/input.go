package comment

import (
	"github.com/promptflag/promptflag/action/internal/bar"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/report"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

// Input is what was found out about a pull request.
type Input struct {
	Prompts  []Prompt         // that the change touches, in any order
	Findings prompts.Findings // of check, those that stop a change and those that do not
	Moves    []bar.Move
	Partials []Partial // that changed and are part of prompts

	// NotRun says what was not done, and why, in sentences: "The evaluation was not
	// run: this pull request comes from a fork." Where something is in it, nothing
	// is called passed.
	NotRun []string
	// Notes are sentences of the team's rules: "production needs 2 approvals".
	Notes []string
	// Conditions are what environments ask for before a version goes out, by name.
	Conditions map[string]Condition
	// PlanUnknown says why it is not known what merging will do; "" when it is.
	PlanUnknown string
	// PublishInconclusive: what could not be told is published all the same.
	PublishInconclusive bool
	// Environments are those that are planned, in the order of the configuration.
	Environments []string

	Edit   func(file string) string // the address for editing a file; nil or "" for none
	RunURL string                   // of the run whose files have everything; "" for none
	// Open reads the answers of an evaluation, for cases that changed; may be nil.
	Open       report.Open
	Base, Head string // commits, for the last line; may be empty
}

// Condition is what an environment asks for. Both are sentences without an end, ""
// for nothing.
type Condition struct {
	Frozen string // "production is frozen until 2026-12-01 00:00 UTC: the sale"
	Needs  string // "production needs 2 approvals"
}

// Kind says what a pull request does to a prompt.
type Kind string

// The kinds.
const (
	Added      Kind = "added"
	Changed    Kind = "changed"
	Removed    Kind = "removed"
	Evaluation Kind = "evaluation" // only its suite changes
	About      Kind = "about"      // only what is said about it: owners, rollout, description
)

// Prompt is one prompt that the change touches.
type Prompt struct {
	Name    string
	File    string // below the root of the repository
	Kind    Kind
	Version string // of the change, 12 hex digits; "" when it is removed
	// Changes are those between the base and the change; nil where nothing differs.
	Changes *compare.Changes
	// Report is nil when nothing was evaluated; NotEvaluated says why then.
	Report       *evalkit.Report
	NotEvaluated string
	// Refused: it will not be published as it is, although no evaluation said no.
	Refused bool
	Breaks  []Break
	Items   []plan.Item // what merging does, by environment
	// Starts is with how many per cent of users a new version begins by the team's
	// settings, by environment: said where it is not known what merging will do.
	Starts map[string]int
	// Live are the versions with traffic, of all environments. Known says that
	// they were asked for.
	Live  []live.Version
	Known bool
}

// Break is one thing that callers of some versions do not expect.
type Break struct {
	compare.Effect
	Of       string // which versions: "production, stable, 90 %"
	Accepted string // why it is meant to be; "" when nobody said so
}

// Partial is a text that several prompts include, and that changes.
type Partial struct {
	File    string
	Prompts []string // that have a new version because of it
}

// Verdict is the answer for the whole pull request.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	NotEvaluated Verdict = "not-evaluated"
)

// Verdict is that of all prompts together: passed is only what was evaluated, all
// of it.
func (in Input) Verdict() Verdict {
	worst := Pass
	if len(in.Findings.Errors()) > 0 {
		return Fail
	}
	if len(in.NotRun) > 0 || len(in.Prompts) == 0 {
		worst = NotEvaluated
	}
	evaluated := false
	for _, p := range in.Prompts {
		v := p.verdict()
		evaluated = evaluated || p.Report != nil
		switch {
		case v == Fail:
			return Fail
		case v == Inconclusive && len(in.NotRun) == 0: // else nobody asked in earnest
			worst = Inconclusive
		case v == NotEvaluated && worst == Pass:
			worst = NotEvaluated
		}
	}
	if worst == Pass && !evaluated {
		return NotEvaluated
	}
	return worst
}

// verdict of one prompt; Pass for what needs none.
func (p Prompt) verdict() Verdict {
	switch {
	case p.Refused:
		return Fail
	case p.Report != nil:
		return Verdict(p.Report.Verdict)
	case p.Kind == Removed, p.Kind == About:
		return Pass
	}
	return NotEvaluated
}

// rank is how much a prompt needs to be looked at; 0 most.
func (p Prompt) rank() int {
	switch v := p.verdict(); {
	case v == Fail:
		return 0
	case v == Inconclusive:
		return 1
	case len(p.unaccepted()) > 0:
		return 2
	case v == NotEvaluated:
		return 3
	case p.Kind == About, p.Kind == Evaluation:
		return 5
	}
	return 4
}

func (p Prompt) unaccepted() (out []Break) {
	for _, b := range p.Breaks {
		if b.Accepted == "" {
			out = append(out, b)
		}
	}
	return out
}
