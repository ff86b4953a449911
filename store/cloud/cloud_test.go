package cloud_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/store/cloud"
)

func ExampleOpen() {
	// In production: cloud.Open(ctx, "s3://acme-prompts?region=eu-west-1")
	ctx := context.Background()
	bucket, err := cloud.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	digest, created, err := bucket.Put(ctx, []byte("{}"))
	fmt.Println(digest[:19], created, err)
	// Output: sha256:44136fa355b3 true <nil>
}

func TestOpenErrors(t *testing.T) {
	tests := []struct{ url, want string }{
		{"", "write file:///abs/dir"},
		{"ftp://x", `scheme "ftp" is unknown`},
		{"s3://", "want the name of the bucket"},
		{"s3://bucket/prefix", "?prefix=team/"},
		{"s3://key:secret@bucket", "want the name of the bucket"},
		{"s3://bucket?region=eu-west-1&sig=secret&nonsense=1", "open bucket s3://bucket: "},
		{"gs://bucket?nonsense=secret", "open bucket gs://bucket: "},
		{"s3://bucket?key=x", "would map every object to one"},
		{"s3://%zz:secret@bucket", "not a URL"},
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1") // else Google's SDK looks for credentials in the network
	for _, test := range tests {
		_, err := cloud.Open(t.Context(), test.url)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open(%q): error %v, want %q in it", test.url, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q): error %v tells a secret", test.url, err)
		}
	}
}
