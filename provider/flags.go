package provider

import (
	"context"
	"errors"
	"strings"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// Flags is where a Provider gets its flags from; package unleashflags is the
// one that ships. Enabled, Variant and Count are on the path of every call of a
// service: they work in memory, never wait and may be called by any number of
// goroutines.
type Flags interface {
	// Key names what this source follows: server, project, environment and the
	// scope of its credentials. Lower-case letters, digits and "-"; no secret.
	// The provider names files with it.
	Key() string
	// Decode reads the body of a feed: one that Handler.Feed was given, in this
	// process or in an earlier one, or one of a bundle.
	Decode(body []byte) (*Feed, error)
	// Start begins to follow the flags and returns at once; what is found is
	// reported to h. After Close it may be called again.
	Start(h Handler) error
	// Enabled says whether f is on for the caller, by the flag server's own rules.
	Enabled(f *Flag, caller openfeature.FlattenedContext) bool
	// Variant says which variant of f the caller gets, by the flag server's own rules.
	Variant(f *Flag, caller openfeature.FlattenedContext) Match
	// Count notes one exposure: f was on for the caller or not, and the caller
	// was given this variant; "" when only the switch was asked for.
	Count(f *Flag, on bool, variant string)
	// Close stops following and waits for what Start began, no longer than ctx.
	// It is idempotent.
	Close(ctx context.Context) error
}

// Handler takes what a flag source finds. Its functions may be called by one
// goroutine at a time and return at once.
type Handler struct {
	// Feed takes a feed that differs from the one before.
	Feed func(f *Feed)
	// Current says that the last feed is still the newest one.
	Current func()
	// Failed says that a poll did not tell: one call for each poll. An error
	// that is ErrRefused is reported at once, others when three came in a row.
	Failed func(err error)
}

// ErrRefused marks an error of a flag source: the server does not accept the
// credentials.
var ErrRefused = errors.New("credentials refused")

// Feed is all flags of one environment. It belongs to the provider once it was
// given away.
type Feed struct {
	// Set names where the flags are from: "<project>/<environment>".
	Set   string
	Flags []*Flag
	// Body is what Decode made the feed from.
	Body []byte
	// Use is called when evaluation begins to see the feed; nil: nothing to do.
	Use func()
}

// Flag is one flag of one feed. A source fills it in before it gives it away
// and leaves it alone from then on.
type Flag struct {
	Name       string
	Enabled    bool       // the environment's switch
	Strategies []Strategy // in evaluation order
	Parents    []string   // flags that this one depends on
	// Fingerprint differs between two feeds when the definition does.
	Fingerprint string
	// Trouble says why the source cannot evaluate the flag as the server means
	// it; "" when it can.
	Trouble string
	// Compiled is the source's own form of the flag; the provider never looks.
	Compiled any
}

// Roles that a strategy of ours names in its parameter "promptflag".
const (
	RoleCandidate = "candidate"
	RoleStable    = "stable"
)

// Strategy is one strategy of a flag.
type Strategy struct {
	Role        string  // RoleCandidate, RoleStable, or "": not ours
	ID          string  // parameter promptflagId
	Percent     float64 // rollout, 0 to 100
	Constrained bool    // it matches only some callers for another reason than Percent
	// Sticky is the context field without which no caller matches, "userId" for
	// the targeting key; "" when there is none.
	Sticky string
	// Unresolved says why nobody can tell whom the strategy matches: it matches
	// nobody then. "" when all is well.
	Unresolved string
	// Purged is the parameter promptflagPurged: digests of the flag's prompt that
	// must not exist any more, separated by commas. They are dropped, and never
	// served again.
	Purged   string
	Variants []Variant
}

// partial says whether s is for some of its callers by percentage.
func (s *Strategy) partial() bool { return s.Percent > 0 && s.Percent < 100 }

// dialled says whether s is a candidate that is not for everybody.
func (s *Strategy) dialled() bool {
	return s.Role == RoleCandidate && (s.Percent < 100 || s.Constrained)
}

// Variant is one variant of a strategy.
type Variant struct {
	Name    string
	Payload Payload
}

// Payload is what a variant carries: Type is string, json, csv or number; both
// are empty when there is none.
type Payload struct{ Type, Value string }

// Match is the outcome of one evaluation.
type Match struct {
	// Off: the environment is OFF or a parent flag is not satisfied.
	Off bool
	// On: a strategy matched the caller (or the flag has none and is enabled).
	On bool
	// Variant that the matched strategy gave; no name means none.
	Variant Variant
	// Of a prompt flag with a variant: Flag.Strategies[Strategy].Variants[Index]
	// is what matched, -1 when the source cannot tell. Undefined otherwise.
	Strategy, Index int
}

// IsPrompt says whether f is a prompt flag: one of its strategies has a role or
// a payload that is a ref. Everything else is a plain flag.
func (f *Flag) IsPrompt() bool {
	for _, s := range f.Strategies {
		if s.Role == RoleCandidate || s.Role == RoleStable {
			return true
		}
		for _, v := range s.Variants {
			if _, ok := v.ref(); ok {
				return true
			}
		}
	}
	return false
}

// refs calls yield with every ref that f carries of the prompt name, and the
// strategy that carries it.
func (f *Flag) refs(name string, yield func(ref prompts.Ref, s *Strategy)) {
	for i := range f.Strategies {
		s := &f.Strategies[i]
		for _, v := range s.Variants {
			if ref, ok := v.ref(); ok && ref.Name == name {
				yield(ref, s)
			}
		}
	}
}

// ref returns the ref that v carries.
func (v Variant) ref() (prompts.Ref, bool) {
	if v.Payload.Type != "string" || !strings.Contains(v.Payload.Value, "@sha256:") {
		return prompts.Ref{}, false
	}
	ref, err := prompts.ParseRef(v.Payload.Value)
	return ref, err == nil
}
