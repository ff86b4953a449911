package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/cli"
	"github.com/promptflag/promptflag/internal/githubfake"
)

// A scheduled run opens one issue, keeps it up to date, and closes it when there
// is no drift any more; not while it cannot tell.
func TestDriftIssue(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, example.FS()); err != nil {
		t.Fatal(err)
	}
	if err := withoutSuites(dir); err != nil {
		t.Fatal(err)
	}
	fake := githubfake.New("acme/prompts")
	server := httptest.NewServer(fake)
	defer server.Close()
	summary := filepath.Join(t.TempDir(), "summary")
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule", "GITHUB_REPOSITORY": "acme/prompts", "GITHUB_SHA": strings.Repeat("c", 40),
		"GITHUB_API_URL": server.URL, "GITHUB_SERVER_URL": "https://github.example", "GITHUB_TOKEN": "t0ken",
		"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_STEP_SUMMARY": summary,
	}
	run := func(want int, args ...string) {
		t.Helper()
		var out bytes.Buffer
		p := cli.FromOS()
		p.Args, p.Dir, p.Stdout, p.Stderr = args, dir, &out, &out
		p.Getenv = func(key string) string {
			if args[0] != "drift" { // somebody at their desk
				return ""
			}
			return env[key]
		}
		if code := cli.Main(t.Context(), p); code != want {
			t.Fatalf("promptflag %v: exit code %d, want %d\n%s", args, code, want, out.String())
		}
	}
	// issue is the only one there is.
	issue := func(state string, words ...string) {
		t.Helper()
		issues := fake.Issues()
		if len(issues) != 1 {
			t.Fatalf("%d issues, want one: %+v", len(issues), issues)
		}
		for number, i := range issues {
			if i.State != state {
				t.Errorf("issue #%d is %s, want %s", number, i.State, state)
			}
			for _, word := range words {
				if !strings.Contains(i.Title+"\n"+i.Body, word) {
					t.Errorf("the issue does not say %q:\n%s\n%s", word, i.Title, i.Body)
				}
			}
		}
	}

	run(1, "drift", "-e", "production")
	if len(fake.Issues()) != 1 {
		t.Fatal("no issue")
	}
	run(0, "publish")
	run(0, "drift", "-e", "production")
	issue("closed")
	fake.Change(func(s *githubfake.State) { clear(s.Issues) })

	run(0, "drift")
	if len(fake.Issues()) != 0 {
		t.Error("an issue without drift")
	}
	run(0, "off", "support.reply", "-e", "production")
	run(1, "drift")
	issue("open", "promptflag: drift", "| support.reply | production | off | the environment is OFF&#58; everybody gets a0bcfb8ef974, by promptflag off on ", "actions/runs/7")
	run(1, "drift")
	issue("open")

	// What cannot be read closes nothing.
	document := filepath.Join(dir, ".promptflag", "flags", "production.json")
	good, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(document, []byte("<script>@everybody"), 0o644); err != nil {
		t.Fatal(err)
	}
	run(4, "drift")
	issue("open", "could not tell whether there is drift")
	if err := os.WriteFile(document, good, 0o644); err != nil {
		t.Fatal(err)
	}
	run(0, "on", "support.reply", "-e", "production")
	run(0, "drift")
	issue("closed")
	if text, err := os.ReadFile(summary); err != nil || !strings.Contains(string(text), "no drift&#58; git, bucket and flags agree") {
		t.Errorf("the summary does not say so: %v\n%s", err, text)
	}
}
