package store

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mem is a Backend in memory, for tests and demos. Two of them share nothing.
type Mem struct {
	mu      sync.RWMutex // guards objects
	objects map[string]memObject
}

type memObject struct {
	data    []byte
	created time.Time
}

var _ Backend = (*Mem)(nil)

// NewMem returns an empty one.
func NewMem() *Mem { return &Mem{objects: make(map[string]memObject)} }

// Get implements [Backend].
func (m *Mem) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := ready(ctx, key); err != nil {
		return nil, fmt.Errorf("get %w", err)
	}
	m.mu.RLock()
	o, ok := m.objects[key]
	m.mu.RUnlock()
	switch {
	case !ok:
		return nil, fmt.Errorf("get %s: %w", key, ErrNotFound)
	case int64(len(o.data)) > limit:
		return nil, fmt.Errorf("get %s: %d bytes, limit %d: %w", key, len(o.data), limit, ErrTooLarge)
	}
	return bytes.Clone(o.data), nil
}

// Create implements [Backend].
func (m *Mem) Create(ctx context.Context, key string, data []byte, _ CreateOptions) error {
	if err := ready(ctx, key); err != nil {
		return fmt.Errorf("create %w", err)
	}
	o := memObject{data: append([]byte{}, data...), created: time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[key]; ok {
		return fmt.Errorf("create %s: %w", key, ErrExists)
	}
	m.objects[key] = o
	return nil
}

// List implements [Backend]. It yields the objects there were when it started.
func (m *Mem) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := ValidPrefix(prefix); err != nil {
			yield(Object{}, fmt.Errorf("list: %w", err))
			return
		}
		for _, o := range m.snapshot(prefix) {
			if err := ctx.Err(); err != nil {
				yield(Object{}, fmt.Errorf("list %s: %w", prefix, err))
				return
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (m *Mem) snapshot(prefix string) []Object {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []Object
	for key, o := range m.objects {
		if strings.HasPrefix(key, prefix) {
			list = append(list, Object{Key: key, Size: int64(len(o.data)), ModTime: o.created})
		}
	}
	slices.SortFunc(list, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// Close implements [Backend]; it does nothing.
func (m *Mem) Close() error { return nil }

// ready is the first line of Get and Create: a good key and a live context.
// The error starts with the key.
func ready(ctx context.Context, key string) error {
	if err := ValidKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}
