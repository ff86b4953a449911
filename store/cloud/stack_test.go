package cloud

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/storetest"
)

// The tests of this file talk to real servers. Each variable holds the URL of an
// existing bucket; credentials are in the variables of the SDKs.
const (
	s3Env    = "PROMPTFLAG_TEST_S3_URL"
	gcsEnv   = "PROMPTFLAG_TEST_GCS_URL"
	azureEnv = "PROMPTFLAG_TEST_AZURE_URL"
)

func TestS3(t *testing.T)    { testService(t, s3Env) }
func TestGCS(t *testing.T)   { testService(t, gcsEnv) }
func TestAzure(t *testing.T) { testService(t, azureEnv) }

func testService(t *testing.T, env string) {
	base := serviceURL(t, env)
	open := func(t *testing.T) *backend {
		u := withPrefix(base)
		t.Cleanup(func() { removeAll(t, u) })
		return openURL(t, u)
	}
	t.Run("conformance", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Backend { return open(t) })
	})
	t.Run("attributes", func(t *testing.T) { testAttributes(t, open(t)) })
	t.Run("two_clients", func(t *testing.T) { testTwoClients(t, base) })
	t.Run("missing_bucket", func(t *testing.T) { testMissingBucket(t, base) })
	t.Run("closed", func(t *testing.T) { testClosed(t, open(t)) })
}

func serviceURL(t *testing.T, env string) *url.URL {
	t.Helper()
	raw := os.Getenv(env)
	if raw == "" {
		if os.Getenv("PROMPTFLAG_STACK") == "require" {
			t.Fatalf("%s is not set and PROMPTFLAG_STACK is require", env)
		}
		t.Skipf("%s is not set", env)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", env, err)
	}
	return u
}

// withPrefix returns base with a prefix that nobody used before.
func withPrefix(base *url.URL) *url.URL {
	u := *base
	q := u.Query()
	q.Set("prefix", q.Get("prefix")+"test-"+rand.Text()+"/")
	u.RawQuery = q.Encode()
	return &u
}

func openURL(t *testing.T, u *url.URL) *backend {
	t.Helper()
	b, err := openBackend(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// removeAll deletes what a test wrote: the bucket may be a real one, and
// emulators get slow with the number of objects.
func removeAll(t *testing.T, u *url.URL) {
	ctx := context.WithoutCancel(t.Context())
	b, err := openBackend(ctx, u)
	if err != nil {
		t.Error(err)
		return
	}
	defer b.Close()
	var deletes errgroup.Group
	deletes.SetLimit(16)
	for o, err := range b.List(ctx, "") {
		if err != nil {
			t.Errorf("clean up: %v", err)
			break
		}
		deletes.Go(func() error { return b.bucket.Delete(ctx, o.Key) })
	}
	if err := deletes.Wait(); err != nil {
		t.Errorf("clean up: %v", err)
	}
}

func testAttributes(t *testing.T, b *backend) {
	digest, _, err := store.New(b).Put(t.Context(), []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := b.bucket.Attributes(t.Context(), "blobs/sha256/"+strings.TrimPrefix(digest, "sha256:"))
	if err != nil {
		t.Fatal(err)
	}
	if a.ContentType != "application/json" || a.CacheControl != "public, max-age=31536000, immutable" {
		t.Errorf("Content-Type %q, Cache-Control %q", a.ContentType, a.CacheControl)
	}
}

// testTwoClients: what one wrote the other reads and does not write again.
func testTwoClients(t *testing.T, base *url.URL) {
	u := withPrefix(base)
	t.Cleanup(func() { removeAll(t, u) })
	one, err := Open(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	two, err := Open(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	digest, created, err := one.Put(t.Context(), []byte(`{"promptflag":1}`))
	if !created || err != nil {
		t.Fatalf("first Put = %v, %v; want created", created, err)
	}
	if _, created, err := two.Put(t.Context(), []byte(`{"promptflag":1}`)); created || err != nil {
		t.Errorf("second Put = %v, %v; want false, nil", created, err)
	}
	if got, err := two.Get(t.Context(), digest); string(got) != `{"promptflag":1}` || err != nil {
		t.Errorf("Get = %q, %v", got, err)
	}
	if err := errors.Join(one.Close(), two.Close()); err != nil {
		t.Error(err)
	}
}

func testMissingBucket(t *testing.T, base *url.URL) {
	u := *base
	u.Host = "promptflag-no-such-bucket"
	b := openURL(t, &u)
	defer b.Close()
	err := b.Create(t.Context(), "blobs/x", []byte("x"), store.CreateOptions{})
	if err == nil || errors.Is(err, store.ErrExists) {
		t.Errorf("Create: error %v, want a failure", err)
	} else {
		t.Logf("Create: %v", err)
	}
	if _, err := b.Get(t.Context(), "blobs/x", 10); err == nil {
		t.Error("Get: no error")
	} else {
		t.Logf("Get: %v", err)
	}
}

// testClosed: gocloud reports a closed bucket with the code of a taken key.
func testClosed(t *testing.T, b *backend) {
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	err := b.Create(t.Context(), "blobs/x", []byte("x"), store.CreateOptions{})
	if err == nil || errors.Is(err, store.ErrExists) {
		t.Errorf("Create: error %v, want a failure", err)
	}
}

// TestS3WrongSecret: a refusal of the service is told from everything else.
func TestS3WrongSecret(t *testing.T) {
	base := serviceURL(t, s3Env)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
	b := openURL(t, withPrefix(base))
	defer b.Close()
	_, err := b.Get(t.Context(), "blobs/x", 10)
	if !errors.Is(err, fs.ErrPermission) || errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get: error %v, want %v", err, fs.ErrPermission)
	}
	err = b.Create(t.Context(), "blobs/x", []byte("x"), store.CreateOptions{})
	if !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("Create: error %v, want %v", err, fs.ErrPermission)
	}
}
