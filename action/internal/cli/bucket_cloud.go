//go:build !nocloud

package cli

import (
	"context"

	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/cloud"
)

// openBucket opens buckets of all kinds.
func openBucket(ctx context.Context, url string) (*store.Bucket, error) {
	return cloud.Open(ctx, url)
}
