package store_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/store"
)

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with space")
	u := url.URL{Path: strings.TrimPrefix(fileURL(dir), "file://")}
	for _, raw := range []string{"mem://", "file://" + u.String(), "file://localhost" + u.String()} {
		b, err := store.Open(t.Context(), raw)
		if err != nil {
			t.Errorf("Open(%q): %v", raw, err)
			continue
		}
		digest, created, err := b.Put(t.Context(), []byte(raw))
		if err != nil || !created {
			t.Errorf("%s: Put = %v, %v; want created", raw, created, err)
		}
		if got, err := b.Get(t.Context(), digest); string(got) != raw || err != nil {
			t.Errorf("%s: Get = %q, %v", raw, got, err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("%s: Close: %v", raw, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "blobs", "sha256")); err != nil {
		t.Error(err)
	}
}

func TestOpenErrors(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ url, want string }{
		{"", "write file:///abs/dir"},
		{"prompts/bucket", "write file:///abs/dir"},
		{"/abs/dir", "write file:///abs/dir"},
		{`C:\bucket`, "write file:///abs/dir"},
		{"C:/bucket", "write file:///abs/dir"},
		{"file://", "no directory"},
		{"file://bucket/dir", fileURL(filepath.Join(wd, "bucket", "dir"))},
		{"file:bucket", fileURL(filepath.Join(wd, "bucket"))},
		{"file://./bucket", fileURL(filepath.Join(wd, "bucket"))},
		{"file:///dir?create_dir=1", "no parameters"},
		{"mem://name", "takes no name"},
		{"s3://acme-prompts?region=eu-west-1", "store/cloud"},
		{"gs://acme-prompts", "store/cloud"},
		{"azblob://acme-prompts", "store/cloud"},
		{"https://acme.example/prompts", `scheme "https" is unknown`},
		{"s3://%zz:secret@x", "not a URL"},
	}
	for _, test := range tests {
		_, err := store.Open(t.Context(), test.url)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open(%q): error %v, want %q in it", test.url, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q): error %v tells a secret", test.url, err)
		}
	}
}

func fileURL(path string) string {
	return "file:///" + strings.TrimPrefix(filepath.ToSlash(path), "/")
}
