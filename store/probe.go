package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrOverwrites: the bucket took a second object under the same key, so that
// what is there is not safe from whoever writes later. Services that say they
// are like S3 do so if they do not know If-None-Match.
var ErrOverwrites = errors.New("a conditional write replaced what was there")

// probePrefix is where a probe may write: below pr/, which may expire, under
// the number that no pull request has.
const probePrefix = PullObjects + "0/doctor/"

// TryRead lists the first blob and reads it. blobs is false if there is none:
// that reading is allowed is then not proved. Errors are those of the backend,
// fs.ErrPermission where it can tell, and ErrCorrupt for a damaged blob.
func (b *Bucket) TryRead(ctx context.Context) (blobs bool, err error) {
	for o, err := range b.backend.List(ctx, BlobObjects) {
		if err != nil {
			return false, fmt.Errorf("list blobs: %w", err)
		}
		sum := o.Key[len(BlobObjects):]
		if !isSum(sum) {
			continue
		}
		_, err = b.Get(ctx, digestPrefix+sum)
		return true, err
	}
	return false, nil
}

// TryWrite writes one small object under pr/0/doctor/, tries to write another
// one over it, which must be refused, and reads it back. It stays there: nobody
// deletes. id names it, unique, letters and digits. wrote is when the bucket's
// own clock says it did, zero if that could not be read. ErrOverwrites: the
// second write was taken.
func (b *Bucket) TryWrite(ctx context.Context, id string) (wrote time.Time, err error) {
	key := probePrefix + id + ".json"
	first, second := []byte(`{"probe":1}`+"\n"), []byte(`{"probe":2}`+"\n")
	if err := b.backend.Create(ctx, key, first, CreateOptions{ContentType: jsonType}); err != nil {
		return wrote, fmt.Errorf("write a probe: %w", err)
	}
	err = b.backend.Create(ctx, key, second, CreateOptions{ContentType: jsonType})
	switch {
	case err == nil:
		return wrote, fmt.Errorf("write over %s: %w", key, ErrOverwrites)
	case !errors.Is(err, ErrExists):
		return wrote, fmt.Errorf("write over a probe: %w", err)
	}
	for o, err := range b.backend.List(ctx, key) {
		if err == nil && o.Key == key {
			wrote = o.ModTime
		}
		break
	}
	data, err := b.backend.Get(ctx, key, MaxBlob)
	switch {
	case err != nil:
		return wrote, fmt.Errorf("read the probe back: %w", err)
	case bytes.Equal(data, second):
		return wrote, fmt.Errorf("read %s back: %w", key, ErrOverwrites)
	case !bytes.Equal(data, first):
		return wrote, fmt.Errorf("read %s back: %w", key, ErrCorrupt)
	}
	return wrote, nil
}
