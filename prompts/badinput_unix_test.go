//go:build unix

package prompts

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReferencesToNoFiles: what is no file is not opened: a pipe would wait for
// its writer for ever.
func TestReferencesToNoFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "prompts", "pipe.toml"), "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent_file = \"pipe\"\n")
	write(t, filepath.Join(dir, "prompts", "schema.toml"), hello+"[output]\nschema_file = \"pipe\"\n")
	write(t, filepath.Join(dir, "prompts", "folder.toml"), "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent_file = \"../prompts\"\n")
	write(t, filepath.Join(dir, "prompts", "partial.toml"), "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{> pipe}}\"\n")
	for _, name := range []string{"pipe", "_pipe.md", "definition.toml"} {
		if err := syscall.Mkfifo(filepath.Join(dir, "prompts", name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, err = Load(root.FS(), "prompts", nil)
	if err == nil || strings.Count(err.Error(), "not a regular file") != 5 {
		t.Errorf("Load = %v, want five findings about what is not a regular file", err)
	}
}
