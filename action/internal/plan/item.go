package plan

import (
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/prompts"
)

// Kind says what happens to a prompt in an environment.
type Kind string

// The kinds, in the words that people read in the table.
const (
	Unchanged Kind = "unchanged"
	Create    Kind = "new"       // a prompt that has no flag here yet
	Canary    Kind = "candidate" // a new version starts as candidate
	Restore   Kind = "restore"   // a version that was stable becomes stable again
	Withdraw  Kind = "withdraw"  // the candidate goes, git is back at stable
	Held      Kind = "held"      // somebody rejected this version
	Waiting   Kind = "waiting"   // another candidate is still being dialled up
	Repair    Kind = "repair"    // only leftovers and lost marks are put right
	Stopped   Kind = "stopped"   // nothing is done until a person decides
	Manual    Kind = "manual"    // only promote brings versions to this environment
	Promote   Kind = "promote"
	Dial      Kind = "dial"
	Off       Kind = "off"
	On        Kind = "on"
	Rollback  Kind = "rollback"
	Adopt     Kind = "adopt" // a flag that was not ours becomes a prompt flag
)

// Item is one prompt in one environment.
type Item struct {
	Prompt      string `json:"prompt"`
	Environment string `json:"environment"`
	Flag        string `json:"flag"`
	Kind        Kind   `json:"kind"`

	Before State  `json:"before"`
	After  State  `json:"after"`
	Moves  []Move `json:"moves,omitempty"`
	// Why is one sentence for people.
	Why string `json:"why"`
	// Warnings do not stop anything.
	Warnings []string `json:"warnings,omitempty"`
	// Problem is set when Kind is Stopped.
	Problem *Problem `json:"problem,omitempty"`

	// ToEvaluate is for a plan only: publish will evaluate the version first, and
	// may stop it then.
	ToEvaluate bool `json:"toEvaluate,omitempty"`

	// Verdict of the evaluation that let the item pass, or stopped it; "" when
	// nothing was evaluated.
	Verdict string `json:"verdict,omitempty"`

	// Untold: it is stopped because nobody could tell whether it may go, and not
	// because something says no.
	Untold bool `json:"untold,omitempty"`

	// Credit is whose version it is, for the records; nil: the plan's origin tells.
	Credit *Credit `json:"-"`

	// Redecided: the flag changed between planning and applying.
	Redecided bool `json:"-"`

	// Blob is the artifact that a flag will name for the first time.
	Blob []byte `json:"-"`
	// Steps are the writes to the flag, in order.
	Steps []Step `json:"-"`
	// Events are what the release records will say.
	Events []Event `json:"-"`
	// Seen is the flag that the item was decided on; nil if it did not exist.
	Seen *flags.Flag `json:"-"`
	// Decide computes the item again from a flag that was read later; nil
	// means that the item does not depend on it.
	Decide func(*flags.Flag) (Item, error) `json:"-"`
}

// Writes reports whether applying the item changes anything.
func (i Item) Writes() bool { return len(i.Steps) > 0 }

// Stop turns the item into one that waits for a person.
func (i *Item) Stop(message, hint string) {
	i.Leave(Stopped, message)
	i.Problem = &Problem{Message: message, Hint: hint}
}

// Leave turns the item into one that writes nothing, for a reason that nobody
// has to remove.
func (i *Item) Leave(kind Kind, why string) {
	i.Kind, i.Why = kind, why
	i.Steps, i.Events, i.Blob, i.Moves = nil, nil, nil, nil
	i.After = i.Before
}

// Problem is why a person has to act first.
type Problem struct {
	Message string `json:"message"`
	Hint    string `json:"hint"`
	// Untold is that of the item, where the problem is the error of Apply.
	Untold bool `json:"-"`
}

// Error makes a problem that turns up while applying an error.
func (p *Problem) Error() string { return p.Message + " (" + p.Hint + ")" }

// State is what one flag says in one environment.
type State struct {
	Exists            bool   `json:"exists"`
	Stable            string `json:"stable,omitempty"`    // ref
	Candidate         string `json:"candidate,omitempty"` // ref
	Percent           int    `json:"percent"`             // of the candidate
	CandidateDisabled bool   `json:"candidateDisabled,omitempty"`
	Constrained       bool   `json:"constrained,omitempty"` // candidate for some callers only
	StableDisabled    bool   `json:"stableDisabled,omitempty"`
	Enabled           bool   `json:"enabled"`
}

// StateOf reads the state out of a flag.
func StateOf(f *flags.Flag, r flags.Roles) State {
	if f == nil {
		return State{}
	}
	s := State{Exists: true, Enabled: f.Enabled}
	if r.Stable != nil {
		s.Stable, s.StableDisabled = r.Stable.Ref(), r.Stable.Disabled
	}
	if r.Candidate != nil {
		s.Candidate = r.Candidate.Ref()
		s.Percent = r.Candidate.Rollout()
		s.CandidateDisabled = r.Candidate.Disabled
		s.Constrained = r.Candidate.Constrained()
	}
	return s
}

// Version is the first 12 hex digits of a ref's digest, "" for no ref.
func Version(ref string) string {
	r, err := prompts.ParseRef(ref)
	if err != nil {
		return ""
	}
	return r.Version()
}
