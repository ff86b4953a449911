package cloud

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestMessage(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "connection refused", "connection refused"},
		{"gocloud", `blob (key "a/b") (code=NotFound): storage: object doesn't exist`, "storage: object doesn't exist"},
		{"open", `open bucket gs://b?x=1: invalid query parameter "x"`, `invalid query parameter "x"`},
		{"query", `Get "https://acme.blob.core.windows.net/c/k?sig=abc&sv=1": refused`, `Get "https://acme.blob.core.windows.net/c/k?…": refused`},
		{"user", "Get http://me:pw@host/x: refused", "Get http://…@host/x: refused"},
		{"account_key", "bad AccountKey=abc==;BlobEndpoint=x", "bad AccountKey=…;BlobEndpoint=x"},
		{"header", "Authorization: Bearer", "Authorization: …"},
		{"lines", "a\n\tb\r\n c", "a b c"},
		{"aws", "operation error S3: PutObject, https response error StatusCode: 403, RequestID: 4N2, HostID: 8kX/w+=, api error AccessDenied: Access Denied",
			"operation error S3: PutObject, HTTP 403, api error AccessDenied: Access Denied, RequestID: 4N2"},
		{"aws_no_answer", `operation error S3: GetObject, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Get "http://h/k": refused`,
			`operation error S3: GetObject, request send failed, Get "http://h/k": refused`},
		{"aws_sts", "operation error STS: AssumeRole, https response error StatusCode: 400, RequestID: 7, api error Expired: " + strings.Repeat("x", 700),
			"operation error STS: AssumeRole, HTTP 400, api error Expired: " + strings.Repeat("x", 538) + "…, RequestID: 7"},
		{"long", strings.Repeat("é", 400), strings.Repeat("é", 300) + "…"},
	}
	for _, test := range tests {
		if got := message(errors.New(test.in)); got != test.want {
			t.Errorf("%s: message(%q) = %q, want %q", test.name, test.in, got, test.want)
		}
	}
}

// TestCleanDrops: nothing leads back to an error whose text may hold a secret.
func TestCleanDrops(t *testing.T) {
	secret := errors.New(`Get "https://host/k?sig=abc"`)
	if err := clean(context.Background(), secret); errors.Is(err, secret) || strings.Contains(err.Error(), "abc") {
		t.Errorf("clean = %q, which keeps the original", err)
	}
}
