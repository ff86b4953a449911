package plan

import (
	"context"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Purged says why a version may not be published: a tombstone in the bucket says
// that it must not exist any more.
func Purged(prompt string, t store.Tombstone) *Problem {
	digest := prompts.Digest(t.Digest)
	message := fmt.Sprintf("version %s of %s was purged on %s", digest.Version(), prompt, wording.Moment(t.Time))
	if t.Actor != "" {
		message += " by " + t.Actor
	}
	message += ": " + t.Reason
	return &Problem{
		Message: message + " (tombstones/sha256/" + digest.Hex() + ".json)",
		Hint:    "change the file: these very bytes are not published again",
	}
}

// refusePurged returns the problem of the first version that a plan would bring
// back although it was purged. It lists the tombstones of each bucket that gets
// something, once.
func refusePurged(ctx context.Context, p *Plan, o Options) error {
	lists := map[*store.Bucket]map[string]bool{}
	for _, item := range p.Items {
		if !item.Writes() || item.Blob == nil {
			continue
		}
		bucket := o.Targets[item.Environment].Bucket
		if _, known := lists[bucket]; !known {
			list, err := bucket.Purged(ctx, "")
			if err != nil {
				return err
			}
			lists[bucket] = list
		}
		digest := string(prompts.DigestOf(item.Blob))
		if !lists[bucket][digest] {
			continue
		}
		t, err := bucket.Tombstone(ctx, digest)
		if err != nil {
			return err
		}
		return Purged(item.Prompt, t)
	}
	return nil
}
