package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInitReplays: the answers that init lays out are those to the requests of
// its first prompt. UPDATE=1 records the answers of a stand-in anew.
func TestInitReplays(t *testing.T) {
	if os.Getenv("UPDATE") != "" {
		recordInit(t)
		t.Log("recorded anew: run again without UPDATE, what is embedded was built before")
		return
	}
	dir := initialised(t)
	code, stdout, stderr := runIn(t, dir, nil, "eval", "--replay")
	if code != 0 || !strings.Contains(stdout, "1 prompt: 1 pass") {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	validReports(t, filepath.Join(dir, ".promptflag", "eval", "report.json"))
	kept, err := filepath.Glob("../internal/scaffold/files/recorded/*/*.json")
	if err != nil || len(kept) != 4 {
		t.Errorf("%d recorded answers, want one per case: %v", len(kept), err)
	}
}

// initialised is a folder with what init writes.
func initialised(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my prompts")
	if code, stdout, stderr := runIn(t, filepath.Dir(dir), nil, "init", "my prompts"); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	return dir
}

func recordInit(t *testing.T) {
	dir := initialised(t)
	if err := os.RemoveAll(filepath.Join(dir, "recorded")); err != nil {
		t.Fatal(err)
	}
	server := standin(t)
	env := map[string]string{"OPENAI_BASE_URL": server.URL + "/v1", "OPENAI_API_KEY": "none"}
	if code, stdout, stderr := runIn(t, dir, env, "eval", "--record", "--against", "none"); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	target := filepath.FromSlash("../internal/scaffold/files/recorded")
	if err := os.RemoveAll(target); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(target, os.DirFS(filepath.Join(dir, "recorded"))); err != nil {
		t.Fatal(err)
	}
}
