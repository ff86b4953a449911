package provider

import (
	"fmt"
	"maps"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// StaleReason is the reason of an answer that is not what the flag asks for,
// because that could not be loaded. OpenFeature's specification has the word,
// its Go SDK no constant.
const StaleReason = openfeature.Reason("STALE")

// Keys of the flag metadata; see the table in the package comment.
const (
	keyName      = "promptName"
	keyVersion   = "promptVersion"
	keyRole      = "promptRole"
	keyRequested = "promptRequested"
	keyAge       = "promptFeedAgeSeconds"
	keySet       = "flagSetId"
	keyEnabled   = "featureEnabled"
	keyPayload   = "payloadType"
)

// answer is one thing that a prompt flag can answer, made when its feed was
// loaded. It never changes.
type answer struct {
	prompt  *prompts.Prompt
	ref     string
	version string
	reason  openfeature.Reason
	base    openfeature.FlagMetadata // with an age that metadata replaces
}

func newAnswer(p *prompts.Prompt, role string, reason openfeature.Reason, set string) *answer {
	a := &answer{
		prompt: p, ref: p.Ref().String(), version: p.Version(), reason: reason,
		base: openfeature.FlagMetadata{keyName: p.Name(), keyVersion: string(p.Digest()), keySet: set, keyAge: int64(0)},
	}
	if role != "" {
		a.base[keyRole] = role
	}
	return a
}

// staleAnswer is p in place of requested, which could not be loaded; "" when
// nothing was named.
func staleAnswer(p *prompts.Prompt, requested, set string) *answer {
	a := newAnswer(p, RoleStable, StaleReason, set)
	if requested != "" {
		a.base[keyRequested] = requested
	}
	return a
}

// metadata returns a map of the caller's own: the SDK copies it, its multi
// provider writes into it.
func (a *answer) metadata(seconds int64) openfeature.FlagMetadata {
	m := maps.Clone(a.base)
	m[keyAge] = seconds
	return m
}

// state is everything that one flag of one feed can answer.
type state struct {
	isPrompt bool
	// Answers; nil when nothing is loadable for the case.
	off, none *answer
	match     [][]*answer // by strategy and variant; nil: as none

	last     *prompts.Prompt // the newest stable version that was loaded, of this feed or an earlier one
	selected bool            // this provider is to load it
	trouble  string          // why something is not served as asked; "" = all is well
	missing  bool            // a prompt that it needs is not in memory
}

// answers works out the state of f with what the loader has in memory. last is
// the stable version that an earlier feed had, nil if none. name and selected
// are what promptName says of f.
func answers(f *Flag, set, name string, selected bool, last *prompts.Prompt, mem *loader) *state {
	st := &state{isPrompt: f.IsPrompt() || last != nil, last: last, selected: selected}
	if !st.isPrompt {
		return st
	}
	if !selected {
		st.trouble = "not loaded: Options.FlagPrefix or Options.Prompts leaves it out"
		return st
	}
	stable, asked, ok := stableRef(f)
	if !ok {
		st.say("it has no stable version")
	} else if p := st.load(stable, name, mem); p != nil {
		st.last = p
	}
	switch {
	case st.last == nil:
	case ok && st.last.Ref() == stable:
		st.off = newAnswer(st.last, RoleStable, openfeature.DisabledReason, set)
		st.off.base[keyEnabled] = false
		st.none = newAnswer(st.last, RoleStable, openfeature.DefaultReason, set)
	default:
		st.none = staleAnswer(st.last, asked, set)
		st.off = staleAnswer(st.last, asked, set)
		st.off.base[keyEnabled] = false
	}
	st.match = make([][]*answer, len(f.Strategies))
	partial, constrained := false, false
	for i, s := range f.Strategies {
		partial = partial || (s.Percent > 0 && s.Percent < 100)
		constrained = constrained || s.Constrained
		st.match[i] = st.variants(s, name, set, reasonOf(partial || len(s.Variants) > 1, constrained), mem)
	}
	return st
}

// reasonOf is for a strategy that, or one before which, is partial or
// constrained. Several variants split those whom their strategy matches.
func reasonOf(partial, constrained bool) openfeature.Reason {
	switch {
	case partial:
		return openfeature.SplitReason
	case constrained:
		return openfeature.TargetingMatchReason
	}
	return openfeature.StaticReason
}

func (st *state) variants(s Strategy, name, set string, reason openfeature.Reason, mem *loader) []*answer {
	out := make([]*answer, len(s.Variants))
	for i, v := range s.Variants {
		ref, ok := v.ref()
		if !ok && s.Role == "" {
			continue // a person's variant that asks for no prompt
		}
		var p *prompts.Prompt
		if ok {
			p = st.load(ref, name, mem)
		} else {
			st.say("its " + s.Role + " strategy carries no ref")
		}
		switch {
		case p != nil:
			out[i] = newAnswer(p, s.Role, reason, set)
		case st.last != nil:
			out[i] = staleAnswer(st.last, v.Payload.Value, set)
		}
	}
	return out
}

// load returns the prompt of ref, nil (and the trouble noted) when this flag
// may not serve it or it is not in memory.
func (st *state) load(ref prompts.Ref, name string, mem *loader) *prompts.Prompt {
	if ref.Name != name {
		st.say(fmt.Sprintf("it names another prompt: %s", ref))
		return nil
	}
	p, err := mem.get(ref)
	if err != nil {
		st.missing = true
		st.say(err.Error())
	}
	return p
}

func (st *state) say(trouble string) {
	if st.trouble == "" {
		st.trouble = trouble
	}
}

// stableRef returns what f's stable strategy names, and the same as the words
// that the flag uses. The first strategy in the role counts; if the role was
// lost, the first one that everybody gets and that is not a candidate.
func stableRef(f *Flag) (ref prompts.Ref, asked string, ok bool) {
	for _, role := range []string{RoleStable, ""} {
		for _, s := range f.Strategies {
			if s.Role != role || len(s.Variants) == 0 {
				continue
			}
			ref, ok := s.Variants[0].ref()
			if role == RoleStable || ok && s.Percent >= 100 && !s.Constrained {
				return ref, s.Variants[0].Payload.Value, ok
			}
		}
	}
	return prompts.Ref{}, "", false
}
