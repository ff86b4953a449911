package unleashadmin

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// The documents of the server, as far as we read them. Members that we do not
// know are ignored.

// feature is a flag with everything about it.
type feature struct {
	Name         string `json:"name"`
	Type         string `json:"type"`
	Project      string `json:"project"`
	Archived     bool   `json:"archived"`
	Environments []struct {
		Name       string     `json:"name"`
		Enabled    bool       `json:"enabled"`
		Strategies []strategy `json:"strategies"`
	} `json:"environments"`
	Links []link `json:"links"`
}

type link struct {
	ID    string `json:"id,omitempty"`
	URL   string `json:"url"`
	Title string `json:"title"`
}

// export is many flags in one environment.
type export struct {
	Features []struct {
		Name     string `json:"name"`
		Type     string `json:"type"`
		Project  string `json:"project"`
		Archived bool   `json:"archived"`
	} `json:"features"`
	Strategies []struct {
		Feature string `json:"featureName"`
		strategy
	} `json:"featureStrategies"`
	Environments []struct {
		Feature string `json:"featureName"`
		Enabled bool   `json:"enabled"`
	} `json:"featureEnvironments"`
	Tags []struct {
		Feature string `json:"featureName"`
		Type    string `json:"tagType"`
		Value   string `json:"tagValue"`
	} `json:"featureTags"`
}

// strategy is the server's form of a strategy. What people and old versions
// put into parameters and weights is not always what the API describes.
type strategy struct {
	ID          string                     `json:"id"`
	Name        string                     `json:"name"`
	Title       string                     `json:"title"`
	SortOrder   int                        `json:"sortOrder"`
	Disabled    bool                       `json:"disabled"`
	Constraints []json.RawMessage          `json:"constraints"`
	Segments    []int                      `json:"segments"`
	Parameters  map[string]json.RawMessage `json:"parameters"`
	Variants    []struct {
		Name       string         `json:"name"`
		Weight     float64        `json:"weight"`
		WeightType string         `json:"weightType"`
		Stickiness string         `json:"stickiness"`
		Payload    *flags.Payload `json:"payload"`
	} `json:"variants"`
}

func (s strategy) value() flags.Strategy {
	out := flags.Strategy{
		ID: s.ID, Name: s.Name, Title: s.Title, SortOrder: s.SortOrder, Disabled: s.Disabled,
		Constraints: s.Constraints, Segments: s.Segments, Parameters: make(map[string]string, len(s.Parameters)),
	}
	for name, raw := range s.Parameters {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw) // a number, true or a list
		}
		out.Parameters[name] = text
	}
	for _, v := range s.Variants {
		out.Variants = append(out.Variants, flags.Variant{
			Name: v.Name, Weight: int(math.Round(v.Weight)), WeightType: v.WeightType, Stickiness: v.Stickiness, Payload: v.Payload,
		})
	}
	return out
}

// inOrder sorts strategies as they are evaluated: the first match wins, equal
// orders are settled by age, which ids follow.
func inOrder(list []flags.Strategy) {
	slices.SortStableFunc(list, func(a, b flags.Strategy) int {
		return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.ID, b.ID))
	})
}
