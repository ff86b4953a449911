package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/prompts"
)

// Matcher is Unleash's own client.
type Matcher interface {
	// Match asks for each strategy by itself. Strategies have no segments; the
	// context is the caller's, with userId and currentTime.
	Match(strategies []flags.Strategy, context map[string]string) ([]Match, error)
}

// Match is the client's word on one strategy.
type Match struct {
	On      bool
	Payload string // of the variant that it gave; "" without one
	// Trouble says why the client cannot evaluate the strategy: services treat it as
	// one that matches nobody.
	Trouble string
}

// Question asks which version somebody got.
type Question struct {
	Place
	User    string
	Context map[string]string // further fields that the service sent; "" is one that it did not send
	Time    time.Time
	// Segments are the constraints of segments, as they were then.
	Segments map[int][]json.RawMessage
}

// Outcome is what one caller got.
type Outcome struct {
	// Ref is the version; "" is whatever else the service had: its last stable
	// version, or its own default.
	Ref     string `json:"ref,omitempty"`
	Version string `json:"version,omitempty"`
	Role    string `json:"role,omitempty"` // candidate, stable, or "" for a strategy that is not ours
	Reason  string `json:"reason"`         // in OpenFeature's words
	// Percent is the candidate's percentage, -1 if there was none.
	Percent int `json:"percent"`
	// Bucket is the user's place from 1 to 100 in the draw for the candidate, 0 if
	// there was no draw.
	Bucket int `json:"bucket,omitempty"`
	// Why is one sentence.
	Why string `json:"why"`
}

// Same says whether two outcomes are the same version for the caller, by whatever
// way it came.
func (o Outcome) Same(p Outcome) bool { return o.Ref == p.Ref && (o.Ref != "" || o.Reason == p.Reason) }

// Verdict is the answer to a question about one snapshot: one outcome, or several
// with what is missing to tell them apart.
type Verdict struct {
	Outcomes []Outcome `json:"outcomes"`
	Missing  []string  `json:"missing,omitempty"`
}

// Sure says that there is one outcome.
func (v Verdict) Sure() bool { return len(v.Outcomes) == 1 && len(v.Missing) == 0 }

// ErrNotThere: the flag did not exist at that time.
var ErrNotThere = errors.New("there was no such flag yet")

// Who answers a question about the flag as it was.
func (q Question) Who(s Snapshot, m Matcher) (Verdict, error) {
	if !s.Exists {
		return Verdict{}, ErrNotThere
	}
	d := decider{q: q, m: m, percent: -1}
	for _, x := range s.Strategies {
		if !x.Disabled {
			d.enabled = append(d.enabled, x)
		}
	}
	for i := range d.enabled {
		switch flags.Role(d.enabled[i].Parameters[flags.ParamRole]) {
		case flags.Candidate:
			if d.candidate == nil {
				d.candidate, d.percent = &d.enabled[i], d.enabled[i].Rollout()
			}
		case flags.Stable:
			if d.stable == nil {
				d.stable = &d.enabled[i]
			}
		}
	}
	switch {
	case s.Archived:
		v := Verdict{Missing: []string{"the flag was archived: a service kept its last stable version for a day, then it used its own default"}}
		v.Outcomes = append(v.Outcomes, d.fallBack("STALE", "the flag was archived"), Outcome{Reason: "ERROR", Percent: -1, Why: "the service's own default"})
		return v, nil
	case !s.Enabled:
		return d.only(d.fallBack("DISABLED", "the environment was OFF: everybody got stable")), nil
	}
	return d.walk(s)
}

type decider struct {
	q                 Question
	m                 Matcher
	enabled           []flags.Strategy // in evaluation order
	stable, candidate *flags.Strategy
	percent, bucket   int
}

// only is a verdict of one outcome, which names a version or cannot be told.
func (d *decider) only(o Outcome) Verdict {
	v := Verdict{Outcomes: []Outcome{o}}
	if o.Ref == "" {
		v.Missing = append(v.Missing, "the flag had no enabled stable strategy: a service kept the last stable version that it had loaded, else it used its own default")
	}
	return v
}

// fallBack is stable, for callers that no strategy gave a version.
func (d *decider) fallBack(reason, why string) Outcome {
	o := Outcome{Reason: reason, Percent: d.percent, Bucket: d.bucket, Why: why}
	if d.stable != nil {
		if ref, err := prompts.ParseRef(d.stable.Ref()); err == nil && ref.Name == d.q.Prompt {
			o.Ref, o.Version, o.Role = ref.String(), ref.Version(), string(flags.Stable)
		}
	}
	return o
}

// walk goes through the strategies: the first that matches decides. One of which
// nobody can tell whether it matched leaves two ways open.
func (d *decider) walk(s Snapshot) (Verdict, error) {
	asked, err := d.ask()
	if err != nil {
		return Verdict{}, err
	}
	if err := d.draw(); err != nil {
		return Verdict{}, err
	}
	var v Verdict
	partial, constrained := false, false // this strategy, or one before it
	passed := ""                         // why the candidate did not match
	for i, x := range d.enabled {
		a := asked[i]
		r := x.Rollout()
		partial = partial || r > 0 && r < 100
		constrained = constrained || x.Constrained() || x.Name != flags.StrategyName && x.Name != "default"
		reason := reasonOf(partial || len(x.Variants) > 1, constrained)
		if a.maybe {
			v.Missing = append(v.Missing, a.missing...)
			for _, payload := range payloads(x) {
				v.Outcomes = append(v.Outcomes, d.outcome(x, payload, reason, "if "+d.name(x)+" matched"))
			}
			continue
		}
		if !a.On {
			if &d.enabled[i] == d.candidate {
				passed = d.passed(x, a)
			}
			continue
		}
		v.Outcomes = append(v.Outcomes, d.outcome(x, a.Payload, reason, d.why(x, passed)))
		return d.settle(v), nil
	}
	v.Outcomes = append(v.Outcomes, d.fallBack("DEFAULT", "no strategy matched: stable"))
	if v = d.settle(v); v.Sure() && v.Outcomes[0].Ref == "" {
		return d.only(v.Outcomes[0]), nil
	}
	return v, nil
}

// settle drops what is missing if all ways lead to the same version.
func (d *decider) settle(v Verdict) Verdict {
	first := v.Outcomes[0]
	if !slices.ContainsFunc(v.Outcomes, func(o Outcome) bool { return !o.Same(first) }) && first.Ref != "" {
		last := v.Outcomes[len(v.Outcomes)-1]
		return Verdict{Outcomes: []Outcome{last}}
	}
	var outcomes []Outcome
	for _, o := range v.Outcomes {
		if !slices.ContainsFunc(outcomes, o.Same) {
			outcomes = append(outcomes, o)
		}
	}
	slices.Sort(v.Missing)
	return Verdict{Outcomes: outcomes, Missing: slices.Compact(v.Missing)}
}

// reasonOf is the provider's reason for an answer of the flag.
func reasonOf(partial, constrained bool) string {
	switch {
	case partial:
		return "SPLIT"
	case constrained:
		return "TARGETING_MATCH"
	}
	return "STATIC"
}

// payloads are all that a strategy may give.
func payloads(x flags.Strategy) []string {
	if len(x.Variants) == 0 {
		return []string{""}
	}
	var all []string
	for _, v := range x.Variants {
		if v.Payload == nil {
			all = append(all, "")
		} else if v.Weight > 0 {
			all = append(all, v.Payload.Value)
		}
	}
	return all
}

func (d *decider) outcome(x flags.Strategy, payload, reason, why string) Outcome {
	if payload == "" {
		return d.fallBack("DEFAULT", d.name(x)+" matched and names no version: stable")
	}
	ref, err := prompts.ParseRef(payload)
	if err != nil || ref.Name != d.q.Prompt {
		return d.fallBack("STALE", d.name(x)+" named something that is no version of this prompt: stable")
	}
	return Outcome{
		Ref: ref.String(), Version: ref.Version(), Role: x.Parameters[flags.ParamRole], Reason: reason,
		Percent: d.percent, Bucket: d.bucket, Why: why,
	}
}

func (d *decider) name(x flags.Strategy) string {
	if role := x.Parameters[flags.ParamRole]; role != "" {
		return "the " + role
	}
	title := x.Title
	if title == "" {
		title = x.Name
	}
	return fmt.Sprintf("the strategy %q", title)
}

// why says how the caller came to the strategy that matched.
func (d *decider) why(x flags.Strategy, passed string) string {
	switch {
	case d.candidate != nil && x.ID == d.candidate.ID && d.bucket > 0:
		return fmt.Sprintf("falls on %d of 100, the candidate had %d %% → candidate", d.bucket, d.percent)
	case d.candidate != nil && x.ID == d.candidate.ID:
		return fmt.Sprintf("the candidate had %d %%", d.percent)
	case x.Parameters[flags.ParamRole] == string(flags.Stable) && passed != "":
		return passed + " → stable"
	case x.Parameters[flags.ParamRole] == string(flags.Stable):
		return "there was no active candidate"
	}
	return d.name(x) + " matched, which stood before ours"
}

// passed says why the candidate did not match.
func (d *decider) passed(x flags.Strategy, a asked) string {
	switch {
	case a.Trouble != "":
		return "services cannot evaluate the candidate: " + a.Trouble
	case d.bucket > d.percent:
		return fmt.Sprintf("falls on %d of 100, the candidate had %d %%", d.bucket, d.percent)
	case x.Constrained():
		return "the candidate was for other callers"
	}
	return fmt.Sprintf("the candidate had %d %%", d.percent)
}
