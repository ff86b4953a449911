package cloud

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/promptflag/promptflag/store"
)

// openS3 opens a bucket of S3, and what puts objects into it.
func openS3(ctx context.Context, u *url.URL) (*blob.Bucket, *s3Objects, error) {
	q := u.Query()
	prefix := q.Get("prefix")
	if escaped(prefix) {
		return nil, nil, errors.New("the prefix: ../, control characters and what is not UTF-8 are not allowed, gocloud.dev reads them under other names")
	}
	q.Del("prefix")
	plain := *u
	plain.RawQuery = q.Encode()
	opener := new(s3blob.URLOpener)
	bucket, err := opener.OpenBucketURL(ctx, &plain) // and its Options are those of the URL
	if err != nil {
		return nil, nil, err
	}
	var client *s3.Client
	if !bucket.As(&client) {
		return nil, nil, errors.New("gocloud's bucket has no S3 client")
	}
	objects := &s3Objects{bucket: u.Host, prefix: prefix, options: opener.Options}
	client = s3.New(client.Options(), func(o *s3.Options) {
		// The SDK writes a warning to stderr for every object that was uploaded
		// without a checksum it knows. Bucket checks its own.
		if !q.Has("response_checksum_validation") {
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
		if c, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			objects.connections = c.GetTransport()
			o.HTTPClient = httpClient(objects.connections, c.GetTimeout())
		}
	})
	objects.client = client
	if bucket, err = s3blob.OpenBucket(ctx, client, u.Host, &opener.Options); err != nil {
		return nil, nil, err
	}
	if prefix != "" {
		bucket = blob.PrefixedBucket(bucket, prefix)
	}
	return bucket, objects, nil
}

// escaped reports whether gocloud writes a prefix in another way. The rest of a
// key needs none, see store.ValidKey.
func escaped(prefix string) bool {
	control := func(r rune) bool { return r < ' ' }
	return strings.Contains(prefix, "../") || strings.ContainsFunc(prefix, control) || !utf8.ValidString(prefix)
}

// connectionsKept is how many idle connections to a service are kept: publish
// writes 32 objects at a time, and the SDK keeps ten.
const connectionsKept = 64

// httpClient is the SDK's own client but for the connections: they are more, and
// can be closed. Like that it follows only redirects that keep the method.
func httpClient(t *http.Transport, timeout time.Duration) *http.Client {
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, connectionsKept
	return &http.Client{
		Transport: t,
		Timeout:   timeout,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if code := r.Response.StatusCode; code != http.StatusTemporaryRedirect && code != http.StatusPermanentRedirect || len(via) >= maxRedirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

const maxRedirects = 10 // as Go's own

// s3Objects puts objects with one call of the SDK, in the goroutine of the caller.
// gocloud starts another for every upload, and growing its stack is a third of
// what a small object costs.
type s3Objects struct {
	client         *s3.Client
	bucket, prefix string
	options        s3blob.Options
	connections    *http.Transport // nil if they are not ours
	closed         atomic.Bool
}

func (s *s3Objects) close() {
	s.closed.Store(true)
	if s.connections != nil {
		s.connections.CloseIdleConnections()
	}
}

func (s *s3Objects) create(ctx context.Context, key string, data []byte, o store.CreateOptions) error {
	if s.closed.Load() {
		return errors.New("the bucket has been closed")
	}
	in := &s3.PutObjectInput{
		Bucket:               &s.bucket,
		Key:                  aws.String(s.prefix + key),
		Body:                 bytes.NewReader(data),
		ContentType:          &o.ContentType,
		IfNoneMatch:          aws.String("*"),
		ServerSideEncryption: s.options.EncryptionType,
	}
	if o.CacheControl != "" {
		in.CacheControl = &o.CacheControl
	}
	if s.options.KMSEncryptionID != "" {
		in.SSEKMSKeyId = &s.options.KMSEncryptionID
	}
	_, err := s.client.PutObject(ctx, in)
	return err
}
