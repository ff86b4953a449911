package drift

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/purge"
	"github.com/promptflag/promptflag/store"
)

// Marks is the part of a repair that writes to flags: the plan to put marks back
// and to delete strategies that nobody gets anything from. When a flag changed
// meanwhile and more would be needed, it is left alone.
func (r *Report) Marks() *plan.Plan {
	p := &plan.Plan{}
	for _, f := range r.Findings {
		item, ok := f.repair.(plan.Item)
		if !ok {
			continue
		}
		decide := item.Decide
		item.Decide = func(now *flags.Flag) (plan.Item, error) {
			again, err := decide(now)
			if err == nil && again.Writes() && !harmless(again) {
				again.Stop("the flag changed meanwhile: "+again.Why, "promptflag publish -e "+again.Environment)
			}
			return again, err
		}
		p.Items = append(p.Items, item)
	}
	return p
}

// Repair does the rest of what is safe: blobs that git has, done records of what
// certainly happened, and telling services what was purged. It goes on after
// a failure. hold is asked before a write to a flag. It returns what it did.
func (r *Report) Repair(ctx context.Context, hold func(ctx context.Context, environment string) error) (done []string, err error) {
	var failures []error
	for _, f := range r.Findings {
		did, err := mend(ctx, f, hold)
		switch {
		case err != nil:
			failures = append(failures, fmt.Errorf("%s in %s: %w", f.Prompt, f.Environment, err))
		case did != "":
			done = append(done, f.Prompt+" in "+f.Environment+": "+did)
		}
	}
	return done, errors.Join(failures...)
}

func mend(ctx context.Context, f Finding, hold func(context.Context, string) error) (string, error) {
	switch what := f.repair.(type) {
	case lost:
		purged, err := what.bucket.Purged(ctx, what.prompt.Digest().Hex())
		if err != nil {
			return "", err
		}
		if len(purged) > 0 {
			return "", fmt.Errorf("put %s: %w", what.prompt.Version(), store.ErrPurged)
		}
		_, created, err := what.bucket.Put(ctx, what.prompt.Artifact())
		if err != nil || !created {
			return "", err
		}
		return "put " + what.prompt.Version() + " into the bucket again, from git", nil
	case completable:
		for _, record := range what.records {
			record.Phase = store.Done
			if err := what.bucket.PutRecord(ctx, record); err != nil {
				return "", err
			}
		}
		return "wrote down as done: " + what.records[0].Action + " of " + plan.Version(what.records[0].Ref), nil
	case untold:
		p := what.place
		server := p.site.server.Flags
		now, err := server.Read(ctx, p.flag.Name)
		if err != nil {
			return "", err
		}
		stable := flags.Recognise(now, p.prompt, f.Environment).Stable
		if stable == nil {
			return "", errors.New("the flag has no stable strategy any more")
		}
		told, err := purge.Tell(ctx, server, now, *stable, what.digests, func(ctx context.Context) error { return hold(ctx, f.Environment) })
		if err != nil || !told {
			return "", err
		}
		return "told services to forget " + what.digests[0].Version(), nil
	}
	return "", nil
}
