package publish

import (
	"context"
	"slices"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/plan"
)

// purged stops the items whose version must not come back. Tombstones are listed
// only if there is something to publish.
func (in Input) purged(ctx context.Context, env config.Environment, items []plan.Item) error {
	asks := func(i plan.Item) bool { return i.Blob != nil || i.Kind == plan.Held }
	if !slices.ContainsFunc(items, asks) {
		return nil
	}
	bucket := in.Targets[env.Name].Bucket
	list, err := bucket.Purged(ctx, "")
	if err != nil {
		return err
	}
	for i := range items {
		def, ok := in.Tree.Lookup(items[i].Prompt)
		if !ok || !asks(items[i]) || !list[string(def.Prompt.Digest())] {
			continue
		}
		t, err := bucket.Tombstone(ctx, string(def.Prompt.Digest()))
		if err != nil {
			return err
		}
		problem := plan.Purged(items[i].Prompt, t)
		items[i].Stop(problem.Message, problem.Hint)
	}
	return nil
}
