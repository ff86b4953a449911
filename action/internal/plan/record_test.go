package plan

import (
	"strings"
	"testing"

	"github.com/promptflag/promptflag/store"
)

func TestServed(t *testing.T) {
	a, b := "p@sha256:"+strings.Repeat("a", 64), "p@sha256:"+strings.Repeat("b", 64)
	for want, s := range map[string]store.State{
		"":                    {},
		"stable aaaaaaaaaaaa": {Stable: a, Enabled: true},
		"stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb at 5 %":      {Stable: a, Candidate: b, Percent: 5, Enabled: true},
		"stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb held":        {Stable: a, Candidate: b, Percent: 5, CandidateDisabled: true, Enabled: true},
		"no stable, candidate bbbbbbbbbbbb at 100 %, OFF":         {Candidate: b, Percent: 100},
		"stable aaaaaaaaaaaa, candidate bbbbbbbbbbbb at 0 %, OFF": {Stable: a, Candidate: b},
	} {
		if got := Served(s); got != want {
			t.Errorf("Served(%+v) = %q, want %q", s, got, want)
		}
	}
}
