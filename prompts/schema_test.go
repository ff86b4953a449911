package prompts

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSchemaLoadsNothing: a schema that is there, and would do, is not read.
func TestSchemaLoadsNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte(`{"type":"object"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"file://" + filepath.ToSlash(file), filepath.ToSlash(file)} {
		if _, got := compileSchema(map[string]any{"$ref": ref}); len(got) != 1 {
			t.Errorf("compileSchema of a $ref to %s = %v, want one fault", ref, got)
		}
	}
}
