package unleashflags

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The feed as a server gives it (GET /api/client/features), as far as the
// client needs it. What is not named here does not reach the client: strategy
// ids, which break its decoder when they are strings; titles; descriptions;
// impressionData, because impressions are not collected.

type wireFeed struct {
	Version  int            `json:"version"`
	Features []*wireFeature `json:"features"`
	Segments []wireSegment  `json:"segments,omitempty"`
	// Query is decoded apart: nothing but a name depends on it.
	Query json.RawMessage `json:"query,omitempty"`
}

// wireQuery is what the server understood of the token.
type wireQuery struct {
	Project     []string `json:"project"`
	Environment string   `json:"environment"`
}

// wireConstraint is kept as it is; a map is written in one order of keys.
type wireConstraint map[string]any

type wireSegment struct {
	ID          int              `json:"id"`
	Constraints []wireConstraint `json:"constraints"`
}

type wireFeature struct {
	Name         string           `json:"name"`
	Type         string           `json:"type,omitempty"`
	Enabled      bool             `json:"enabled"`
	Strategies   []wireStrategy   `json:"strategies"`
	Variants     []wireVariant    `json:"variants,omitempty"`
	Dependencies []wireDependency `json:"dependencies,omitempty"`
}

type wireStrategy struct {
	Name        string           `json:"name"`
	Parameters  map[string]any   `json:"parameters,omitempty"`
	Constraints []wireConstraint `json:"constraints,omitempty"`
	Segments    []int            `json:"segments,omitempty"`
	Variants    []wireVariant    `json:"variants,omitempty"`
}

type wireVariant struct {
	Name       string            `json:"name"`
	Weight     int               `json:"weight"`
	WeightType string            `json:"weightType,omitempty"`
	Stickiness string            `json:"stickiness,omitempty"`
	Payload    *wirePayload      `json:"payload,omitempty"`
	Overrides  []json.RawMessage `json:"overrides,omitempty"`
}

type wirePayload struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type wireDependency struct {
	Feature  string   `json:"feature"`
	Enabled  *bool    `json:"enabled,omitempty"`
	Variants []string `json:"variants,omitempty"`
}

// decodeFeed reads the body of a feed and makes it safe for the client.
func decodeFeed(body []byte) (*wireFeed, error) {
	var f wireFeed
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("not a feed: %w", err)
	}
	if f.Features == nil {
		return nil, errors.New("not a feed: it has no list of features")
	}
	f.normalise()
	return &f, nil
}

// normalise takes out what unleash-client-go v4.5.0 stumbles over and changes
// no answer: segments become constraints of their strategy (the client keeps
// them in a map that it reads without its lock), a missing stickiness is
// written (it panics), variants whose weights add up to nothing are dropped (it
// spoils an answer that all flags share), a parent that is not in the feed
// turns its child off (it prints a warning at every call).
func (f *wireFeed) normalise() {
	segments := make(map[int][]wireConstraint, len(f.Segments))
	for _, s := range f.Segments {
		segments[s.ID] = s.Constraints
	}
	f.Segments = nil
	names := make(map[string]bool, len(f.Features))
	for _, feature := range f.Features {
		names[feature.Name] = true
	}
	for _, feature := range f.Features {
		if slices.ContainsFunc(feature.Dependencies, func(d wireDependency) bool { return !names[d.Feature] }) {
			feature.Enabled, feature.Dependencies = false, nil
		}
		feature.Variants = weighed(feature.Variants)
		if len(feature.Strategies) == 0 {
			continue
		}
		kept := feature.Strategies[:0]
		for _, s := range feature.Strategies {
			if s.normalise(segments) {
				kept = append(kept, s)
			}
		}
		if len(kept) == 0 { // none would mean: on for everybody
			kept = append(kept, wireStrategy{Name: "flexibleRollout", Parameters: map[string]any{"rollout": "0", "stickiness": "default", "groupId": feature.Name}})
		}
		feature.Strategies = kept
	}
}

// normalise reports false for a strategy that no caller can match.
func (s *wireStrategy) normalise(segments map[int][]wireConstraint) bool {
	for _, id := range s.Segments {
		constraints, ok := segments[id]
		if !ok {
			return false
		}
		s.Constraints = append(s.Constraints[:len(s.Constraints):len(s.Constraints)], constraints...)
	}
	s.Segments = nil
	s.Variants = weighed(s.Variants)
	if s.Name == "flexibleRollout" {
		if s.Parameters == nil {
			s.Parameters = map[string]any{}
		}
		if _, ok := s.Parameters["stickiness"].(string); !ok {
			s.Parameters["stickiness"] = "default"
		}
		if _, ok := s.Parameters["groupId"].(string); !ok {
			delete(s.Parameters, "groupId")
		}
	}
	return true
}

func weighed(variants []wireVariant) []wireVariant {
	for _, v := range variants {
		if v.Weight > 0 {
			return variants
		}
	}
	return nil
}

// encode is json.Marshal without escaping of HTML characters.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
