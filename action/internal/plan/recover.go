package plan

import (
	"context"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/store"
)

// recoverRecords writes the done records that a run owes which was ended between
// its last write to a flag and them: of every intent that has none, and whose
// effect the flag shows. It reports whether there were any. It puts the link that
// comes after them, too.
func recoverRecords(ctx context.Context, t Target, environment, prompt, flag string) (bool, error) {
	f, err := readFlag(ctx, t.Flags, flag)
	if err != nil || f == nil {
		return false, err
	}
	keys, err := t.Bucket.RecordKeys(ctx, prompt)
	if err != nil {
		return false, err
	}
	now := StateOf(f, flags.Recognise(*f, prompt, environment))
	found, settled := false, map[string]bool{}
	var done []store.RecordKey
	for _, k := range keys { // the newest first
		if k.Environment != environment {
			continue
		}
		about := k.Version
		switch Action(k.Action) {
		case ActionDial, ActionPromote, ActionOn, ActionOff: // not about what becomes of the version
			about += " " + k.Action
		}
		if settled[about] {
			continue
		}
		if k.Phase == store.Done {
			done, settled[about] = append(done, k), true
			continue
		}
		r, err := t.Bucket.Record(ctx, k)
		if err != nil {
			return found, err
		}
		if !now.shows(r) {
			continue
		}
		r.Phase = store.Done
		if err := t.Bucket.PutRecord(ctx, r); err != nil {
			return found, err
		}
		k.Phase = store.Done
		done, found, settled[about] = append(done, k), true, true
	}
	t.relink(ctx, done, environment, flag, now)
	return found, nil
}

// relink puts the link to the pull request of what came last, unless it is there. A
// link is an ornament: one that fails is in the way of nobody who writes next.
func (t Target) relink(ctx context.Context, done []store.RecordKey, environment, flag string, now State) {
	for _, ref := range []string{now.Candidate, now.Stable} {
		at := Newest(done, environment, Version(ref), LinkActions()...)
		if at < 0 {
			continue
		}
		if r, err := t.Bucket.Record(ctx, done[at]); err == nil && r.PullRequest != "" {
			_ = t.Flags.Link(ctx, flag, r.PullRequest, r.Subject)
		}
		return
	}
}

// shows reports whether a flag says what a record was going to do.
func (s State) shows(r store.Record) bool {
	stable, candidate := s.Stable == r.Ref, s.Candidate == r.Ref
	switch Action(r.Action) {
	case ActionCreate:
		return stable && !s.StableDisabled && s.Enabled
	case ActionFold, ActionRestore, ActionAdopt:
		return stable && !s.StableDisabled
	case ActionCandidate:
		return candidate
	case ActionWithdraw:
		return !stable && !candidate
	case ActionReject, ActionReplace:
		return !stable && (!candidate || s.CandidateDisabled)
	case ActionPromote:
		return candidate && s.Percent == 100
	case ActionDial:
		return candidate && r.After != nil && s.Percent == r.After.Percent
	case ActionOff:
		return !s.Enabled
	case ActionOn:
		return s.Enabled
	}
	return false
}

// settle does what the last holders of the leases left undone. Of an environment
// for which it fails all of that stays owed.
func (o Options) settle(ctx context.Context, held map[string]*holding) (found bool, err error) {
	for environment, h := range held {
		owed := h.owed
		for i, prompt := range owed {
			one, err := recoverRecords(ctx, o.Targets[environment], environment, prompt, h.prefix+prompt)
			found = found || one
			if err != nil {
				return found, fmt.Errorf("%s in %s: finish the records of an earlier run: %w", prompt, environment, err)
			}
			h.owed = owed[i+1:]
		}
	}
	return found, nil
}
