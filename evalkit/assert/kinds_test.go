package assert

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKindsSay: what a reference says of a type is what the type does.
func TestKindsSay(t *testing.T) {
	type said struct {
		Threshold, Score, AboveZero, Required bool
		Default                               float64 // −1 for none
		Members                               []string
	}
	want := map[string]said{
		"contains":    {Default: -1},
		"levenshtein": {Threshold: true, Default: 5},
		"latency":     {Threshold: true, Required: true, Default: -1},
		"rouge-n":     {Threshold: true, Score: true, Default: 0.75},
		"similar":     {Threshold: true, Score: true, AboveZero: true, Default: 0.75, Members: []string{"provider"}},
		"llm-rubric":  {Threshold: true, Score: true, Default: 0.5, Members: []string{"provider", "rubric_prompt"}},
		"g-eval":      {Threshold: true, Score: true, AboveZero: true, Default: 0.7, Members: []string{"provider", "steps"}},
		"factuality":  {Threshold: true, Score: true, AboveZero: true, Default: 0.5, Members: []string{"config", "provider", "rubric_prompt"}},
		"assert-set":  {Threshold: true, Score: true, Default: -1, Members: []string{"assert"}},
		"expr":        {Threshold: true, Score: true, Default: -1},
	}
	for _, k := range Kinds() {
		w, ok := want[k.Name]
		if !ok {
			continue
		}
		got := said{k.Threshold, k.Score, k.AboveZero, k.Required, -1, k.Members}
		if k.Default != nil {
			got.Default = *k.Default
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", k.Name, diff)
		}
		delete(want, k.Name)
	}
	for name := range want {
		t.Errorf("there is no %s", name)
	}
}

func BenchmarkKinds(b *testing.B) {
	for range b.N {
		Kinds()
	}
}
