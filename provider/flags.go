package provider

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// Flags is where a Provider gets its flags from; package unleashflags is the
// one that ships. Flag, Enabled and Variant are on the path of every call of a
// service: they answer from memory, never wait and may be called by any number
// of goroutines.
type Flags interface {
	// Start begins to follow the flags and returns at once; what is found is
	// reported to h. After Close it may be called again.
	Start(h Handler) error
	// Flag returns the definition of the newest visible feed, nil when there is none.
	Flag(name string) *Flag
	// Enabled says whether f is on for the caller, by the flag server's own rules.
	Enabled(f *Flag, caller openfeature.FlattenedContext) bool
	// Variant says which variant of f the caller gets, by the flag server's own rules.
	Variant(f *Flag, caller openfeature.FlattenedContext) Match
	// Close stops following and waits for what Start began, no longer than ctx.
	// It is idempotent.
	Close(ctx context.Context) error
}

// Handler takes what a flag source finds. The source calls its functions one
// at a time.
type Handler struct {
	// Load is called with each new feed before evaluation sees it, and returns
	// when the prompts that the feed names are in memory or the wait for them
	// is over. The source makes the feed visible and then calls visible.
	Load func(ctx context.Context, f *Feed) (visible func())
	// Current says that the visible feed is still the newest one.
	Current func()
	// Failed says that the feed could not be had; the visible one stays.
	Failed func(err error)
}

// Feed is all flags of one environment. It belongs to the provider once it was
// given to Handler.Load.
type Feed struct {
	// Set names where the flags are from: "<project>/<environment>".
	Set   string
	Flags []*Flag
}

// Flag is one flag of one feed. A source fills in the exported fields before
// it calls Handler.Load and leaves them alone from then on.
type Flag struct {
	Name       string
	Enabled    bool       // the environment's switch
	Strategies []Strategy // in evaluation order
	Parents    []string   // flags that this one depends on
	// Fingerprint differs between two feeds when the definition does.
	Fingerprint string
	// Compiled is the source's own form of the flag; the provider never looks.
	Compiled any

	state atomic.Pointer[state] // what the provider answers; set before the flag is visible
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
	Variants    []Variant
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

// ref returns the ref that v carries.
func (v Variant) ref() (prompts.Ref, bool) {
	if v.Payload.Type != "string" || !strings.Contains(v.Payload.Value, "@sha256:") {
		return prompts.Ref{}, false
	}
	ref, err := prompts.ParseRef(v.Payload.Value)
	return ref, err == nil
}
