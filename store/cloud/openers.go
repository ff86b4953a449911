package cloud

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"
)

// openers returns openers of our own. Those that gocloud registers for Google
// and Azure read the environment once per process, and Google's writes warnings
// to stdout and keeps the first caller's context for renewing tokens.
func openers() *blob.URLMux {
	mux := new(blob.URLMux)
	mux.RegisterBucket(gcsblob.Scheme, googleOpener{})
	mux.RegisterBucket(azureblob.Scheme, &azureblob.URLOpener{
		MakeClient:        azureblob.NewDefaultClient,
		ServiceURLOptions: *azureblob.NewDefaultServiceURLOptions(),
	})
	return mux
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
