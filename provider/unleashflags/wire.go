package unleashflags

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The feed as a server gives it (GET /api/client/features), as far as an engine
// needs it. What is not named here does not reach the engine: strategy ids,
// which break the SDKs' decoders when they are strings; titles; descriptions;
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

	unresolved string // why the engine cannot tell whom it matches; "": it can
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

// decodeFeed reads the body of a feed and makes it safe for the engine.
func decodeFeed(body []byte, engine EngineInfo) (*wireFeed, error) {
	var f wireFeed
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("not a feed: %w", err)
	}
	if f.Features == nil {
		return nil, errors.New("not a feed: it has no list of features")
	}
	f.normalise(engine)
	return &f, nil
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
