package cloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptflag/promptflag/store"
)

var _ store.Deleter = (*backend)(nil)

// Delete implements [store.Deleter]. S3 answers success for a key that is not
// there, the others say so.
func (b *backend) Delete(ctx context.Context, key string) error {
	if err := store.ValidKey(key); err != nil {
		return fmt.Errorf("delete %w", err)
	}
	err := b.bucket.Delete(ctx, key)
	if err == nil {
		return nil
	}
	if err = clean(ctx, err); errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("delete %s: %w", key, err)
}
