package flagsfile

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// encodeWhole is what encode must write: one pass of encoding/json over all.
func encodeWhole(t *testing.T, d *document) []byte {
	t.Helper()
	whole := *d
	whole.Features, whole.Segments = []*feature{}, orEmpty(d.Segments)
	for _, x := range d.Features {
		x = x.clone()
		x.sort()
		x.Tags, x.Links, x.Strategies = orEmpty(x.Tags), orEmpty(x.Links), orEmpty(x.Strategies)
		for _, s := range x.Strategies {
			s.Constraints, s.Segments, s.Variants = orEmpty(s.Constraints), orEmpty(s.Segments), orEmpty(s.Variants)
		}
		whole.Features = append(whole.Features, x)
	}
	data, err := indented(whole)
	must(t, err)
	return data
}

// hostile is text that looks like the document around it.
const hostile = "\n  \"features\": [],\n    {\n<&>\u2028\x00\xff\\\"ü"

func TestEncodeJoined(t *testing.T) {
	fixtureDocument, err := os.ReadFile(fixture)
	must(t, err)
	full, err := decode(fixtureDocument, "production")
	must(t, err)
	many := &document{Format: format, Environment: "production", Revision: 7}
	for i := range 25 {
		many.Features = append(many.Features, &feature{Name: fmt.Sprintf("f%02d", i), Archived: i%3 == 0})
	}
	raw := func(texts ...string) (list []json.RawMessage) {
		for _, text := range texts {
			list = append(list, json.RawMessage(text))
		}
		return list
	}
	rich := &feature{
		Name: "a", Type: hostile, Description: hostile, Project: hostile, Archived: true,
		Tags: []flags.Tag{{Type: hostile}, {Value: hostile}}, Links: []link{{URL: hostile, Title: hostile}},
		Dependencies: raw(`{"feature":"b","variants":[]}`, "null", " [ {} ] "),
		Strategies: []*strategy{
			{ID: "2", SortOrder: 1, Title: hostile, Parameters: parameters{}},
			{
				ID: "1", SortOrder: 1, Disabled: true, Segments: []int{2, 1},
				Constraints: raw("{\n \"values\": [\"<&>\\u2028\u2028\", 1e3],\n \"x\": {}}", "[]", "null"),
				Parameters:  parameters{"rollout": hostile, hostile: "", "a": "b"},
				Variants:    []flags.Variant{{Name: hostile, Payload: &flags.Payload{Value: hostile}}, {}},
			},
		},
	}
	for name, d := range map[string]*document{
		"zero":          {},
		"none":          {Format: format, Environment: "production", Features: []*feature{}, Segments: raw()},
		"none, hostile": {Environment: hostile, Segments: raw(`{"features": []}`, `"features"`)},
		"one, bare":     {Features: []*feature{{Name: "a"}}},
		"rich":          {Environment: hostile, Features: []*feature{rich, {Name: "b"}}, Segments: raw("{\n  \"features\": []\n}")},
		"many":          many,
		"fixture":       full,
	} {
		t.Run(name, func(t *testing.T) {
			want := string(encodeWhole(t, d))
			for _, pass := range []string{"first", "with texts that are known"} {
				got, err := d.encode()
				must(t, err)
				if diff := cmp.Diff(want, string(got)); diff != "" {
					t.Errorf("%s encode (-one pass +joined):\n%s", pass, diff)
				}
			}
		})
	}
}
