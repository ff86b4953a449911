package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/url"
	"regexp"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/promptflag/promptflag/store"
)

// Open opens a bucket by URL; the package comment lists the forms. It checks the
// URL and finds credentials, it does not ask the service whether the bucket exists.
func Open(ctx context.Context, rawURL string) (*store.Bucket, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("open bucket: not a URL (want s3://, gs://, azblob://, file:///abs/dir or mem://)")
	}
	switch u.Scheme {
	case "s3", "gs", "azblob":
		b, err := openBackend(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("open bucket %s://%s: %w", u.Scheme, u.Host, err)
		}
		return store.New(b), nil
	}
	return store.Open(ctx, rawURL)
}

func openBackend(ctx context.Context, u *url.URL) (*backend, error) {
	if u.Host == "" || u.User != nil || (u.Path != "" && u.Path != "/") {
		return nil, errors.New("want the name of the bucket and parameters only; a prefix is ?prefix=team/")
	}
	if u.Query().Has("key") {
		return nil, errors.New("the parameter key of gocloud.dev would map every object to one")
	}
	b := &backend{pause: conflictPause}
	var err error
	if u.Scheme == s3blob.Scheme {
		b.bucket, b.s3, err = openS3(ctx, u)
	} else {
		b.bucket, err = openers().OpenBucketURL(ctx, u)
	}
	if err != nil {
		return nil, clean(ctx, err)
	}
	return b, nil
}

// backend is a store.Backend on a gocloud bucket.
type backend struct {
	bucket *blob.Bucket
	pause  time.Duration // before the first repetition of a put
	s3     *s3Objects    // nil for the others
}

var _ store.Backend = (*backend)(nil)

func (b *backend) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := store.ValidKey(key); err != nil {
		return nil, fmt.Errorf("get %w", err)
	}
	data, err := b.read(ctx, key, limit)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	return data, nil
}

func (b *backend) read(ctx context.Context, key string, limit int64) ([]byte, error) {
	r, err := b.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, clean(ctx, err)
	}
	defer r.Close()
	if r.Size() > limit {
		return nil, fmt.Errorf("%d bytes, limit %d: %w", r.Size(), limit, store.ErrTooLarge)
	}
	data, err := io.ReadAll(io.LimitReader(r, min(limit, math.MaxInt64-1)+1))
	if err != nil {
		return nil, clean(ctx, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("more than %d bytes: %w", limit, store.ErrTooLarge)
	}
	return data, nil
}

func (b *backend) Create(ctx context.Context, key string, data []byte, o store.CreateOptions) error {
	if err := store.ValidKey(key); err != nil {
		return fmt.Errorf("create %w", err)
	}
	if unescaped.MatchString(key) {
		return fmt.Errorf("create %s: __0x…__ is not allowed in keys: gocloud.dev would list the object under another name", key)
	}
	if err := b.upload(ctx, key, data, o); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	return nil
}

// unescaped is what gocloud takes for a character when it lists keys.
var unescaped = regexp.MustCompile(`__0x[^_]+__`)

// How often a put that S3 answered with "conflict, try again" is repeated, and
// the first pause; each further one is twice as long: 1.5 s in all.
const (
	conflictRetries = 5
	conflictPause   = 50 * time.Millisecond
)

func (b *backend) upload(ctx context.Context, key string, data []byte, o store.CreateOptions) error {
	pause := b.pause
	for try := 0; ; try++ {
		err := b.uploadOnce(ctx, key, data, o)
		switch {
		case err == nil:
			return nil
		case taken(err):
			return store.ErrExists
		case !conflict(err) || try == conflictRetries:
			return missingBucket(clean(ctx, err))
		}
		select {
		case <-ctx.Done():
			return clean(ctx, err)
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// uploadOnce uses Upload: a failing Writer of azureblob panics in gocloud.dev
// v0.46.0, and Upload is one request where a Writer is a pipe and a goroutine.
func (b *backend) uploadOnce(ctx context.Context, key string, data []byte, o store.CreateOptions) error {
	if o.ContentType == "" {
		o.ContentType = "application/octet-stream"
	}
	if b.s3 != nil {
		return b.s3.create(ctx, key, data, o)
	}
	return b.bucket.Upload(ctx, key, bytes.NewReader(data), &blob.WriterOptions{
		IfNotExist:   true,
		ContentType:  o.ContentType,
		CacheControl: o.CacheControl,
	})
}

func (b *backend) List(ctx context.Context, prefix string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		if err := store.ValidPrefix(prefix); err != nil {
			yield(store.Object{}, fmt.Errorf("list %w", err))
			return
		}
		it := b.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := it.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(store.Object{}, fmt.Errorf("list %s: %w", prefix, clean(ctx, err)))
				return
			}
			if !yield(store.Object{Key: o.Key, Size: o.Size, ModTime: o.ModTime}, nil) {
				return
			}
		}
	}
}

func (b *backend) Close() error {
	if b.s3 != nil {
		defer b.s3.close()
	}
	if err := b.bucket.Close(); err != nil {
		return fmt.Errorf("close bucket: %w", clean(context.Background(), err))
	}
	return nil
}
