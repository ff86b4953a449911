package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
)

// A Deleter is a Backend that can delete. It is asked for by [Bucket.Purge] and
// [Bucket.Remove] only: what publishes and what serves never deletes, and should
// not have the right to.
type Deleter interface {
	// Delete removes the object under key, for good as far as the backend goes: a
	// bucket that keeps old versions keeps this one too. That there is none is
	// success. An access that the bucket's owner refuses is fs.ErrPermission.
	Delete(ctx context.Context, key string) error
}

var (
	_ Deleter = (*Mem)(nil)
	_ Deleter = (*Dir)(nil)
)

// ErrCannotDelete: the backend has no way to delete.
var ErrCannotDelete = errors.New("this kind of bucket cannot delete")

// Objects lists one of the places above, in the byte order of keys, without
// holding more than a page of the listing. more narrows it down to keys that go
// on like that behind the place; it may be empty.
func (b *Bucket) Objects(ctx context.Context, place, more string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if !slices.Contains(removable(), place) {
			yield(Object{}, fmt.Errorf("list objects: %q is no place of what may be removed", place))
			return
		}
		for o, err := range b.backend.List(ctx, place+more) {
			if err != nil {
				err = fmt.Errorf("list objects: %w", err)
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// Removable reads an object that Objects listed, to see whether it is to be
// removed. What it holds is not checked.
func (b *Bucket) Removable(ctx context.Context, key string) ([]byte, error) {
	if !inPlace(key) {
		return nil, fmt.Errorf("read %.200s: objects of this kind are kept for ever", key)
	}
	return b.backend.Get(ctx, key, MaxBlob)
}

// Remove deletes an object that Objects listed. One that is gone already is
// success; a key of anything that is kept for ever is refused.
func (b *Bucket) Remove(ctx context.Context, key string) error {
	if !inPlace(key) {
		return fmt.Errorf("remove %.200s: objects of this kind are kept for ever", key)
	}
	return b.remove(ctx, key)
}

func inPlace(key string) bool {
	return slices.ContainsFunc(removable(), func(place string) bool {
		return len(key) > len(place) && strings.HasPrefix(key, place)
	})
}

func (b *Bucket) remove(ctx context.Context, key string) error {
	d, ok := b.backend.(Deleter)
	if !ok {
		return fmt.Errorf("remove %s: %w", key, ErrCannotDelete)
	}
	err := d.Delete(ctx, key)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("remove %s: %w (the credentials have no right to delete: the role that publishes should not have it; run this with one that may delete objects: s3:DeleteObject, storage.objects.delete, or Storage Blob Data Contributor)", key, err)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", key, err)
	}
	return nil
}

// Find returns the digests of the blobs whose names start with these hex
// digits, at most limit of them, in order.
func (b *Bucket) Find(ctx context.Context, digits string, limit int) ([]string, error) {
	return b.find(ctx, BlobObjects, digits, "", limit)
}

func (b *Bucket) find(ctx context.Context, prefix, digits, suffix string, limit int) ([]string, error) {
	if !isLowerHex(digits) {
		return nil, fmt.Errorf("find blob: %.100q: want lower-case hex digits", digits)
	}
	var found []string
	for o, err := range b.backend.List(ctx, prefix+digits) {
		if err != nil {
			return nil, fmt.Errorf("find blob: %w", err)
		}
		name := o.Key[len(prefix):]
		if n := len(name) - len(suffix); n > 0 && name[n:] == suffix && isSum(name[:n]) {
			found = append(found, digestPrefix+name[:n])
		}
		if len(found) == limit {
			break
		}
	}
	return found, nil
}

// Delete implements [Deleter].
func (m *Mem) Delete(ctx context.Context, key string) error {
	if err := ready(ctx, key); err != nil {
		return fmt.Errorf("delete %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}

// Delete implements [Deleter] where the backend does.
func (w *within) Delete(ctx context.Context, key string) error {
	d, ok := w.Backend.(Deleter)
	if !ok {
		return ErrCannotDelete
	}
	ctx, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()
	return d.Delete(ctx, key)
}
