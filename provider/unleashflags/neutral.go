package unleashflags

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/provider"
)

// neutral is the provider's view of f.
func (f *wireFeature) neutral(fingerprint [sha256.Size]byte) *provider.Flag {
	flag := &provider.Flag{Name: f.Name, Enabled: f.Enabled, Fingerprint: string(fingerprint[:])}
	for _, d := range f.Dependencies {
		flag.Parents = append(flag.Parents, d.Feature)
	}
	for i := range f.Strategies {
		s := &f.Strategies[i]
		if s.unresolved != "" && flag.Trouble == "" {
			flag.Trouble = fmt.Sprintf("strategy %d of flag %q matches nobody: %s", i+1, f.Name, s.unresolved)
		}
		flag.Strategies = append(flag.Strategies, s.neutral())
	}
	return flag
}

// neutral is the provider's view of s. What is unresolved is described as the
// server has it: its variants still say what stable is.
func (s *wireStrategy) neutral() provider.Strategy {
	ns := provider.Strategy{
		Role:        s.text("promptflag"),
		ID:          s.text("promptflagId"),
		Percent:     s.percent(),
		Constrained: len(s.Constraints) > 0 || !s.forAll() || s.unresolved != "",
		Sticky:      s.sticky(),
		Unresolved:  s.unresolved,
		Purged:      s.text("promptflagPurged"),
	}
	for _, v := range s.Variants {
		nv := provider.Variant{Name: v.Name}
		if v.Payload != nil {
			nv.Payload = provider.Payload{Type: v.Payload.Type, Value: v.Payload.Value}
		}
		ns.Variants = append(ns.Variants, nv)
	}
	return ns
}

func (s *wireStrategy) text(parameter string) string {
	v, _ := s.Parameters[parameter].(string)
	return v
}

// percent returns the rollout; 0 for one that no caller can match.
func (s *wireStrategy) percent() float64 {
	for _, name := range []string{"rollout", "percentage"} {
		switch v := s.Parameters[name].(type) {
		case float64:
			return min(max(v, 0), 100)
		case string:
			n, err := strconv.ParseFloat(v, 64)
			if err != nil || n != n {
				return 0
			}
			return min(max(n, 0), 100)
		}
	}
	if s.Name == "flexibleRollout" || strings.HasPrefix(s.Name, "gradualRollout") {
		return 0
	}
	return 100
}

// everybody says whether s is flexibleRollout for all callers: constraints decide alone.
func (s *wireStrategy) everybody() bool {
	return s.Name == "flexibleRollout" && s.percent() >= 100 && s.sticky() == ""
}

// forAll says whether the kind of strategy asks nothing but its percentage.
func (s *wireStrategy) forAll() bool {
	return s.Name == "default" || s.Name == "flexibleRollout" || strings.HasPrefix(s.Name, "gradualRollout")
}

// sticky returns the field without which no caller matches, at 100 % neither.
func (s *wireStrategy) sticky() string {
	switch s.Name {
	case "gradualRolloutUserId":
		return "userId"
	case "gradualRolloutSessionId":
		return "sessionId"
	case "flexibleRollout":
		if field := s.text("stickiness"); field != "default" && field != "random" {
			return field
		}
	}
	return ""
}
