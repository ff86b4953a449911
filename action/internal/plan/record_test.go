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

// TestCame: the first that brought a version, finished or not; not what brought it
// again, or moved it.
func TestCame(t *testing.T) {
	key := func(environment, version string, action Action, phase store.Phase) store.RecordKey {
		return store.RecordKey{Environment: environment, Version: version, Action: string(action), Phase: phase}
	}
	keys := []store.RecordKey{ // the newest first
		key("production", "b", ActionFold, store.Done), key("production", "b", ActionCandidate, store.Done),
		key("production", "b", ActionReject, store.Done), key("production", "b", ActionCandidate, store.Intent),
		key("production", "a", ActionCreate, store.Done), key("development", "b", ActionCreate, store.Done), key("production", "c", ActionRestore, store.Done),
	}
	for version, want := range map[string]int{"a": 4, "b": 3, "c": -1} {
		if got := Came(keys, "production", version); got != want {
			t.Errorf("Came(%s) = %d, want %d", version, got, want)
		}
	}
}
