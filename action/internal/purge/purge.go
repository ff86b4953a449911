package purge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Input of Uses and Run.
type Input struct {
	Ref prompts.Ref
	// Artifact is the version, nil if its bytes are gone already: then recorded
	// answers that hold its text cannot be found.
	Artifact     *prompts.Prompt
	Environments []config.Environment // all there are
	Targets      map[string]plan.Target
	Origin       plan.Origin
	Now          func() time.Time
	NewID        func() string
	// Hold is asked before every write to an environment's flags.
	Hold func(ctx context.Context, environment string) error
}

// Result says what was done and what may be left.
type Result struct {
	Deleted  int      `json:"deleted"`  // objects, of all buckets: blob, receipts, signatures
	Recorded int      `json:"recorded"` // answers of models that were deleted
	Told     []string `json:"told"`     // environments whose flag says it
	Notes    []string `json:"notes"`    // what could not be done, and what remains
}

// Uses lists the places where flags name the version.
func Uses(ctx context.Context, in Input) ([]live.Named, error) {
	var uses []live.Named
	for _, env := range in.Environments {
		all, err := live.ReadNamed(ctx, env, in.Targets[env.Name].Flags)
		if err != nil {
			return nil, fmt.Errorf("environment %s: %w", env.Name, err)
		}
		for _, n := range all {
			if n.Ref.Digest == in.Ref.Digest {
				uses = append(uses, n)
			}
		}
	}
	return uses, nil
}

// Run purges a version that Uses did not find. It may be repeated.
func Run(ctx context.Context, in Input) (Result, error) {
	var r Result
	id, at := in.NewID(), in.Now()
	if err := in.records(ctx, store.Intent, id, at); err != nil {
		return r, err
	}
	for _, b := range in.buckets() {
		err := b.PutTombstone(ctx, store.Tombstone{
			Digest: string(in.Ref.Digest), Prompt: in.Ref.Name, Time: at,
			Actor: in.Origin.Actor, Reason: in.Origin.Reason, Run: in.Origin.RunURL,
		})
		if err != nil {
			return r, err
		}
	}
	// From the tombstones on nobody brings it back. What waits for nobody, a
	// rollback, may have done so before them.
	uses, err := Uses(ctx, in)
	if err == nil && len(uses) > 0 {
		err = fmt.Errorf("a flag has come to name it meanwhile: %s", uses[0])
	}
	if err != nil {
		return r, err
	}
	for _, env := range in.Environments {
		if err := in.tell(ctx, env, &r); err != nil {
			return r, fmt.Errorf("environment %s: %w", env.Name, err)
		}
	}
	for _, b := range in.buckets() {
		n, err := in.deleteRecorded(ctx, b)
		r.Recorded += n
		if err != nil {
			return r, err
		}
		n, err = b.Purge(ctx, string(in.Ref.Digest))
		r.Deleted += n
		if err != nil {
			return r, err
		}
	}
	if in.Artifact == nil {
		r.Notes = append(r.Notes, "its bytes were gone already, so recorded answers that hold its text could not be looked for: recorded/ and pr/ of the bucket")
	}
	return r, in.records(ctx, store.Done, id, at)
}

// buckets are those of all environments, each once.
func (in Input) buckets() (list []*store.Bucket) {
	for _, env := range in.Environments {
		if b := in.Targets[env.Name].Bucket; !slices.Contains(list, b) {
			list = append(list, b)
		}
	}
	return list
}

func (in Input) records(ctx context.Context, phase store.Phase, id string, at time.Time) error {
	for _, env := range in.Environments {
		err := in.Targets[env.Name].Bucket.PutRecord(ctx, store.Record{
			ID: id, Phase: phase, Time: at, Name: in.Ref.Name, Environment: env.Name,
			Action: string(plan.ActionPurge), Ref: in.Ref.String(),
			Actor: in.Origin.Actor, Commit: in.Origin.Commit, Run: in.Origin.RunURL, Reason: in.Origin.Reason, Tool: in.Origin.Tool,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tell writes the digest into the stable strategy of the prompt's flag: what
// services poll.
func (in Input) tell(ctx context.Context, env config.Environment, r *Result) error {
	server := in.Targets[env.Name].Flags
	f, err := plan.Find(ctx, server, env.Flag(in.Ref.Name))
	switch {
	case errors.Is(err, flags.ErrArchived):
		r.Notes = append(r.Notes, fmt.Sprintf("%s: the flag is archived: services that have the version keep it until they have forgotten the flag, a day later", env.Name))
		return nil
	case err != nil || f == nil:
		return err
	}
	stable := flags.Recognise(*f, in.Ref.Name, env.Name).Stable
	if stable == nil {
		r.Notes = append(r.Notes, fmt.Sprintf("%s: the flag has no stable strategy of this prompt, so services were not told: restart them", env.Name))
		return nil
	}
	hold := func(ctx context.Context) error { return in.Hold(ctx, env.Name) }
	told, err := Tell(ctx, server, *f, *stable, []prompts.Digest{in.Ref.Digest}, hold)
	if err == nil && told {
		r.Told = append(r.Told, env.Name)
	}
	return err
}

// Tell adds digests to what a flag names as purged, and reports whether all of
// them are there now. hold is asked before the write.
func Tell(ctx context.Context, server plan.Flags, f flags.Flag, stable flags.Strategy, digests []prompts.Digest, hold func(context.Context) error) (bool, error) {
	all := flags.Purged(f.Strategies)
	for _, d := range digests {
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	text := flags.PurgedText(all)
	if stable.Parameters[flags.ParamPurged] == text {
		return true, nil
	}
	if err := hold(ctx); err != nil {
		return false, err
	}
	err := server.Patch(ctx, f.Name, stable.ID, flags.Patch{
		Expect: stable.Ref(), Parameters: map[string]*string{flags.ParamPurged: &text},
	})
	return err == nil, err
}
