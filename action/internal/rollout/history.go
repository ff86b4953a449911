package rollout

import (
	"context"
	"slices"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// fromIntent are the actions that count also if the run died before it could
// tell that they were done: that somebody does not want a version, and that
// everybody had it, or had it before.
var fromIntent = []plan.Action{plan.ActionReject, plan.ActionReplace, plan.ActionFold, plan.ActionRestore}

// History is what the records tell about one prompt in one environment.
type History struct {
	// Done reports whether anything was ever finished here.
	Done bool
	// newest first, by version
	about map[string][]store.RecordKey
	read  func(store.RecordKey) (store.Record, error)
}

// ReadHistory lists the records of a prompt; it reads no record.
func ReadHistory(ctx context.Context, bucket *store.Bucket, prompt, environment string) (History, error) {
	keys, err := bucket.RecordKeys(ctx, prompt)
	if err != nil {
		return History{}, err
	}
	h := History{
		about: map[string][]store.RecordKey{},
		read:  func(k store.RecordKey) (store.Record, error) { return bucket.Record(ctx, k) },
	}
	for _, k := range keys {
		if k.Environment != environment {
			continue
		}
		action := plan.Action(k.Action)
		if k.Phase != store.Done && !slices.Contains(fromIntent, action) {
			continue
		}
		if action == plan.ActionPurge {
			continue // on record in every environment, also where the prompt never was
		}
		h.Done = h.Done || k.Phase == store.Done
		switch action {
		case plan.ActionDial, plan.ActionPromote, plan.ActionOn, plan.ActionOff, plan.ActionRetire:
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

func (h History) fate(version string) fate {
	records := h.about[version]
	if len(records) == 0 {
		return unknown
	}
	switch plan.Action(records[0].Action) {
	case plan.ActionReject, plan.ActionReplace:
		return rejected
	case plan.ActionCandidate:
		return raised
	}
	for _, r := range records {
		switch action := plan.Action(r.Action); {
		case slices.Contains(plan.StableActions(), action):
			return stable
		case action == plan.ActionReject || action == plan.ActionReplace:
			// Taken back since it was stable: it may come again, but with care.
			return unknown
		}
	}
	return unknown
}

// decided says when the newest record about a version was written, by whom
// and why: " since 2026-11-03 09:12 UTC by ada: wrong queue". It reads that
// one record.
func (h History) decided(version string) (string, error) {
	records := h.about[version]
	if len(records) == 0 {
		return "", nil
	}
	r, err := h.read(records[0])
	if err != nil {
		return "", err
	}
	return " " + plan.Decided(r), nil
}

// replaced reports whether a version gave way to a restored one: git did not
// want it any more, so git being at stable does not end that hold.
func (h History) replaced(version string) bool {
	records := h.about[version]
	return len(records) > 0 && plan.Action(records[0].Action) == plan.ActionReplace
}

// stables lists the versions that were stable here, the latest first, without
// the one named.
func (h History) stables(except string) []string {
	var all []store.RecordKey
	for version, records := range h.about {
		if version == except {
			continue
		}
		newest := slices.IndexFunc(records, func(k store.RecordKey) bool {
			return slices.Contains(plan.StableActions(), plan.Action(k.Action))
		})
		if newest >= 0 {
			all = append(all, records[newest])
		}
	}
	slices.SortFunc(all, func(a, b store.RecordKey) int { return b.Time.Compare(a.Time) })
	var versions []string
	for _, r := range all {
		versions = append(versions, r.Version)
	}
	return versions
}
