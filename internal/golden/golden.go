// Package golden compares what a test made with a file that was looked at.
package golden

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Compare reports how got differs from the file, which must be there. With
// UPDATE=1 in the environment it writes the file first.
func Compare[Text string | []byte](t testing.TB, file string, got Text) {
	t.Helper()
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("expected file is missing (UPDATE=1 writes it): %v", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), UPDATE=1 writes it:\n%s", file, diff)
	}
}
