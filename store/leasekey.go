package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Leases are leases/<environment>/<number>.json, and <number>.done when they
// were given back. Numbers of 12 digits count down, so that the newest lease is
// the first of a listing: there may be thousands of old ones, since a publisher
// has no right to delete.
const (
	leaseJSON   = ".json"
	leaseDone   = ".done" // sorts before .json
	leaseDigits = 12
	leaseTop    = 999_999_999_999
	leaseSchema = 1
)

// leaseDoc is the JSON of a lease. Times are those of its holder's clock.
type leaseDoc struct {
	Schema      int         `json:"promptflagLease"`
	ID          string      `json:"id"`
	Seq         int64       `json:"seq"` // counts up, from 1
	Environment string      `json:"environment"`
	Holder      LeaseHolder `json:"holder"`
	Since       time.Time   `json:"since"`    // when it was taken
	Acquired    time.Time   `json:"acquired"` // when it was taken or renewed
	Expires     time.Time   `json:"expires"`
	Subjects    []string    `json:"subjects,omitempty"` // what it is about, and what holders before left undone
}

// leaseEnd is the JSON beside a lease that was given back.
type leaseEnd struct {
	Schema   int       `json:"promptflagLease"`
	ID       string    `json:"id"`
	Released time.Time `json:"released"`
	Owed     []string  `json:"owed,omitempty"` // subjects that were left undone
}

func leaseKey(environment string, seq int64, suffix string) string {
	return fmt.Sprintf("%s%s/%0*d%s", LeaseObjects, environment, leaseDigits, leaseTop-seq, suffix)
}

// parseLeaseKey is the reverse; ok is false for anything else.
func parseLeaseKey(environment, key string) (seq int64, released, ok bool) {
	base, ok := strings.CutPrefix(key, LeaseObjects+environment+"/")
	if !ok {
		return 0, false, false
	}
	number, released := strings.CutSuffix(base, leaseDone)
	if !released {
		if number, ok = strings.CutSuffix(base, leaseJSON); !ok {
			return 0, false, false
		}
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || len(number) != leaseDigits || n >= leaseTop {
		return 0, false, false
	}
	return leaseTop - int64(n), released, true
}

// newestLease returns the newest number, 0 for none.
func (b *Bucket) newestLease(ctx context.Context, environment string) (seq int64, released bool, err error) {
	for o, err := range b.backend.List(ctx, LeaseObjects+environment+"/") {
		if err != nil {
			return 0, false, err
		}
		if seq, released, ok := parseLeaseKey(environment, o.Key); ok {
			return seq, released, nil
		}
	}
	return 0, false, nil
}

// readLease returns ErrNotFound for a number that nobody has, and ErrCorrupt for
// one whose lease cannot be understood.
func (b *Bucket) readLease(ctx context.Context, environment string, seq int64) (doc leaseDoc, err error) {
	key := leaseKey(environment, seq, leaseJSON)
	if err := b.leaseObject(ctx, key, &doc); err != nil {
		return leaseDoc{}, err
	}
	if doc.Schema != leaseSchema || doc.Expires.Before(doc.Acquired) {
		return leaseDoc{}, fmt.Errorf("%s: %w: not a lease of schema %d", key, ErrCorrupt, leaseSchema)
	}
	return doc, nil
}

// readLeaseEnd is the same for what says that it was given back.
func (b *Bucket) readLeaseEnd(ctx context.Context, environment string, seq int64) (end leaseEnd, err error) {
	err = b.leaseObject(ctx, leaseKey(environment, seq, leaseDone), &end)
	return end, err
}

func (b *Bucket) leaseObject(ctx context.Context, key string, v any) error {
	data, err := b.backend.Get(ctx, key, MaxBlob)
	if errors.Is(err, ErrTooLarge) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w: %w", key, ErrCorrupt, err)
	}
	return nil
}
