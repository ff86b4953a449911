package publish

import (
	"context"
	"testing"

	"github.com/promptflag/promptflag/action/internal/plan"
)

// small is a server with few flags: a hand-made fake for a limit that a real
// server reaches at thousands.
type small struct {
	plan.Flags
	most int
}

func (s small) FlagLimit(context.Context) (int, error) { return s.most, nil }

func TestFlagLimit(t *testing.T) {
	tests := []struct {
		name        string
		most        int
		wantKind    plan.Kind
		wantWarning bool
	}{
		{"no limit", 0, plan.Create, false},
		{"far away", 100, plan.Create, false},
		{"near", 2, plan.Create, true},
		{"reached", 1, plan.Stopped, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, embedded{t.TempDir()}, "r")
			for env, c := range l.server {
				l.server[env] = &counting{Flags: small{c.Flags, tt.most}, crashAfter: -1}
			}
			l.write("p", "v1")
			l.write("q", "v1")
			if err := l.publish(); err != nil {
				t.Fatal(err)
			}
			warned := false
			for _, i := range l.last.Items {
				if i.Kind != tt.wantKind {
					t.Errorf("%s in %s: %s, want %s", i.Prompt, i.Environment, i.Kind, tt.wantKind)
				}
				warned = warned || len(i.Warnings) > 0
			}
			if warned != tt.wantWarning {
				t.Errorf("warned = %v, want %v", warned, tt.wantWarning)
			}
			for env, c := range l.server {
				if wrote := c.writes > 0; wrote != (tt.wantKind == plan.Create) {
					t.Errorf("%s: %d writes", env, c.writes)
				}
			}
		})
	}
}
