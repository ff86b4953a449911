package unleashflags

import (
	"fmt"
	"slices"
)

// normalise takes out what the SDKs stumble over. No answer becomes wider than
// the server means; what the engine cannot evaluate keeps its place, matches
// nobody and is marked.
//
//	segments                  become constraints of their strategy: v4 keeps them in a
//	                          map that it reads without its lock
//	an unknown segment,       v4 ends the evaluation of the flag, or goes on in
//	operator or strategy      silence: unresolved
//	a missing stickiness      is written: both SDKs panic
//	a missing group           is written where there are variants, the flag's name as in
//	                          Unleash's own engine: v6 reports it through a channel
//	a variant's missing       is the strategy's, as the client specification has it: v4
//	stickiness                draws at random
//	weights                   that add up to nothing take their variants along: both
//	                          SDKs spoil an answer that all flags share
func (f *wireFeature) normalise(segments map[int][]wireConstraint, engine EngineInfo) {
	f.Variants = weighed(f.Variants)
	for i := range f.Strategies {
		f.Strategies[i].normalise(f.Name, segments, engine)
	}
}

// segments returns the constraints of every segment of the feed.
func (f *wireFeed) segments() map[int][]wireConstraint {
	out := make(map[int][]wireConstraint, len(f.Segments))
	for _, s := range f.Segments {
		out[s.ID] = s.Constraints
	}
	return out
}

func (s *wireStrategy) normalise(flag string, segments map[int][]wireConstraint, engine EngineInfo) {
	for _, id := range s.Segments {
		constraints, ok := segments[id]
		if !ok {
			s.unresolve("segment %d is not in the feed", id)
		}
		s.Constraints = append(s.Constraints[:len(s.Constraints):len(s.Constraints)], constraints...)
	}
	s.Segments = nil
	if !slices.Contains(engine.Strategies, s.Name) {
		s.unresolve("strategy %.60q is not known to %s", s.Name, engine.SDK)
	}
	for _, c := range s.Constraints {
		operator, isText := c["operator"].(string)
		if !isText {
			operator = fmt.Sprint(c["operator"])
		}
		if !isText || !slices.Contains(engine.Operators, operator) {
			s.unresolve("operator %.60q is not known to %s", operator, engine.SDK)
		}
	}
	s.Variants = weighed(s.Variants)
	s.parameters(flag)
}

// parameters writes what the SDKs take for granted.
func (s *wireStrategy) parameters(flag string) {
	if s.Parameters == nil {
		s.Parameters = map[string]any{}
	}
	if s.Name == "flexibleRollout" && s.text("stickiness") == "" {
		s.Parameters["stickiness"] = "default"
	}
	if _, ok := s.Parameters["groupId"].(string); !ok {
		delete(s.Parameters, "groupId")
		if len(s.Variants) > 0 {
			s.Parameters["groupId"] = flag
		}
	}
	for i := range s.Variants {
		if s.Variants[i].Stickiness == "" {
			s.Variants[i].Stickiness = s.text("stickiness")
		}
	}
}

// unresolve marks s; the first reason stays.
func (s *wireStrategy) unresolve(format string, args ...any) {
	if s.unresolved == "" {
		s.unresolved = fmt.Sprintf(format, args...)
	}
}

// weighed returns variants with weights that the SDKs can add up; nil when they
// weigh nothing.
func weighed(variants []wireVariant) []wireVariant {
	const most = 1 << 20 // the server's weights add up to 1,000
	total := 0
	for i := range variants {
		variants[i].Weight = min(max(variants[i].Weight, 0), most)
		total += variants[i].Weight
	}
	if total == 0 {
		return nil
	}
	return variants
}

// nobody is a strategy that matches nobody.
func nobody(flag string) wireStrategy {
	return wireStrategy{Name: "flexibleRollout", Parameters: map[string]any{"rollout": "0", "stickiness": "default", "groupId": flag}}
}

// giveUp makes of f a flag that matches nobody, because the engine cannot read it.
func (f *wireFeature) giveUp(err error) {
	f.Variants = nil // they would be for everybody
	if len(f.Strategies) == 0 {
		f.Strategies = []wireStrategy{nobody(f.Name)}
	}
	for i := range f.Strategies {
		f.Strategies[i].unresolve("the engine cannot read the flag: %v", err)
	}
}
