package suite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit/assert"
)

// TestModels asks for models that the suite has not named.
func TestModels(t *testing.T) {
	asks := asking([]assert.Kind{
		{Name: "equals"},
		{Name: "grade", Judge: true},
		{Name: "near", Embedder: true},
		{Name: "relevant", Judge: true, Embedder: true},
	})
	if len(asks) != 3 {
		t.Fatalf("%d types ask, want 3", len(asks))
	}
	set := map[string]any{"type": "assert-set", "assert": []any{
		map[string]any{"type": "equals"},
		map[string]any{"type": "not-grade"},
		map[string]any{"type": "grade", "provider": "gpt-4o"},
		map[string]any{"type": "near"},
		map[string]any{"type": "near", "provider": "e5"},
		map[string]any{"type": "relevant"},
		map[string]any{"type": "relevant", "provider": "gpt-4o"},
	}}
	const (
		judge    = " asks a judge, and the suite names none"
		embedder = " compares embeddings, and the suite names no model for them"
	)
	for _, test := range []struct {
		judge, embedder bool
		want            []string
	}{
		{true, true, nil},
		{true, false, []string{"near" + embedder, "relevant" + embedder, "relevant" + embedder}},
		{false, true, []string{"grade" + judge, "relevant" + judge}},
		{false, false, []string{"grade" + judge, "near" + embedder, "relevant" + judge, "relevant" + embedder, "relevant" + embedder}},
	} {
		found := &findings{}
		p := &pass{findings: found, shared: &shared{judge: test.judge, embedder: test.embedder, asks: asks}}
		p.models(table{findings: found, place: spot{"a", 1, 1}, file: "a"}, nil, set)
		var got []string
		for _, f := range found.list {
			got = append(got, f.Message)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("judge %t, embedder %t (-want +got):\n%s", test.judge, test.embedder, diff)
		}
	}
}
