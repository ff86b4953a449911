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
	Features []json.RawMessage `json:"features"` // of wireFeature, decoded one by one
	Segments []wireSegment     `json:"segments"`
	// Query is decoded apart: nothing but a name depends on it.
	Query json.RawMessage `json:"query"`
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

// readFeed reads the body of a feed, its features as they are.
func readFeed(body []byte) (*wireFeed, error) {
	var f wireFeed
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("not a feed: %w", err)
	}
	if f.Features == nil {
		return nil, errors.New("not a feed: it has no list of features")
	}
	return &f, nil
}

// readFeature reads one feature and makes it safe for the engine. Of one that
// is not what it should be there is left what can be: a name, the switch, and
// that it matches nobody. Without a name there is nothing.
func readFeature(raw json.RawMessage, segments map[int][]wireConstraint, engine EngineInfo) *wireFeature {
	f := new(wireFeature)
	if err := json.Unmarshal(raw, f); err != nil {
		var rest struct {
			Name    string `json:"name"`
			Enabled bool   `json:"enabled"`
		}
		_ = json.Unmarshal(raw, &rest) // what it could read is in rest, error or not
		*f = wireFeature{Name: rest.Name, Enabled: rest.Enabled}
		f.giveUp(err)
	}
	if f.Name == "" {
		return nil
	}
	f.normalise(segments, engine)
	return f
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
