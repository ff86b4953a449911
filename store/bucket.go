package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// A Bucket keeps blobs under their own SHA-256, and release records. It may be
// shared by goroutines. Bucket is a concrete type on purpose: a Backend can be
// replaced, the verification cannot.
type Bucket struct {
	backend Backend
}

// New returns the bucket on b, which it owns from now on.
func New(b Backend) *Bucket { return &Bucket{backend: b} }

// Close releases the backend.
func (b *Bucket) Close() error { return b.backend.Close() }

const (
	digestPrefix = "sha256:"
	blobCache    = "public, max-age=31536000, immutable"
)

// Put stores data under its digest, "sha256:<64 lower hex>", which it returns.
// It can be repeated and raced: when a blob of that name is there already, Put
// succeeds, writes nothing and reports created = false. It does not read what is
// there (one request per blob, and no right to read is needed): should those
// bytes be damaged, Get says so, and Put never repairs them, because nothing
// under a name is ever replaced. More than MaxBlob bytes are ErrTooLarge.
func (b *Bucket) Put(ctx context.Context, data []byte) (digest string, created bool, err error) {
	if len(data) > MaxBlob {
		return "", false, fmt.Errorf("put blob: %d bytes, limit %d: %w", len(data), MaxBlob, ErrTooLarge)
	}
	sum := hexSum(data)
	err = b.backend.Create(ctx, BlobObjects+sum, data, CreateOptions{ContentType: jsonType, CacheControl: blobCache})
	if err != nil && !errors.Is(err, ErrExists) {
		return "", false, fmt.Errorf("put blob: %w", err)
	}
	return digestPrefix + sum, err == nil, nil
}

// Get returns the bytes that hash to digest ("sha256:<64 lower hex>"), owned by
// the caller. ErrNotFound: there is no such blob. ErrCorrupt: there is, with
// other bytes in it. ErrTooLarge: there is, with more than MaxBlob bytes.
func (b *Bucket) Get(ctx context.Context, digest string) ([]byte, error) {
	want, err := digestHex(digest)
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	data, err := b.backend.Get(ctx, BlobObjects+want, MaxBlob)
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	if got := hexSum(data); got != want {
		return nil, fmt.Errorf("get blob: %s%s: %d bytes that hash to sha256:%s: %w", BlobObjects, want, len(data), got, ErrCorrupt)
	}
	return data, nil
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// digestHex returns the 64 hex digits of a digest.
func digestHex(digest string) (string, error) {
	digits, ok := strings.CutPrefix(digest, digestPrefix)
	if !ok || len(digits) != 2*sha256.Size || !isLowerHex(digits) {
		return "", fmt.Errorf("%.100q is not a digest (want sha256: and 64 lower-case hex digits)", digest)
	}
	return digits, nil
}
