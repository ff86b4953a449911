package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

// What emulators never say, real services do: these tests answer for them.

// s3Stub returns a backend whose requests are answered by handle.
func s3Stub(t *testing.T, handle http.HandlerFunc) *backend {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	s3Environment(t)
	u, err := url.Parse("s3://test?use_path_style=true&region=us-east-1&endpoint=" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := openURL(t, u)
	b.pause = time.Millisecond
	t.Cleanup(func() { b.Close() })
	return b
}

func s3Environment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "testkey")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func s3Error(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>stub</Message><RequestId>r</RequestId></Error>", code)
}

// script answers the requests with codes in order, the last one for ever; "" is success.
func script(codes ...string) (handle http.HandlerFunc, requests func() int) {
	status := map[string]int{
		"ConditionalRequestConflict": http.StatusConflict, "OperationAborted": http.StatusConflict,
		"PreconditionFailed": http.StatusPreconditionFailed, "AccessDenied": http.StatusForbidden,
		"NoSuchKey": http.StatusNotFound, "NoSuchBucket": http.StatusNotFound, "NotFound": http.StatusNotFound,
		"NoSuchUpload": http.StatusNotFound, "MovedPermanently": http.StatusMovedPermanently, "PermanentRedirect": http.StatusMovedPermanently,
	}
	var mu sync.Mutex
	n := 0
	handle = func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		mu.Lock()
		code := codes[min(n, len(codes)-1)]
		n++
		mu.Unlock()
		if code != "" {
			s3Error(w, status[code], code)
		}
	}
	return handle, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func TestS3Answers(t *testing.T) {
	const conflict = "ConditionalRequestConflict"
	tests := []struct {
		name     string
		codes    []string
		want     error // nil: success; errAny: one that is no sentinel
		requests int
	}{
		{"created", []string{""}, nil, 1},
		{"exists", []string{"PreconditionFailed"}, store.ErrExists, 1},
		{"conflict_then_created", []string{conflict, conflict, ""}, nil, 3},
		{"conflict_then_exists", []string{conflict, "PreconditionFailed"}, store.ErrExists, 2},
		{"conflict_for_ever", []string{conflict}, errAny, 1 + conflictRetries},
		{"denied", []string{"AccessDenied"}, fs.ErrPermission, 1},
		{"no_bucket", []string{"NoSuchBucket"}, store.ErrNotFound, 1},
		{"no_bucket_either", []string{"NotFound"}, store.ErrNotFound, 1},
		{"no_key", []string{"NoSuchKey"}, store.ErrNotFound, 1},
		{"bucket_elsewhere", []string{"PermanentRedirect"}, store.ErrNotFound, 1},
		{"bucket_moved", []string{"MovedPermanently"}, store.ErrNotFound, 1},
		{"no_such_upload", []string{"NoSuchUpload"}, errAny, 1},
		{"conflict_of_another_kind", []string{"OperationAborted"}, errAny, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			handle, requests := script(test.codes...)
			err := s3Stub(t, handle).Create(t.Context(), "blobs/x", []byte("x"), store.CreateOptions{})
			checkErr(t, "Create", err, test.want)
			if got := requests(); got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
		})
	}
}

func TestS3Get(t *testing.T) {
	for code, want := range map[string]error{"AccessDenied": fs.ErrPermission, "NoSuchKey": store.ErrNotFound} {
		handle, _ := script(code)
		_, err := s3Stub(t, handle).Get(t.Context(), "blobs/x", 10)
		checkErr(t, code, err, want)
	}
}

// TestS3Put: one request per object, conditional, with what a CDN needs to know.
func TestS3Put(t *testing.T) {
	var got []string
	b := s3Stub(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		h := r.Header
		got = append(got, r.Method+" "+r.URL.Path, h.Get("If-None-Match"), h.Get("Content-Type"), h.Get("Cache-Control"))
	})
	if _, _, err := store.New(b).Put(t.Context(), []byte("abc")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PUT /test/blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"*", "application/json", "public, max-age=31536000, immutable",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestS3PutOptions: what the URL says of writes holds for them, and for nothing else.
func TestS3PutOptions(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		h := r.Header
		got = append(got, r.Method+" "+r.URL.Path, h.Get("X-Amz-Server-Side-Encryption"), h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"))
	}))
	t.Cleanup(server.Close)
	s3Environment(t)
	b, err := Open(t.Context(), "s3://test?use_path_style=true&region=us-east-1&prefix=team/&ssetype=aws:kms&kmskeyid=alias/prompts&endpoint="+server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	digest, _, err := b.Put(t.Context(), []byte("abc"))
	if err != nil {
		t.Fatal(err)
	}
	b.Get(t.Context(), digest)
	const path = "/test/team/blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	want := []string{"PUT " + path, "aws:kms", "alias/prompts", "GET " + path, "", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestS3Close: a bucket that is closed leaves no connection behind.
func TestS3Close(t *testing.T) {
	closed := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			close(closed) // there is one connection
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	s3Environment(t)
	b, err := Open(t.Context(), "s3://test?use_path_style=true&region=us-east-1&endpoint="+server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := b.Put(t.Context(), []byte("abc")); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("the connection is still open")
	}
}

// TestS3TooLarge: an object that says it is large is not read.
func TestS3TooLarge(t *testing.T) {
	b := s3Stub(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1099511627776")
		w.WriteHeader(http.StatusOK)
	})
	_, err := b.Get(t.Context(), "blobs/x", store.MaxBlob)
	checkErr(t, "Get", err, store.ErrTooLarge)
}

// TestGoogleDenied: gocloud says "not found".
func TestGoogleDenied(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"error":{"code":403,"message":"x does not have storage.objects access"}}`)
	}))
	t.Cleanup(server.Close)
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(server.URL, "http://"))
	b := openURL(t, &url.URL{Scheme: "gs", Host: "test"})
	defer b.Close()
	_, err := b.Get(t.Context(), "blobs/x", 10)
	checkErr(t, "Get", err, fs.ErrPermission)
	err = b.Create(t.Context(), "blobs/x", []byte("x"), store.CreateOptions{})
	checkErr(t, "Create", err, fs.ErrPermission)
	for _, err := range b.List(t.Context(), "blobs/") {
		checkErr(t, "List blobs/x", err, fs.ErrPermission)
	}
}

// TestSilence: the server accepts and never answers; the context ends the call.
func TestSilence(t *testing.T) {
	silence := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silence:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(silence) })
	s3Environment(t)
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(server.URL, "http://"))
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING",
		"DefaultEndpointsProtocol=http;AccountName=acme;AccountKey=aHVzaC1odXNo;BlobEndpoint="+server.URL+"/acme;")
	for _, raw := range []string{
		"s3://test?use_path_style=true&region=us-east-1&endpoint=" + server.URL, "gs://test", "azblob://test",
	} {
		b, err := Open(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err = b.Get(ctx, "sha256:"+strings.Repeat("0", 64))
		checkErr(t, raw, err, context.DeadlineExceeded)
		_, _, err = b.Put(ctx, []byte("x"))
		checkErr(t, raw, err, context.DeadlineExceeded)
		_, err = b.RecordKeys(ctx, "blobs-x")
		checkErr(t, raw, err, context.DeadlineExceeded)
		cancel()
		b.Close()
	}
}

var errAny = errors.New("any error but a sentinel")

func checkErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil || err == nil {
		if err != want {
			t.Errorf("%s: error %v, want %v", what, err, want)
		}
		return
	}
	for _, sentinel := range []error{store.ErrExists, store.ErrNotFound, store.ErrTooLarge, fs.ErrPermission} {
		if got := errors.Is(err, sentinel); got != (sentinel == want) {
			t.Errorf("%s: error %q: Is(%v) = %v", what, err, sentinel, got)
		}
	}
	if want != errAny && !errors.Is(err, want) {
		t.Errorf("%s: error %q, want %v", what, err, want)
	}
	if text := err.Error(); !strings.Contains(text, "blobs") || strings.Contains(text, "\n") || strings.Contains(text, "hush") {
		t.Errorf("%s: error %q: want one line that names the key and no secret", what, text)
	}
}

// TestS3RequestID: gocloud takes every answer in whose text "301" occurs for a
// missing bucket, and the text holds ids that the service draws at random.
func TestS3RequestID(t *testing.T) {
	b := s3Stub(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Amz-Request-Id", "DCDH301K5GUN")
		if r.Method == http.MethodGet {
			s3Error(w, http.StatusNotImplemented, "NotImplemented")
			return
		}
		s3Error(w, http.StatusPreconditionFailed, "PreconditionFailed")
	})
	ctx := context.Background()
	checkErr(t, "Create of what is there", b.Create(ctx, "blobs/k", []byte("x"), store.CreateOptions{}), store.ErrExists)
	if _, err := b.Get(ctx, "blobs/k", 10); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get that the service refuses = %v, want another error than not found", err)
	}
}
