package unleashflags_test

import (
	"context"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// twoAttributes is the caller that costs are measured with.
var twoAttributes = openfeature.NewEvaluationContext("user-3", map[string]any{"tenantId": "globex", "plan": "pro"})

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s := serve(t, newFlags(t, "production").options(), newBucket(t), nil)
	ctx := context.Background()
	for flag, most := range map[string]float64{"support.triage": 30, "support.reply": 25} {
		got := testing.AllocsPerRun(1000, func() {
			v, err := s.ObjectValue(ctx, flag, nil, twoAttributes)
			if _, ok := v.(*prompts.Prompt); !ok || err != nil {
				t.Fatal(v, err)
			}
		})
		t.Logf("ObjectValue(%s): %.0f allocs", flag, got)
		if got > most {
			t.Errorf("ObjectValue(%s): %.0f allocs, want at most %.0f", flag, got, most)
		}
	}
}

func BenchmarkObjectValue(b *testing.B) {
	s := serve(b, newFlags(b, "production").options(), newBucket(b), nil)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.ObjectValue(ctx, "support.triage", nil, twoAttributes); err != nil {
			b.Fatal(err)
		}
	}
}
