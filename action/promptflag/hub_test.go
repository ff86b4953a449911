package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/promptflag/promptflag/internal/githubfake"
)

type hubKey struct{}

// hub is the GitHub of a script.
type hub struct {
	fake   *githubfake.Fake
	server *httptest.Server
}

func setupHub(e *testscript.Env) {
	h := &hub{fake: githubfake.New("acme/prompts")}
	e.Values[hubKey{}] = h
	e.Defer(func() {
		if h.server != nil {
			h.server.Close()
		}
	})
}

// cmdGitHub starts GitHub, with what git has at BASE, and pull request 7:
//
//	github BASE          this run is for acme/prompts there, with a token
//	github -readonly     from now on nobody may write
func cmdGitHub(ts *testscript.TestScript, _ bool, args []string) {
	h := ts.Value(hubKey{}).(*hub)
	if args[0] == "-readonly" {
		h.fake.Change(func(s *githubfake.State) { s.ReadOnly = true })
		return
	}
	base := git(ts, "rev-parse", args[0])
	files := map[string]string{}
	for name := range strings.FieldsSeq(git(ts, "ls-tree", "-r", "--name-only", base)) {
		files[name] = git(ts, "show", base+":"+name) + "\n"
	}
	h.fake.Change(func(s *githubfake.State) {
		s.Pulls[7] = &githubfake.Pull{Author: "ann", BaseRef: "main", Base: base, Head: strings.Repeat("4", 40)}
		s.Trees[base] = files
	})
	h.server = httptest.NewServer(h.fake)
	ts.Setenv("GITHUB_API_URL", h.server.URL)
	ts.Setenv("GITHUB_TOKEN", "ghs_scripts")
	ts.Setenv("GITHUB_ACTIONS", "true")
	ts.Setenv("GITHUB_REPOSITORY", "acme/prompts")
	ts.Setenv("GITHUB_RUN_ID", "4711")
	ts.Setenv("GITHUB_SERVER_URL", "https://github.com")
	ts.Setenv("GITHUB_STEP_SUMMARY", ts.MkAbs("summary"))
	ts.Setenv("GITHUB_OUTPUT", ts.MkAbs("output"))
}

// cmdEvent is what GitHub tells the run: event pull_request|merge_group BASE [fork].
func cmdEvent(ts *testscript.TestScript, _ bool, args []string) {
	base, head := git(ts, "rev-parse", args[1]), git(ts, "rev-parse", "HEAD")
	payload := map[string]any{"action": "synchronize", "repository": map[string]any{"full_name": "acme/prompts"}}
	if args[0] == "merge_group" {
		payload["merge_group"] = map[string]any{"base_sha": base, "base_ref": "refs/heads/main", "head_sha": head, "head_ref": "refs/heads/queue"}
		ts.Setenv("GITHUB_REF", "refs/heads/queue")
	} else {
		from := "acme/prompts"
		if len(args) > 2 {
			from = "stranger/prompts"
		}
		payload["number"] = 7
		payload["pull_request"] = map[string]any{
			"number": 7,
			"base":   map[string]any{"sha": base, "ref": "main", "repo": map[string]any{"full_name": "acme/prompts"}},
			"head":   map[string]any{"sha": head, "ref": "change", "repo": map[string]any{"full_name": from}},
		}
		ts.Setenv("GITHUB_REF", "refs/pull/7/merge")
	}
	text, err := json.Marshal(payload)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("event.json"), text, 0o644))
	ts.Setenv("GITHUB_EVENT_PATH", ts.MkAbs("event.json"))
	ts.Setenv("GITHUB_EVENT_NAME", args[0])
	for _, name := range []string{"summary", "output"} {
		os.Remove(ts.MkAbs(name))
	}
}

// cmdComment writes the one comment of pull request 7 to a file: comment FILE;
// ! comment demands that there is none.
func cmdComment(ts *testscript.TestScript, neg bool, args []string) {
	list := ts.Value(hubKey{}).(*hub).fake.Comments(7)
	if neg != (len(list) == 0) || len(list) > 1 {
		ts.Fatalf("%d comments", len(list))
	}
	if !neg {
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(list[0].Body), 0o644))
	}
}

func git(ts *testscript.TestScript, args ...string) string {
	cmd := exec.Command("git", args...)
	cmd.Dir = ts.MkAbs(".")
	out, err := cmd.Output()
	if err != nil {
		ts.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}
