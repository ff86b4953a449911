package flags

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// Errors that callers branch on. Servers wrap them with what was being done.
var (
	// ErrNotFound: the flag, environment or strategy does not exist.
	ErrNotFound = errors.New("not found")
	// ErrArchived: the name belongs to an archived flag.
	ErrArchived = errors.New("archived")
	// ErrOtherProject: the flag exists in another project.
	ErrOtherProject = errors.New("in another project")
	// ErrConflict: a Patch found something else than it expected.
	ErrConflict = errors.New("changed meanwhile")
)

// Flag is one flag in one environment.
type Flag struct {
	Name    string
	Type    string // "kill-switch" for flags that we create
	Project string
	// Enabled is the environment's switch; false is OFF.
	Enabled bool
	// Strategies are in evaluation order when the flag was read by itself,
	// in no order when it came with a whole environment.
	Strategies []Strategy
	Tags       []Tag
}

// Tag is a typed label on a flag; ours is promptflag:<prompt name>.
type Tag struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// TagType is the type of the tag that names the prompt of a flag.
const TagType = "promptflag"

// Strategy is one activation strategy. Fields that we never change are kept
// as the server gave them, so that a copy of a strategy loses nothing.
type Strategy struct {
	ID          string            `json:"id,omitempty"`
	Name        string            `json:"name"` // "flexibleRollout" for ours
	Title       string            `json:"title"`
	SortOrder   int               `json:"sortOrder"`
	Disabled    bool              `json:"disabled"`
	Constraints []json.RawMessage `json:"constraints"`
	Segments    []int             `json:"segments"`
	Parameters  map[string]string `json:"parameters"`
	Variants    []Variant         `json:"variants"`
}

// Variant is one weighted answer of a strategy. Ours have exactly one.
type Variant struct {
	Name       string   `json:"name"`
	Weight     int      `json:"weight"`
	WeightType string   `json:"weightType"`
	Stickiness string   `json:"stickiness"`
	Payload    *Payload `json:"payload,omitempty"`
}

// Payload is what a variant carries; ours is a ref of type string.
type Payload struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Ref returns the ref that the strategy serves: the payload of its only
// variant, or "" if there is none or it does not look like a ref.
func (s Strategy) Ref() string {
	if len(s.Variants) != 1 || s.Variants[0].Payload == nil {
		return ""
	}
	v := s.Variants[0].Payload.Value
	if s.Variants[0].Payload.Type != "string" || !strings.Contains(v, "@sha256:") {
		return ""
	}
	return v
}

// Rollout returns the percentage 0 to 100 of callers that match. A value that
// the evaluating clients cannot read matches nobody: 0.
func (s Strategy) Rollout() int {
	if s.Name != StrategyName {
		return 100
	}
	n, err := strconv.Atoi(s.Parameters["rollout"])
	if err != nil || n < 0 {
		// The server keeps anything that was typed; fractions count down.
		f, err := strconv.ParseFloat(s.Parameters["rollout"], 64)
		if err != nil || f != f || f < 0 {
			return 0
		}
		n = int(min(f, 100))
	}
	return min(n, 100)
}

// Constrained reports whether only some callers are meant: constraints or
// segments are set.
func (s Strategy) Constrained() bool {
	return len(s.Constraints) > 0 || len(s.Segments) > 0
}

// Patch changes an existing strategy. Nil members stay as they are.
type Patch struct {
	// Expect is the ref that the strategy must still serve, else ErrConflict;
	// "" demands nothing.
	Expect     string
	Rollout    *int
	Stickiness *string // of the strategy and of its variant
	Disabled   *bool
	Title      *string
	// Parameters sets single parameters; a nil value removes one.
	Parameters map[string]*string
}

// New is what a flag is created with.
type New struct {
	Name        string
	Prompt      string // value of the tag
	Description string
}
