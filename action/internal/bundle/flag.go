package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// What package provider makes of a flag when it starts from a bundle, in the
// few words that are needed here: which versions it asks for, which is stable.
// TestAgreesWithProvider holds the two together.

const (
	roleCandidate = "candidate"
	roleStable    = "stable"
)

type strategy struct {
	Kind        string            `json:"name"`
	Parameters  map[string]any    `json:"parameters"`
	Constraints []json.RawMessage `json:"constraints"`
	Segments    []int             `json:"segments"`
	Variants    []variant         `json:"variants"`
}

type variant struct {
	Weight  int `json:"weight"`
	Payload struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"payload"`
}

func (v variant) ref() (prompts.Ref, error) {
	if v.Payload.Type != "string" {
		return prompts.Ref{}, fmt.Errorf("its payload is of type %q, not string", v.Payload.Type)
	}
	return prompts.ParseRef(v.Payload.Value)
}

// variants are those that somebody can get: the provider drops variants that
// weigh nothing all together.
func (s *strategy) variants() []variant {
	if !slices.ContainsFunc(s.Variants, func(v variant) bool { return v.Weight > 0 }) {
		return nil
	}
	return s.Variants
}

func (s *strategy) role() string {
	role, _ := s.Parameters["promptflag"].(string)
	return role
}

// percent returns the rollout; 0 for one that no caller can match.
func (s *strategy) percent() float64 {
	for _, name := range []string{"rollout", "percentage"} {
		switch v := s.Parameters[name].(type) {
		case float64:
			return v
		case string:
			n, err := strconv.ParseFloat(v, 64)
			if err != nil || n != n {
				return 0
			}
			return n
		}
	}
	if s.Kind == "flexibleRollout" || strings.HasPrefix(s.Kind, "gradualRollout") {
		return 0
	}
	return 100
}

// everybody says whether all callers match s. segments says which ones of the
// feed ask for nothing.
func (s *strategy) everybody(segments map[int]bool) bool {
	return s.percent() >= 100 && len(s.Constraints) == 0 &&
		(s.Kind == "default" || s.Kind == "flexibleRollout" || strings.HasPrefix(s.Kind, "gradualRollout")) &&
		!slices.ContainsFunc(s.Segments, func(id int) bool { return !segments[id] })
}

// isPrompt says whether a strategy has a role or a ref.
func (f *feature) isPrompt() bool {
	if f.unreadable != nil {
		return bytes.Contains(f.raw, []byte(`"promptflag"`)) || bytes.Contains(f.raw, []byte("@sha256:"))
	}
	for _, s := range f.Strategies {
		if role := s.role(); role == roleStable || role == roleCandidate {
			return true
		}
		for _, v := range s.variants() {
			if _, err := v.ref(); err == nil {
				return true
			}
		}
	}
	return false
}

// served returns what the provider serves of f from a bundle, each version
// once: everything but candidates that are not for everybody.
func (f *feature) served(name string, segments map[int]bool) (refs []prompts.Ref, err error) {
	if f.unreadable != nil {
		return nil, fmt.Errorf("%s: its flag cannot be read: %w", name, f.unreadable)
	}
	var errs []error
	for i, s := range f.Strategies {
		if s.role() == roleCandidate && !s.everybody(segments) {
			continue
		}
		for _, v := range s.variants() {
			ref, err := v.ref()
			switch {
			case err != nil && s.role() == "": // a person's variant that asks for no prompt
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: strategy %d: %w", name, i+1, err))
			case ref.Name != name:
				errs = append(errs, fmt.Errorf("%s: strategy %d names another prompt: %s", name, i+1, ref))
			case !slices.Contains(refs, ref):
				refs = append(refs, ref)
			}
		}
	}
	if len(errs) == 0 && !f.hasStable(segments) {
		errs = append(errs, fmt.Errorf("%s: its flag has no stable version", name))
	}
	return refs, errors.Join(errs...)
}

// hasStable says whether f has a version to fall back on: what its first stable
// strategy names; if the role was lost, a strategy for everybody.
func (f *feature) hasStable(segments map[int]bool) bool {
	for _, role := range []string{roleStable, ""} {
		for _, s := range f.Strategies {
			if s.role() != role || len(s.variants()) == 0 {
				continue
			}
			_, err := s.variants()[0].ref()
			if role == roleStable || err == nil && s.everybody(segments) {
				return err == nil
			}
		}
	}
	return false
}
