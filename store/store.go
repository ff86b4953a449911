package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// MaxBlob is the size limit, in bytes, of everything a Bucket writes or reads.
const MaxBlob = 1 << 20

// Errors a caller branches on, by errors.Is. An access that the bucket's owner
// refused is none of them: it satisfies fs.ErrPermission where the backend can
// tell, and it is never ErrNotFound.
var (
	// ErrNotFound: there is no object under that key now. It is no proof that
	// there will be none: a bucket may be misconfigured, or not written yet.
	ErrNotFound = errors.New("not found")
	// ErrExists: the key is taken; nothing was written.
	ErrExists = errors.New("already exists")
	// ErrCorrupt: the bytes under a key are not what the key says.
	ErrCorrupt = errors.New("corrupt")
	// ErrTooLarge: the object is, or would be, larger than the limit.
	ErrTooLarge = errors.New("too large")
)

// A Backend is what a driver implements: bytes under keys, never changed and
// never deleted. Keys satisfy [ValidKey]; a Backend refuses others. All methods
// may be called from several goroutines, and every error names the operation
// and the key. No method has a deadline of its own: ctx is the deadline, and a
// ctx without one waits for as long as the driver does. The conformance suite is
// package storetest.
type Backend interface {
	// Get returns the object's bytes, owned by the caller; ErrNotFound when there
	// is none, ErrTooLarge when there are more than limit bytes.
	Get(ctx context.Context, key string, limit int64) ([]byte, error)

	// Create writes data under key if the key is free, in one atomic step: of
	// many concurrent writers, in this process or others, exactly one gets nil
	// and the rest ErrExists, and no reader ever sees a part of an object. After
	// any other error the object may or may not exist: call Create again. A
	// driver that repeats a request whose answer was lost may return ErrExists
	// for what this very call wrote: who has to know reads it back. data is not
	// kept.
	Create(ctx context.Context, key string, data []byte, o CreateOptions) error

	// List yields every object whose key starts with prefix, in the byte order of
	// keys. prefix may be empty or end anywhere in a key. An error is yielded once,
	// with a zero Object, and ends the sequence.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]

	// Close releases what the driver holds. The Backend is not used afterwards.
	Close() error
}

// CreateOptions is what an object store keeps beside the bytes. Backends
// without such metadata ignore it.
type CreateOptions struct {
	ContentType  string // empty: application/octet-stream
	CacheControl string // empty: none
}

// An Object is one line of a listing.
type Object struct {
	Key     string
	Size    int64 // bytes
	ModTime time.Time
}
