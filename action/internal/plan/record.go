package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Event is one sentence of a release record: a version and what became of it.
type Event struct {
	Action Action
	Ref    prompts.Ref
}

// Action is the word in a record's key. The newest done record about a
// version tells whether it was stable, is held, or may be tried again.
type Action string

// Actions that end in a version being stable.
const (
	ActionCreate  Action = "create"  // first version of a prompt here
	ActionFold    Action = "fold"    // a candidate at 100 % became stable
	ActionRestore Action = "restore" // stable again, at once
	ActionAdopt   Action = "adopt"   // what a flag that was not ours served
)

// Other actions.
const (
	ActionCandidate Action = "candidate" // started as candidate
	ActionWithdraw  Action = "withdraw"  // taken away as candidate, may come back
	ActionReject    Action = "reject"    // somebody does not want it: held
	ActionReplace   Action = "replace"   // gave way to a restored version: held
	ActionPromote   Action = "promote"   // dialled to 100 % by command
	ActionDial      Action = "dial"
	ActionOff       Action = "off"
	ActionOn        Action = "on"
	ActionRetire    Action = "retire" // the flag was archived
	ActionPurge     Action = "purge"  // the version must not exist any more
)

// StableActions are the actions that end in a version being stable.
func StableActions() []Action {
	return []Action{ActionCreate, ActionFold, ActionRestore, ActionAdopt}
}

// Newest finds the newest finished operation about a version among the keys of a
// prompt's records in one environment, the newest first; -1 if there is none. No
// actions are all.
func Newest(keys []store.RecordKey, environment, version string, actions ...Action) int {
	return slices.IndexFunc(keys, func(k store.RecordKey) bool {
		return k.Environment == environment && k.Phase == store.Done && k.Version == version &&
			(len(actions) == 0 || slices.Contains(actions, Action(k.Action)))
	})
}

// BringActions are the actions with which a version comes to an environment.
func BringActions() []Action { return []Action{ActionCreate, ActionCandidate} }

// Came finds, among the keys of a prompt's records, the newest first, the first that
// brought a version to an environment: its record has the commit that the version
// came with. Later ones, such as that of publish --retry or of the publish after which
// it was stable, may have commits that are about other versions. -1 if there is none.
// An operation that died counts: its commit had the version.
func Came(keys []store.RecordKey, environment, version string) int {
	for i, k := range slices.Backward(keys) {
		if k.Environment == environment && k.Version == version && slices.Contains(BringActions(), Action(k.Action)) {
			return i
		}
	}
	return -1
}

// LinkActions are the actions whose pull request the flag's page links to.
func LinkActions() []Action { return append(BringActions(), ActionRestore) }

// Decided says when a record was written, by whom and why:
// "since 2026-11-03 09:12 UTC by ada: wrong queue".
func Decided(r store.Record) string {
	text := "since " + wording.Moment(r.Time)
	if r.Actor != "" {
		text += " by " + r.Actor
	}
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	return text
}

// Served is a state in words, "stable 3f9a2c1b04de, candidate 77ab01c2d3e4 at 5 %,
// OFF"; "" where there is no version.
func Served(s store.State) string {
	if s == (store.State{}) {
		return ""
	}
	words := []string{"no stable"}
	if v := Version(s.Stable); v != "" {
		words[0] = "stable " + v
	}
	switch v := Version(s.Candidate); {
	case v == "":
	case s.CandidateDisabled:
		words = append(words, "candidate "+v+" held")
	default:
		words = append(words, fmt.Sprintf("candidate %s at %d %%", v, s.Percent))
	}
	if !s.Enabled {
		words = append(words, "OFF")
	}
	return strings.Join(words, ", ")
}

// Record is the form that release records keep.
func (s State) Record() *store.State {
	return &store.State{
		Stable: s.Stable, Candidate: s.Candidate, Percent: s.Percent,
		CandidateDisabled: s.CandidateDisabled, Enabled: s.Enabled,
	}
}

func putRecords(ctx context.Context, item Item, o Options, id string, at time.Time, phase store.Phase) error {
	from := o.Origin.credited(item)
	for _, e := range item.Events {
		err := o.Targets[item.Environment].Bucket.PutRecord(ctx, store.Record{
			ID: id, Phase: phase, Time: at,
			Name: item.Prompt, Environment: item.Environment, Action: string(e.Action), Ref: e.Ref.String(),
			Actor: from.Actor, Commit: from.Commit, Subject: from.Subject,
			PullRequest: from.PullRequest, Run: from.RunURL, Reason: from.Reason, Tool: from.Tool,
			Author: from.Author, Approvers: from.Approvers,
			Before: item.Before.Record(), After: item.After.Record(), Verdict: item.Verdict,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
