package teststack

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// Module is the folder in which the go command keeps a module, "path@version":
// one that holds test data of others and no Go code that this module requires.
// Without a network the test is skipped, or fails when PROMPTFLAG_STACK is require.
func Module(t testing.TB, module string) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = t.TempDir() // outside of this module, whose go.mod stays as it is
	out, err := cmd.Output()
	var found struct{ Dir, Error string }
	if json.Unmarshal(out, &found) == nil && found.Dir != "" {
		return found.Dir
	}
	if os.Getenv(EnvStack) == "require" {
		t.Fatalf("go mod download %s: %v, %s", module, err, found.Error)
	}
	t.Skipf("go mod download %s: %v, %s", module, err, found.Error)
	return ""
}
