package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/promptflag/promptflag/store"
)

// direct puts objects to S3 without the SDK, which spends more time on a small
// object than a server does: the first publish of many prompts is nothing else.
// It learns from a put of the SDK where the bucket is and which headers it wants
// (addressing, encryption, region), and repeats that for other keys. Whatever is
// not answered with "created" or "exists" is put again by the SDK, which knows
// about pauses, clocks, redirects and what errors mean.
type direct struct {
	client  s3.HTTPClient
	creds   aws.CredentialsProvider
	signer  *v4.Signer
	pattern atomic.Pointer[pattern] // nil: not learned yet
	refused atomic.Int32
}

// pattern is what puts to one bucket have in common.
type pattern struct {
	before string // the URL as far as the key, escaped
	header http.Header
	region string
}

// maxRefused is how often the service may refuse a put before it is left to the SDK.
const maxRefused = 3

func newDirect(o s3.Options) *direct {
	return &direct{
		client: o.HTTPClient, creds: o.Credentials,
		signer: v4.NewSigner(func(s *v4.SignerOptions) { s.DisableURIPathEscaping = true }),
	}
}

// lesson is the last request that the SDK sent for one object.
type lesson struct{ request *http.Request }

type lessonKey struct{}

// observed is an HTTP client that shows what it sends to the lesson of the
// context, if there is one.
type observed struct{ s3.HTTPClient }

func (o observed) Do(r *http.Request) (*http.Response, error) {
	if l, ok := r.Context().Value(lessonKey{}).(*lesson); ok {
		l.request = r
	}
	return o.HTTPClient.Do(r)
}

// learn looks at a request that worked.
func (d *direct) learn(l *lesson, key string) {
	r := l.request
	if r == nil || r.Method != http.MethodPut || d.refused.Load() >= maxRefused {
		return
	}
	region, ok := plainScope(r.Header.Get("Authorization"))
	u := *r.URL
	if u.RawQuery == "x-id=PutObject" {
		u.RawQuery = "" // the SDK's name of the operation
	}
	before, ends := strings.CutSuffix(u.String(), "/"+key)
	if !ok || !ends || u.RawQuery != "" || r.Host != "" && r.Host != u.Host {
		return
	}
	header := http.Header{"If-None-Match": {"*"}}
	for name, values := range r.Header {
		if stays(name) {
			header[name] = values
		}
	}
	d.pattern.Store(&pattern{before + "/", header, region})
}

// stays tells headers that say something about the bucket or its owner from
// those that are about one object or one attempt.
func stays(name string) bool {
	name = strings.ToLower(name)
	return name == "user-agent" || name == "x-amz-request-payer" || name == "x-amz-expected-bucket-owner" ||
		strings.HasPrefix(name, "x-amz-server-side-encryption") && !strings.Contains(name, "customer")
}

// plainScope returns the region of a signature of the common kind. Those of
// several regions and of directory buckets are the SDK's.
func plainScope(authorization string) (region string, ok bool) {
	rest, ok := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 Credential=")
	if !ok {
		return "", false
	}
	credential, _, _ := strings.Cut(rest, ",")
	scope := strings.Split(credential, "/") // key id, date, region, service, aws4_request
	n := len(scope)
	if n < 5 || scope[n-2] != "s3" {
		return "", false
	}
	return scope[n-3], true
}

// put reports whether it is known what became of the object: nil or
// store.ErrExists. Where it is not, the SDK has to put it.
func (d *direct) put(ctx context.Context, key string, data []byte, o store.CreateOptions) (known bool, err error) {
	p := d.pattern.Load()
	if p == nil || strings.ContainsAny(key, "+=@~") { // which the SDK escapes
		return false, nil
	}
	creds, err := d.creds.Retrieve(ctx)
	if err != nil {
		return false, nil
	}
	u, err := url.Parse(p.before + key)
	if err != nil {
		return false, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, u.String(), bytes.NewReader(data))
	if err != nil {
		return false, nil
	}
	r.Header = p.header.Clone()
	r.Header.Set("Content-Type", o.ContentType)
	if o.CacheControl != "" {
		r.Header.Set("Cache-Control", o.CacheControl)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	r.Header.Set("X-Amz-Checksum-Sha256", base64.StdEncoding.EncodeToString(sum[:]))
	if err := d.signer.SignHTTP(ctx, creds, r, hash, "s3", p.region, time.Now()); err != nil {
		return false, nil
	}
	res, err := d.client.Do(r)
	if err != nil {
		return false, nil
	}
	defer res.Body.Close()
	io.CopyN(io.Discard, res.Body, 64<<10) // to use the connection again
	switch {
	case res.StatusCode == http.StatusOK:
		return true, nil
	case res.StatusCode == http.StatusPreconditionFailed:
		return true, store.ErrExists
	case res.StatusCode/100 != 5 && res.StatusCode != http.StatusConflict && res.StatusCode != http.StatusTooManyRequests:
		if d.refused.Add(1) >= maxRefused {
			d.pattern.Store(nil)
		}
	}
	return false, nil
}
