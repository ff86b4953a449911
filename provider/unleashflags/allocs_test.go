package unleashflags_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/provider/unleashflags/unleashv6"
)

// twoAttributes is the caller that costs are measured with.
var twoAttributes = openfeature.NewEvaluationContext("user-3", map[string]any{"tenantId": "globex", "plan": "pro"})

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, tt := range []struct {
		name   string
		engine unleashflags.Engine
		most   float64
		bytes  uint64
	}{
		{"v4", nil, 28, 3100},
		{"v6", unleashv6.Engine{}, 21, 2700},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newFlags(t, "production").options()
			o.Engine, o.RefreshInterval = tt.engine, time.Hour // polls allocate, too
			s := serve(t, o, newBucket(t), nil)
			ctx := context.Background()
			for _, flag := range []string{"support.triage", "support.reply"} {
				call := func() {
					v, err := s.ObjectValue(ctx, flag, nil, twoAttributes)
					if _, ok := v.(*prompts.Prompt); !ok || err != nil {
						t.Fatal(v, err)
					}
				}
				const runs = 1000
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				allocs := testing.AllocsPerRun(runs, call)
				runtime.ReadMemStats(&after)
				bytes := (after.TotalAlloc - before.TotalAlloc) / runs
				t.Logf("ObjectValue(%s): %.0f allocs, %d B", flag, allocs, bytes)
				if allocs > tt.most || bytes > tt.bytes {
					t.Errorf("ObjectValue(%s): %.0f allocs, %d B, want at most %.0f and %d", flag, allocs, bytes, tt.most, tt.bytes)
				}
			}
		})
	}
}

func BenchmarkObjectValue(b *testing.B) {
	for _, e := range []struct {
		name   string
		engine unleashflags.Engine
	}{{"v4", nil}, {"v6", unleashv6.Engine{}}} {
		b.Run(e.name, func(b *testing.B) {
			o := newFlags(b, "production").options()
			o.Engine = e.engine
			s := serve(b, o, newBucket(b), nil)
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.ObjectValue(ctx, "support.triage", nil, twoAttributes); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
