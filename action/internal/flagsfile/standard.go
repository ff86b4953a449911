package flagsfile

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// What a server makes of a strategy that it stores. Like a server we take any
// text as a rollout: people type 10.5, and a strategy that was spoilt by hand
// must still be one that can be disabled.

const (
	weightSum      = 1000
	weightVariable = "variable"
	weightFix      = "fix"
)

// fillIn adds the parameters that clients cannot do without.
func (s *strategy) fillIn(flag string) {
	if s.Name != flags.StrategyName {
		return
	}
	if s.Parameters == nil {
		s.Parameters = parameters{}
	}
	if _, ok := s.Parameters["rollout"]; !ok {
		s.Parameters["rollout"] = "100"
	}
	if _, ok := s.Parameters["groupId"]; !ok {
		s.Parameters["groupId"] = flag
	}
	if s.Parameters["stickiness"] == "" {
		s.Parameters["stickiness"] = flags.StickinessDefault
	}
}

// checkVariants refuses variants that a server would refuse and settles the
// rest: defaults, weights, order.
func (s *strategy) checkVariants() error {
	seen := map[string]bool{}
	for i := range s.Variants {
		v := &s.Variants[i]
		v.WeightType = cmp.Or(v.WeightType, weightVariable)
		v.Stickiness = cmp.Or(v.Stickiness, flags.StickinessDefault)
		switch {
		case !flagName.MatchString(v.Name):
			return fmt.Errorf("variant %q: not a name (letters, digits and - . _ ~, at most 100)", v.Name)
		case seen[v.Name]:
			return fmt.Errorf("variant %s is there twice", v.Name)
		case v.WeightType != weightVariable && v.WeightType != weightFix:
			return fmt.Errorf("variant %s: weight type %q, want variable or fix", v.Name, v.WeightType)
		case v.Weight < 0 || v.Weight > weightSum:
			return fmt.Errorf("variant %s: weight %d, want 0 to %d", v.Name, v.Weight, weightSum)
		}
		seen[v.Name] = true
	}
	return shareWeights(s.Variants)
}

// shareWeights gives the variable variants equal parts of what the fixed ones
// leave, the first ones one more if it does not divide, then sorts by name.
func shareWeights(variants []flags.Variant) error {
	if len(variants) == 0 {
		return nil
	}
	left, variable := weightSum, 0
	for _, v := range variants {
		if v.WeightType == weightFix {
			left -= v.Weight
		} else {
			variable++
		}
	}
	switch {
	case variable == 0:
		return fmt.Errorf("one variant at least must have a variable weight")
	case left < 0:
		return fmt.Errorf("the fixed weights are %d together, above %d", weightSum-left, weightSum)
	}
	more := left % variable
	for i := range variants {
		v := &variants[i]
		if v.WeightType == weightFix {
			continue
		}
		v.Weight = left / variable
		if more > 0 {
			v.Weight++
			more--
		}
	}
	slices.SortStableFunc(variants, func(a, b flags.Variant) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}
