package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// TestDoctorAsksGitHub: with a token the branch's protection is looked at, and
// GitHub's clock; the token goes to GitHub alone.
func TestDoctorAsksGitHub(t *testing.T) {
	dir := initialised(t)
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"remote", "add", "origin", "https://nobody:hush@127.0.0.1:9/acme/prompts.git"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %v", out, err)
		}
	}
	rules := `[{"type":"pull_request","parameters":{"required_approving_review_count":1,"require_code_owner_review":true,"dismiss_stale_reviews_on_push":true,"require_last_push_approval":false,"required_review_thread_resolution":false}}]`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		switch {
		case r.Header.Get("Authorization") != "Bearer hush":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/repos/acme/prompts/branches/main":
			w.Write([]byte(`{"name":"main","protected":false}`))
		case r.URL.Path == "/repos/acme/prompts/rules/branches/main":
			w.Write([]byte(rules))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	env := map[string]string{"GITHUB_TOKEN": "hush", "GITHUB_API_URL": server.URL}
	code, stdout, stderr := runIn(t, dir, env, "doctor")
	for _, want := range []string{"main needs 1 approval(s), of code owners", "1h0m", "could not tell  git"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s%s", want, stdout, stderr)
		}
	}
	if code != 1 || strings.Contains(stdout+stderr, "hush") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	// A token of GitHub does not go to another host.
	if _, stdout, _ := runIn(t, dir, map[string]string{"GITHUB_TOKEN": "hush"}, "doctor"); !strings.Contains(stdout, "not asked: there is no token for it") {
		t.Errorf("%s", stdout)
	}
}
