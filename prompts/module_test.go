package prompts

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// moduleFolder is where the go command keeps a module that holds test data of
// others and no Go code that this module could require. Without a network the
// test is skipped, or fails when PROMPTFLAG_STACK is require.
func moduleFolder(t *testing.T, module string) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = t.TempDir() // outside of this module, whose go.mod stays as it is
	out, err := cmd.Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &found); found.Dir == "" {
		if os.Getenv("PROMPTFLAG_STACK") == "require" {
			t.Fatalf("go mod download %s: %v, %v, %s", module, err, jsonErr, found.Error)
		}
		t.Skipf("go mod download %s: %v, %s", module, err, found.Error)
	}
	return found.Dir
}
