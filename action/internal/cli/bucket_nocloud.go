//go:build nocloud

package cli

import (
	"context"

	"github.com/promptflag/promptflag/store"
)

// openBucket opens local buckets only: this build, made for trying out, leaves
// out the drivers of the clouds, which take minutes to compile.
func openBucket(ctx context.Context, url string) (*store.Bucket, error) {
	return store.Open(ctx, url)
}
