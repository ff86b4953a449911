package cloud

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

// byUs tells our own puts from those of the SDK, which names its operation.
func byUs(r *http.Request) bool { return r.Header.Get("Amz-Sdk-Invocation-Id") == "" }

// TestS3Direct: after one put of the SDK the others are our own, and say the same.
func TestS3Direct(t *testing.T) {
	var got []string
	b := s3Stub(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		if byUs(r) {
			got = append(got, fmt.Sprint(r.Method, r.URL, string(body), h.Get("If-None-Match"), h.Get("Content-Type"), h.Get("Cache-Control"),
				h.Get("X-Amz-Checksum-Sha256"), strings.Contains(h.Get("Authorization"), "/us-east-1/s3/aws4_request, SignedHeaders=")))
		}
	})
	for _, key := range []string{"a/1", "b/2", "b/x=y", "3"} {
		if err := b.Create(t.Context(), key, []byte("abc"), store.CreateOptions{ContentType: "text/plain", CacheControl: "no-store"}); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for _, key := range []string{"b/2", "3"} { // the key with = is the SDK's
		want = append(want, fmt.Sprint("PUT", "/test/"+key, "abc", "*", "text/plain", "no-store", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", true))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("own requests (-want +got):\n%s", diff)
	}
}

// TestS3DirectAnswers: what our own put is not told, the SDK is asked.
func TestS3DirectAnswers(t *testing.T) {
	tests := []struct {
		status    int // of our own put
		sdk       string
		want      error
		own, sdks int // requests, for five objects after the first
	}{
		{http.StatusOK, "", nil, 5, 0},
		{http.StatusPreconditionFailed, "", store.ErrExists, 5, 0},
		{http.StatusServiceUnavailable, "", nil, 5, 5},
		{http.StatusServiceUnavailable, "PreconditionFailed", store.ErrExists, 5, 5},
		{http.StatusConflict, "", nil, 5, 5},
		{http.StatusBadRequest, "", nil, maxRefused, 5}, // not this service
		{http.StatusForbidden, "AccessDenied", fs.ErrPermission, maxRefused, 5},
		{http.StatusTemporaryRedirect, "", nil, maxRefused, 5},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, test.sdk), func(t *testing.T) {
			own, sdks := 0, -1
			b := s3Stub(t, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				switch {
				case byUs(r):
					own++
					w.WriteHeader(test.status)
				case sdks >= 0 && test.sdk != "":
					sdks++
					s3Error(w, map[string]int{"AccessDenied": 403, "PreconditionFailed": 412}[test.sdk], test.sdk)
				default:
					sdks++
				}
			})
			put := func(i int) error {
				return b.Create(t.Context(), fmt.Sprint("blobs/", i), []byte("x"), store.CreateOptions{})
			}
			checkErr(t, "the first", put(0), nil)
			for i := range 5 {
				checkErr(t, "Create", put(i+1), test.want)
			}
			if own != test.own || sdks != test.sdks {
				t.Errorf("%d requests of our own, %d of the SDK, want %d and %d", own, sdks, test.own, test.sdks)
			}
		})
	}
}

// TestPlainScope: only the signature that we can make is imitated.
func TestPlainScope(t *testing.T) {
	for authorization, want := range map[string]string{
		"AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0":        "eu-west-1",
		"AWS4-HMAC-SHA256 Credential=AK/ID/20261121/auto/s3/aws4_request, SignedHeaders=host, Signature=0":            "auto",
		"AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/s3express/aws4_request, SignedHeaders=host, Signature=0": "",
		"AWS4-ECDSA-P256-SHA256 Credential=AKID/20261121/s3/aws4_request, SignedHeaders=host, Signature=0":            "",
		"AWS4-HMAC-SHA256 Credential=AKID": "",
		"":                                 "",
	} {
		if region, ok := plainScope(authorization); region != want || ok != (want != "") {
			t.Errorf("%q: region %q, %v, want %q", authorization, region, ok, want)
		}
	}
}
