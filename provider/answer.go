package provider

import (
	"fmt"
	"time"

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
	keyPinned    = "promptPinned"
	keyAge       = "promptFeedAgeSeconds"
	keySet       = "flagSetId"
	keyEnabled   = "featureEnabled"
	keyPayload   = "payloadType"
)

// answer is one thing that a prompt flag can answer, made before evaluation
// sees the flag. It never changes.
type answer struct {
	prompt *prompts.Prompt
	reason openfeature.Reason
	facts  *facts  // shared
	asked  bool    // it is the version that the matched variant names
	aged   *answer // the one to give when the feed is too old; nil: this one
}

func newAnswer(p *prompts.Prompt, reason openfeature.Reason, facts *facts) *answer {
	return &answer{prompt: p, reason: reason, facts: facts}
}

// facts is the flag metadata of an answer that does not change, as the values
// of a map: a map of its own would take several times the room. Nil: absent.
type facts struct{ name, version, role, set, requested, pinned any }

func factsOf(p *prompts.Prompt, role, set string) *facts {
	f := &facts{name: p.Name(), version: string(p.Digest()), set: set}
	switch role {
	case RoleStable:
		f.role = RoleStable
	case RoleCandidate:
		f.role = RoleCandidate
	}
	return f
}

// instead returns a as the answer for requested, which could not be had; "" when
// nothing was named.
func (a *answer) instead(requested string) *answer {
	out := newAnswer(a.prompt, StaleReason, a.facts)
	if requested != "" {
		other := *a.facts
		other.requested = requested
		out.facts = &other
	}
	return out
}

// metadata returns a map of the caller's own: the SDK copies it, its multi
// provider writes into it.
func (a *answer) metadata(age time.Duration, off bool) openfeature.FlagMetadata {
	f := a.facts
	m := make(openfeature.FlagMetadata, 8)
	m[keyName], m[keyVersion], m[keySet], m[keyAge] = f.name, f.version, f.set, int64(age/time.Second)
	if f.role != nil {
		m[keyRole] = f.role
	}
	if f.requested != nil {
		m[keyRequested] = f.requested
	}
	if f.pinned != nil {
		m[keyPinned] = f.pinned
	}
	if off {
		m[keyEnabled] = false
	}
	return m
}

// definition is what the answers of one flag depend on.
type definition struct {
	flag     *Flag // nil: it vanished
	name     string
	selected bool
	set      string
	parents  []*Flag
	lost     string // of a flag that vanished: what to say of it, "" when that is no trouble
	aged     bool   // the feed is from a bundle: candidates dialled to some callers are not served
	// last is the newest stable version that was loaded before, fallbacks are
	// what to serve when there is none: the last good state on disk, the bundle.
	last      *prompts.Prompt
	fallbacks []prompts.Ref
}

// settling is the work of answering for one definition.
type settling struct {
	*shown
	definition
	mem *loader

	stable *answer // last, as it is; its metadata is shared by all answers that give it
	past   string  // the payload of an unresolved strategy that evaluation went past
	unsure bool    // there was one
}

// settle works out all answers of d with what the loader has in memory.
func settle(d definition, mem *loader) *shown {
	s := &settling{shown: &shown{flag: d.flag, selected: d.selected, last: d.last}, definition: d, mem: mem}
	s.isPrompt = d.flag == nil || d.flag.IsPrompt() || d.last != nil || len(d.fallbacks) > 0
	if d.flag != nil {
		s.trouble = d.flag.Trouble
	}
	switch {
	case !s.isPrompt:
		s.parties()
	case !d.selected:
		s.trouble = "not loaded: Options.FlagPrefix or Options.Prompts leaves it out"
	case d.flag == nil:
		s.vanished()
	default:
		s.settle()
	}
	return s.shown
}

// parties notes strategies of which nobody can tell whom they match.
func (s *settling) parties() {
	for i := range s.flag().Strategies {
		if why := s.flag().Strategies[i].Unresolved; why != "" {
			s.say(why)
		}
	}
}

func (s *settling) flag() *Flag { return s.definition.flag }

// vanished answers with the last stable version.
func (s *settling) vanished() {
	s.say(s.lost)
	if s.fallBack(); s.stable != nil {
		s.none = s.stable.instead("")
	}
}

func (s *settling) settle() {
	stable, asked, ok := stableRef(s.flag())
	var p *prompts.Prompt
	if !ok {
		s.say("it has no stable version")
	} else if p = s.load(stable); p != nil {
		s.shown.last = p
		s.serve(p)
	}
	switch {
	case p != nil:
		s.off = newAnswer(p, openfeature.DisabledReason, s.stable.facts)
		s.none = newAnswer(p, openfeature.DefaultReason, s.stable.facts)
	case s.fallBack():
		s.none = s.stable.instead(asked)
		s.off = s.none
	}
	partial, constrained := s.above()
	s.match = make([][]*answer, len(s.flag().Strategies))
	for i := range s.flag().Strategies {
		st := &s.flag().Strategies[i]
		if st.Unresolved != "" {
			s.say(st.Unresolved)
			s.unresolved(st)
			continue
		}
		partial = partial || st.partial()
		constrained = constrained || st.Constrained
		s.match[i] = s.variants(st, reasonOf(partial || len(st.Variants) > 1, constrained))
		if s.shown.sticky == "" && st.Role == RoleCandidate && st.partial() {
			s.shown.sticky = st.Sticky
		}
	}
	if s.unsure && s.none != nil && s.none.reason != StaleReason {
		s.none = s.none.instead(s.past)
	}
}

// above says what the parents of the flag make of its answers.
func (s *settling) above() (partial, constrained bool) {
	for _, parent := range s.parents {
		for i := range parent.Strategies {
			partial = partial || parent.Strategies[i].partial()
			constrained = constrained || parent.Strategies[i].Constrained
		}
	}
	return partial, constrained
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

// unresolved notes a strategy that everybody goes past because nobody can tell
// whom it matches: what comes behind it may not be what was asked for.
func (s *settling) unresolved(st *Strategy) {
	s.unsure = true
	if s.past == "" && len(st.Variants) > 0 {
		s.past = st.Variants[0].Payload.Value
	}
}

func (s *settling) variants(st *Strategy, reason openfeature.Reason) []*answer {
	out := make([]*answer, len(st.Variants))
	for i, v := range st.Variants {
		ref, ok := v.ref()
		if !ok && st.Role == "" {
			continue // a person's variant that asks for no prompt
		}
		var p *prompts.Prompt
		switch {
		case s.definition.aged && st.dialled():
		case ok:
			p = s.load(ref)
		default:
			s.say("its " + st.Role + " strategy carries no ref")
		}
		switch {
		case p != nil:
			out[i] = s.answer(p, st.Role, reason)
			if st.dialled() && s.stable != nil {
				out[i].aged = s.stable.instead(v.Payload.Value)
			}
		case s.stable != nil:
			out[i] = s.stable.instead(v.Payload.Value)
		}
	}
	return out
}

// answer is p because a variant names it.
func (s *settling) answer(p *prompts.Prompt, role string, reason openfeature.Reason) *answer {
	var base *facts
	if s.stable != nil && s.stable.prompt == p && role == RoleStable {
		base = s.stable.facts
	} else {
		base = factsOf(p, role, s.set)
	}
	a := newAnswer(p, reason, base)
	if s.unsure {
		a = a.instead(s.past)
	}
	a.asked = true
	return a
}

// serve makes p what stable means for this definition.
func (s *settling) serve(p *prompts.Prompt) {
	s.stable = newAnswer(p, openfeature.DefaultReason, factsOf(p, RoleStable, s.set))
}

// fallBack serves the last stable version, else the first loadable fallback.
func (s *settling) fallBack() bool {
	if s.shown.last == nil {
		for _, ref := range s.fallbacks {
			if ref.Name != s.name {
				continue
			}
			if p, err := s.mem.get(ref); err == nil {
				s.shown.last = p
				break
			}
		}
	}
	if s.shown.last == nil {
		return false
	}
	s.serve(s.shown.last)
	return true
}

// load returns the prompt of ref, nil (and the trouble noted) when this flag
// may not serve it or it is not in memory.
func (s *settling) load(ref prompts.Ref) *prompts.Prompt {
	if ref.Name != s.name {
		s.say(fmt.Sprintf("it names another prompt: %s", ref))
		return nil
	}
	p, err := s.mem.get(ref)
	if err != nil {
		s.say(err.Error())
	}
	return p
}

func (s *settling) say(trouble string) {
	if s.trouble == "" {
		s.trouble = trouble
	}
}

// stableRef returns what f's stable strategy names, and the same as the words
// that the flag uses. The first strategy in the role counts; if the role was
// lost, the first one that everybody gets and that is not a candidate.
func stableRef(f *Flag) (ref prompts.Ref, asked string, ok bool) {
	for _, role := range []string{RoleStable, ""} {
		for i := range f.Strategies {
			s := &f.Strategies[i]
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
