package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// TombstoneSchema is the major version of Tombstone's JSON.
const TombstoneSchema = 1

// A Tombstone says that a blob was purged and must not come back. It holds
// nothing of the blob but its digest. It is written once and never removed.
type Tombstone struct {
	Schema int       `json:"promptflagTombstone"` // TombstoneSchema; 0 is written as that
	Digest string    `json:"digest"`              // sha256:<64 lower hex>
	Prompt string    `json:"prompt,omitempty"`    // its name; empty: not known
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor,omitempty"`
	Reason string    `json:"reason"`
	Run    string    `json:"run,omitempty"`
}

// ErrPurged: the blob was purged and is not written again.
var ErrPurged = errors.New("purged")

// PutTombstone writes t. One that is there already stays and is success.
func (b *Bucket) PutTombstone(ctx context.Context, t Tombstone) error {
	digits, err := digestHex(t.Digest)
	if err == nil && strings.TrimSpace(t.Reason) == "" {
		err = errors.New("a reason is required")
	}
	if err != nil {
		return fmt.Errorf("put tombstone: %w", err)
	}
	t.Schema, t.Time = TombstoneSchema, t.Time.UTC().Round(0)
	key := tombstonePrefix + digits + ".json"
	data, err := encodeJSON(key, t)
	if err == nil {
		err = b.backend.Create(ctx, key, data, CreateOptions{ContentType: jsonType})
	}
	if err != nil && !errors.Is(err, ErrExists) {
		return fmt.Errorf("put tombstone: %w", err)
	}
	return nil
}

// Tombstone reads the one of a digest; ErrNotFound: the blob was not purged.
func (b *Bucket) Tombstone(ctx context.Context, digest string) (Tombstone, error) {
	digits, err := digestHex(digest)
	if err != nil {
		return Tombstone{}, fmt.Errorf("get tombstone: %w", err)
	}
	data, err := b.backend.Get(ctx, tombstonePrefix+digits+".json", MaxBlob)
	if err != nil {
		return Tombstone{}, fmt.Errorf("get tombstone: %w", err)
	}
	var t Tombstone
	err = json.Unmarshal(data, &t)
	switch {
	case err != nil:
		return Tombstone{}, fmt.Errorf("get tombstone of %s: %w: %w", digest, ErrCorrupt, err)
	case t.Schema != TombstoneSchema:
		return Tombstone{}, fmt.Errorf("get tombstone of %s: schema %d is unknown, this reader knows %d: use a newer promptflag", digest, t.Schema, TombstoneSchema)
	case t.Digest != digest:
		return Tombstone{}, fmt.Errorf("get tombstone of %s: %w: it is about another digest", digest, ErrCorrupt)
	}
	return t, nil
}

// Purged lists the digests that have a tombstone, with one listing of what is
// usually empty. digits narrows it down to those that start like that; it may be
// empty.
func (b *Bucket) Purged(ctx context.Context, digits string) (map[string]bool, error) {
	if digits != "" && !isLowerHex(digits) {
		return nil, fmt.Errorf("list tombstones: %.100q: want lower-case hex digits", digits)
	}
	purged := map[string]bool{}
	for o, err := range b.backend.List(ctx, tombstonePrefix+digits) {
		if err != nil {
			return nil, fmt.Errorf("list tombstones: %w", err)
		}
		sum, ok := strings.CutSuffix(o.Key[len(tombstonePrefix):], ".json")
		if ok && isSum(sum) {
			purged[digestPrefix+sum] = true
		}
	}
	return purged, nil
}

// Purge deletes a blob that has a tombstone, with its receipts and signatures,
// and returns how many objects it deleted. It can be repeated. Without a
// tombstone nothing is deleted: whoever finds the blob missing could not know why.
func (b *Bucket) Purge(ctx context.Context, digest string) (deleted int, err error) {
	if _, err := b.Tombstone(ctx, digest); err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	}
	digits, err := digestHex(digest)
	if err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	}
	if found, err := b.Find(ctx, digits, 1); err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	} else if len(found) > 0 {
		deleted++
	}
	// Also when no listing shows it: it may have been written this moment.
	if err := b.remove(ctx, BlobObjects+digits); err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	}
	for _, prefix := range []string{evalPrefix + digits + "/", attestationPrefix + digits + "/"} {
		for o, err := range b.backend.List(ctx, prefix) {
			if err != nil {
				return deleted, fmt.Errorf("purge: %w", err)
			}
			if err := b.remove(ctx, o.Key); err != nil {
				return deleted, fmt.Errorf("purge: %w", err)
			}
			deleted++
		}
	}
	return deleted, nil
}
