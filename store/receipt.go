package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A ReceiptKey is what a listing tells about an evaluation.
type ReceiptKey struct {
	Key   string
	Suite string    // 64 hex digits
	Time  time.Time // of the object: when it was written, as the backend says
}

// PutReceipt stores the JSON of an evaluation of a blob by a suite, named by 64
// hex digits, under its own SHA-256. Many receipts of the same are allowed. It
// can be repeated: what is there already is success. More than MaxBlob bytes are
// ErrTooLarge.
func (b *Bucket) PutReceipt(ctx context.Context, digest, suite string, data []byte) (key string, err error) {
	prefix, err := receiptPrefix(digest)
	if err == nil && !isSum(suite) {
		err = fmt.Errorf("suite %.100q: want 64 lower-case hex digits", suite)
	}
	if err == nil && len(data) > MaxBlob {
		err = fmt.Errorf("%d bytes, limit %d: %w", len(data), MaxBlob, ErrTooLarge)
	}
	if err != nil {
		return "", fmt.Errorf("put receipt: %w", err)
	}
	key = prefix + suite + "/" + hexSum(data) + ".json"
	err = b.backend.Create(ctx, key, data, CreateOptions{ContentType: jsonType, CacheControl: blobCache})
	if err != nil && !errors.Is(err, ErrExists) {
		return "", fmt.Errorf("put receipt: %w", err)
	}
	return key, nil
}

// Receipts lists the evaluations of a blob, by all suites, newest first. Objects
// that are not named like a receipt are left out.
func (b *Bucket) Receipts(ctx context.Context, digest string) ([]ReceiptKey, error) {
	prefix, err := receiptPrefix(digest)
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	var keys []ReceiptKey
	for o, err := range b.backend.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("list receipts: %w", err)
		}
		if suite, _, ok := parseReceipt(o.Key); ok {
			keys = append(keys, ReceiptKey{Key: o.Key, Suite: suite, Time: o.ModTime})
		}
	}
	slices.SortStableFunc(keys, func(a, b ReceiptKey) int { return b.Time.Compare(a.Time) })
	return keys, nil
}

// Receipt reads one receipt. ErrCorrupt: its bytes do not hash to its name.
func (b *Bucket) Receipt(ctx context.Context, key string) ([]byte, error) {
	_, sum, ok := parseReceipt(key)
	if !ok {
		return nil, fmt.Errorf("get receipt: %.200q is not the key of one", key)
	}
	data, err := b.backend.Get(ctx, key, MaxBlob)
	if err != nil {
		return nil, fmt.Errorf("get receipt: %w", err)
	}
	if hexSum(data) != sum {
		return nil, fmt.Errorf("get receipt: %s: %w", key, ErrCorrupt)
	}
	return data, nil
}

func receiptPrefix(digest string) (string, error) {
	digits, err := digestHex(digest)
	return evalPrefix + digits + "/", err
}

func parseReceipt(key string) (suite, sum string, ok bool) {
	rest, ok := strings.CutPrefix(key, evalPrefix)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 {
		return "", "", false
	}
	sum, ok = strings.CutSuffix(parts[2], ".json")
	return parts[1], sum, ok && isSum(parts[0]) && isSum(parts[1]) && isSum(sum)
}

func isSum(s string) bool { return len(s) == 2*sha256.Size && isLowerHex(s) }

// A Recorded is a part of the bucket for answers of models, which are named by
// their request. It is for whoever reads them to check that one answers the
// request of its name.
type Recorded struct {
	backend Backend
	prefix  string
}

// Recorded are the answers that runs on the default branch wrote: recorded/.
func (b *Bucket) Recorded() *Recorded { return &Recorded{b.backend, RecordedObjects} }

// RecordedBy are those that the runs of one pull request wrote, the only place
// where they may: pr/<number>/recorded/.
func (b *Bucket) RecordedBy(pullRequest int) *Recorded {
	return &Recorded{b.backend, fmt.Sprintf("%s%d/%s", PullObjects, pullRequest, RecordedObjects)}
}

// Get returns the answer to the request of that name, 64 hex digits.
// ErrNotFound: there is none.
func (r *Recorded) Get(ctx context.Context, request string) ([]byte, error) {
	if !isSum(request) {
		return nil, fmt.Errorf("get recorded: %.100q: want 64 lower-case hex digits", request)
	}
	data, err := r.backend.Get(ctx, r.prefix+request+".json", MaxBlob)
	if err != nil {
		return nil, fmt.Errorf("get recorded: %w", err)
	}
	return data, nil
}

// Put stores an answer. One that is there already stays and is success: nothing
// in a bucket is replaced.
func (r *Recorded) Put(ctx context.Context, request string, data []byte) error {
	var err error
	switch {
	case !isSum(request):
		err = fmt.Errorf("%.100q: want 64 lower-case hex digits", request)
	case len(data) > MaxBlob:
		err = fmt.Errorf("%d bytes, limit %d: %w", len(data), MaxBlob, ErrTooLarge)
	default:
		err = r.backend.Create(ctx, r.prefix+request+".json", data, CreateOptions{ContentType: jsonType})
	}
	if err != nil && !errors.Is(err, ErrExists) {
		return fmt.Errorf("put recorded: %w", err)
	}
	return nil
}
