package cloud

import (
	"context"
	"fmt"
	"net/url"
	"os"

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
	return new(s3blob.URLOpener).OpenBucketURL(ctx, u)
}

// googleOpener looks for credentials only if they are used: not for
// ?anonymous=true, and not for an emulator.
type googleOpener struct{}

func (googleOpener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	ctx = context.WithoutCancel(ctx) // the token source keeps it
	opener := &gcsblob.URLOpener{Client: gcp.NewAnonymousHTTPClient(gcp.DefaultTransport())}
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
		if opener.Client, err = gcp.NewHTTPClient(gcp.DefaultTransport(), creds.TokenSource); err != nil {
			return nil, err
		}
	}
	return opener.OpenBucketURL(ctx, u)
}
