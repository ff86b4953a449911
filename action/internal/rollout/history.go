package rollout

import (
	"context"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// History is what the done records tell about one prompt in one environment.
type History struct {
	// Done reports whether anything was ever finished here.
	Done bool
	// newest first, by version
	about map[string][]store.RecordKey
}

// ReadHistory lists the records of a prompt; it reads no record.
func ReadHistory(ctx context.Context, bucket *store.Bucket, prompt, environment string) (History, error) {
	keys, err := bucket.RecordKeys(ctx, prompt)
	if err != nil {
		return History{}, err
	}
	h := History{about: map[string][]store.RecordKey{}}
	for _, k := range keys {
		if k.Environment != environment || k.Phase != store.Done {
			continue
		}
		h.Done = true
		switch plan.Action(k.Action) {
		case plan.ActionDial, plan.ActionPromote, plan.ActionOn, plan.ActionOff:
			// About the flag, not about the fate of a version.
		default:
			h.about[k.Version] = append(h.about[k.Version], k)
		}
	}
	return h, nil
}

// fate is what became of a version, according to its newest record.
type fate int

const (
	unknown  fate = iota // never seen here, or taken away without prejudice
	stable               // it was stable
	raised               // it was made candidate, and nobody of ours took it away
	rejected             // somebody did not want it
)

// fate also returns the time of the record that decided.
func (h History) fate(version string) (fate, time.Time) {
	records := h.about[version]
	if len(records) == 0 {
		return unknown, time.Time{}
	}
	newest := records[0]
	switch plan.Action(newest.Action) {
	case plan.ActionReject, plan.ActionReplace:
		return rejected, newest.Time
	case plan.ActionCandidate:
		return raised, newest.Time
	}
	for _, r := range records {
		switch plan.Action(r.Action) {
		case plan.ActionCreate, plan.ActionFold, plan.ActionRestore:
			return stable, r.Time
		}
	}
	return unknown, newest.Time
}

// replaced reports whether a version gave way to a restored one: git did not
// want it any more, so git being at stable does not end that hold.
func (h History) replaced(version string) bool {
	records := h.about[version]
	return len(records) > 0 && plan.Action(records[0].Action) == plan.ActionReplace
}

// Stables lists the versions that were stable here, the latest first, without
// the one named.
func (h History) Stables(except string) []string {
	var all []store.RecordKey
	for version, records := range h.about {
		if version == except {
			continue
		}
		for _, r := range records {
			switch plan.Action(r.Action) {
			case plan.ActionCreate, plan.ActionFold, plan.ActionRestore:
				all = append(all, r)
			default:
				continue
			}
			break
		}
	}
	slices.SortFunc(all, func(a, b store.RecordKey) int { return b.Time.Compare(a.Time) })
	var versions []string
	for _, r := range all {
		versions = append(versions, r.Version)
	}
	return versions
}
