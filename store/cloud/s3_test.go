package cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"

	"github.com/promptflag/promptflag/store"
)

// s3Recorder answers like S3 and STS, and writes down what puts ask for.
func s3Recorder(t *testing.T) (endpoint string, puts func() []string) {
	t.Helper()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodPost { // AssumeRole
			w.Header().Set("Content-Type", "text/xml")
			io.WriteString(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>hush-hush</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
			return
		}
		lines := []string{r.Method + " " + r.Host + " " + r.RequestURI, fmt.Sprintf("%q", body)}
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			value := strings.Join(r.Header[name], ",")
			switch name {
			case "X-Amz-Date", "User-Agent", "Amz-Sdk-Invocation-Id",
				"X-Amz-Sdk-Checksum-Algorithm": // gocloud names what the checksum itself says
				continue
			case "Authorization": // but for the day and the signature
				key, _, _ := strings.Cut(value, "/")
				_, signed, _ := strings.Cut(value, "SignedHeaders=")
				signed, _, _ = strings.Cut(signed, ",")
				signed = strings.Replace(signed, ";x-amz-sdk-checksum-algorithm", "", 1)
				value = key + " " + signed
			}
			lines = append(lines, name+": "+value)
		}
		got = append(got, strings.Join(lines, "\n"))
	}))
	t.Cleanup(server.Close)
	s3Environment(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	return server.URL, func() []string { return got }
}

// TestS3PutIsUpload: a put asks for what an upload of gocloud does, whatever the
// URL says.
func TestS3PutIsUpload(t *testing.T) {
	odd := "pr/17/a+b=c@d~e_f-g.json"
	tests := []struct {
		name, key, query string
		data             string
		options          store.CreateOptions
		want             string // in the request
	}{
		{name: "plain", data: "abc"},
		{name: "empty"},
		{name: "types", data: "abc", options: store.CreateOptions{ContentType: "application/json", CacheControl: "public, immutable"}},
		{name: "large", data: strings.Repeat("x", store.MaxBlob)},
		{name: "odd_key", key: odd, data: "abc"},
		{name: "prefix", key: odd, data: "abc", query: "&prefix=" + url.QueryEscape("/mon équipe/é+~.."), want: "/test//mon"},
		{name: "encryption", data: "abc", query: "&ssetype=AES256", want: "X-Amz-Server-Side-Encryption: AES256"},
		{name: "key_of_kms", data: "abc", query: "&ssetype=aws:kms&kmskeyid=alias/prompts", want: "Aws-Kms-Key-Id: alias/prompts"},
		{name: "anonymous", data: "abc", query: "&anonymous=true"},
		{name: "role", data: "abc", query: "&role=arn:aws:iam::123456789012:role/publish", want: "Credential=ASSUMED"},
		{name: "checksum", data: "abc", query: "&request_checksum_calculation=when_supported", want: "X-Amz-Checksum-Crc32: "},
		{name: "limiter", data: "abc", query: "&rate_limiter_capacity=100"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			endpoint, puts := s3Recorder(t)
			u, err := url.Parse("s3://test?use_path_style=true&region=us-east-1&endpoint=" + endpoint + test.query)
			if err != nil {
				t.Fatal(err)
			}
			b := openURL(t, u)
			t.Cleanup(func() { b.Close() })
			if test.key == "" {
				test.key = "blobs/x"
			}
			if err := b.Create(t.Context(), test.key, []byte(test.data), test.options); err != nil {
				t.Fatal(err)
			}
			o := &blob.WriterOptions{IfNotExist: true, ContentType: test.options.ContentType, CacheControl: test.options.CacheControl}
			if o.ContentType == "" {
				o.ContentType = "application/octet-stream"
			}
			if err := b.bucket.Upload(t.Context(), test.key, bytes.NewReader([]byte(test.data)), o); err != nil {
				t.Fatal(err)
			}
			got := puts()
			if len(got) != 2 {
				t.Fatalf("%d requests, want 2", len(got))
			}
			if diff := cmp.Diff(got[1], got[0]); diff != "" {
				t.Errorf("requests (-upload +put):\n%s", diff)
			}
			if !strings.Contains(got[0], test.want) {
				t.Errorf("request %s\nwant %q in it", got[0], test.want)
			}
		})
	}
}

// TestS3Client: what a URL says of connections holds for all requests.
func TestS3Client(t *testing.T) {
	s3Environment(t)
	u, err := url.Parse("s3://test?region=eu-west-1&accelerate=true&dualstack=true&prefix=a/")
	if err != nil {
		t.Fatal(err)
	}
	b := openURL(t, u)
	defer b.Close()
	var client *s3.Client
	if !b.bucket.As(&client) || client != b.s3.client {
		t.Fatal("puts have a client of their own")
	}
	o := client.Options()
	if !o.UseAccelerate || o.Region != "eu-west-1" || o.EndpointOptions.UseDualStackEndpoint != aws.DualStackEndpointStateEnabled ||
		o.ResponseChecksumValidation != aws.ResponseChecksumValidationWhenRequired {
		t.Errorf("options of the URL are lost: %+v", o)
	}
}

// TestS3NoChecksum: other services than Amazon's may not know them. gocloud sends
// one even then.
func TestS3NoChecksum(t *testing.T) {
	endpoint, puts := s3Recorder(t)
	u, err := url.Parse("s3://test?use_path_style=true&region=us-east-1&request_checksum_calculation=when_required&endpoint=" + endpoint)
	if err != nil {
		t.Fatal(err)
	}
	b := openURL(t, u)
	defer b.Close()
	if err := b.Create(t.Context(), "blobs/x", []byte("abc"), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := puts(); len(got) != 1 || strings.Contains(strings.ToLower(got[0]), "crc") {
		t.Errorf("requests %q, want one without a checksum", got)
	}
}

// TestListedName: gocloud would list them under another name.
func TestListedName(t *testing.T) {
	b := s3Stub(t, func(http.ResponseWriter, *http.Request) {})
	for _, key := range []string{"releases/a__0x2e__b/x.json", "releases/a__0x41__/x.json"} {
		if err := store.ValidKey(key); err != nil {
			t.Fatal(err)
		}
		if err := b.Create(t.Context(), key, nil, store.CreateOptions{}); err == nil {
			t.Errorf("Create(%s): no error", key)
		}
	}
	for _, key := range []string{"releases/a__0x2e/x.json", "releases/a__b__/x.json"} {
		if err := b.Create(t.Context(), key, nil, store.CreateOptions{}); err != nil {
			t.Errorf("Create(%s) = %v", key, err)
		}
	}
}

func TestS3Prefix(t *testing.T) {
	s3Environment(t)
	for _, prefix := range []string{"a/../", "../", "a\n", "\xff"} {
		b, err := Open(t.Context(), "s3://test?region=us-east-1&prefix="+url.QueryEscape(prefix))
		if err == nil {
			b.Close()
			t.Errorf("prefix %q: no error", prefix)
		}
	}
}

func TestS3Closed(t *testing.T) {
	handle, requests := script("")
	b := s3Stub(t, handle)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	err := b.Create(t.Context(), "blobs/x", []byte("x"), store.CreateOptions{})
	if err == nil || errors.Is(err, store.ErrExists) || requests() != 0 {
		t.Errorf("Create = %v after %d requests, want a failure without one", err, requests())
	}
}
