package cloud

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"
)

// openers returns openers of our own. Those that gocloud registers for Google
// and Azure read the environment once per process, and Google's writes warnings
// to stdout and keeps the first caller's context for renewing tokens.
func openers() *blob.URLMux {
	mux := new(blob.URLMux)
	mux.RegisterBucket(s3blob.Scheme, s3Opener{})
	mux.RegisterBucket(gcsblob.Scheme, googleOpener{})
	mux.RegisterBucket(azureblob.Scheme, &azureblob.URLOpener{
		MakeClient:        azureblob.NewDefaultClient,
		ServiceURLOptions: *azureblob.NewDefaultServiceURLOptions(),
	})
	return mux
}

// s3Opener keeps the SDK from writing a warning to stderr for every object that
// was uploaded without a checksum it knows; Bucket checks its own.
type s3Opener struct{}

func (s3Opener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	const validation = "response_checksum_validation"
	if q := u.Query(); !q.Has(validation) {
		q.Set(validation, "when_required")
		c := *u
		c.RawQuery = q.Encode()
		u = &c
	}
	opener := new(s3blob.URLOpener)
	bucket, err := opener.OpenBucketURL(ctx, u) // and its Options are those of the URL
	if err != nil {
		return nil, err
	}
	var client *s3.Client
	if !bucket.As(&client) {
		return bucket, nil
	}
	client = s3.New(client.Options(), func(o *s3.Options) {
		if c, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = c.WithTransportOptions(keepConnections)
		}
		o.HTTPClient = observed{o.HTTPClient}
	})
	return s3blob.OpenBucket(ctx, client, u.Host, &opener.Options)
}

// connectionsKept is how many idle connections to a service are kept, because
// publish writes 32 objects at a time and Go's transports keep two.
const connectionsKept = 64

func keepConnections(t *http.Transport) { t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, connectionsKept }

// googleOpener looks for credentials only if they are used: not for
// ?anonymous=true, and not for an emulator.
type googleOpener struct{}

func (googleOpener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	ctx = context.WithoutCancel(ctx) // the token source keeps it
	transport := gcp.DefaultTransport()
	if t, ok := transport.(*http.Transport); ok {
		t = t.Clone()
		keepConnections(t)
		transport = t
	}
	opener := &gcsblob.URLOpener{Client: gcp.NewAnonymousHTTPClient(transport)}
	if q := u.Query(); q.Get("anonymous") == "" && os.Getenv("STORAGE_EMULATOR_HOST") == "" {
		creds, err := gcp.DefaultCredentialsWithParams(ctx, google.CredentialsParams{UniverseDomain: q.Get("universe_domain")})
		if err != nil {
			return nil, fmt.Errorf("credentials: %w", err)
		}
		domain, err := creds.GetUniverseDomain()
		if err != nil {
			return nil, fmt.Errorf("credentials: %w", err)
		}
		opener.Options.ClientOptions = []option.ClientOption{option.WithUniverseDomain(domain)}
		if opener.Client, err = gcp.NewHTTPClient(transport, creds.TokenSource); err != nil {
			return nil, err
		}
	}
	return opener.OpenBucketURL(ctx, u)
}
