package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/internal/githubfake"
)

// workflow is a checkout of a repository, and its runs on pushes to main.
type workflow struct {
	t      *testing.T
	dir    string
	fake   *githubfake.Fake
	url    string
	mu     sync.Mutex // of clock and ids
	now    time.Time
	ids    int
	output map[string]string // of the last run
	vars   map[string]string // more of the environment
}

const twoEnvironments = `bucket = "file://.promptflag/bucket"
[unleash]
url = "file://.promptflag/flags"
[environments.development]
percent = 100
[environments.production]
percent = 10
`

func newWorkflow(t *testing.T) *workflow {
	w := &workflow{t: t, dir: t.TempDir(), fake: githubfake.New("acme/prompts"), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(w.fake)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.fake.Change(func(s *githubfake.State) {
		s.Permissions = map[string]string{"bob": "write", "carol": "write", "ada": "admin"}
	})
	return w
}

func sha(n int) string { return fmt.Sprintf("%040x", n) }

// commit is a push to main of one commit with these files; a pull request, if
// there is one, brought it.
func (w *workflow) commit(n int, files map[string]string, pull *githubfake.Pull) {
	w.t.Helper()
	var names []string
	for name, text := range files {
		names = append(names, name)
		path := filepath.Join(w.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	w.fake.Change(func(s *githubfake.State) {
		tree := map[string]string{}
		for name, text := range s.Trees[s.Branches["main"]] {
			tree[name] = text
		}
		for name, text := range files {
			tree[name] = text
		}
		s.Trees[sha(n)], s.Branches["main"] = tree, sha(n)
		s.History = append(s.History, githubfake.Commit{SHA: sha(n), Files: names})
		if pull != nil {
			at := w.now
			pull.Author, pull.MergeCommit, pull.MergedAt, pull.Files = "ada", sha(n), &at, names
			pull.Head, pull.BaseRef, pull.Base = fmt.Sprintf("%039x%x", n, 15), "main", sha(n-1)
			for i, r := range pull.Reviews {
				if r.Commit == "" {
					pull.Reviews[i].Commit = pull.Head
				}
			}
			s.Pulls[n] = pull
		}
	})
}

// run publishes commit n, or runs a command on it, and returns the exit code and
// what it printed.
func (w *workflow) run(n int, args ...string) (int, string) {
	w.t.Helper()
	event := filepath.Join(w.t.TempDir(), "event.json")
	payload := fmt.Sprintf(`{"ref":"refs/heads/main","before":%q,"after":%q,"repository":{"full_name":"acme/prompts"},"sender":{"login":"ada"},"head_commit":{"message":"change (#4711)"}}`, sha(n-1), sha(n))
	if err := os.WriteFile(event, []byte(payload), 0o644); err != nil {
		w.t.Fatal(err)
	}
	outputs := filepath.Join(w.t.TempDir(), "output")
	vars := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": event, "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": sha(n),
		"GITHUB_REPOSITORY": "acme/prompts", "GITHUB_API_URL": w.url, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_TOKEN": "t0p",
		"GITHUB_RUN_ID": "42", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_ACTOR": "ada", "GITHUB_OUTPUT": outputs, "GITHUB_WORKSPACE": w.dir,
	}
	maps.Copy(vars, w.vars)
	if len(args) > 0 {
		vars["GITHUB_EVENT_NAME"] = "workflow_dispatch"
	}
	var out bytes.Buffer
	code := Main(context.Background(), Process{
		Args: args, Dir: w.dir, Getenv: func(k string) string { return vars[k] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
		Now: w.clock, NewID: w.id,
	})
	w.output = map[string]string{}
	data, _ := os.ReadFile(outputs)
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		w.output[name] = value
	}
	return code, out.String()
}

func (w *workflow) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

func (w *workflow) id() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("%012x", w.ids)
}

// record is the newest done record of an action.
func (w *workflow) record(prompt, action string) (r map[string]any) {
	w.t.Helper()
	found, _ := filepath.Glob(filepath.Join(w.dir, ".promptflag/bucket/releases", prompt, "*-"+action+"-*-done.json"))
	if len(found) == 0 {
		w.t.Fatalf("no record of %s of %s", action, prompt)
	}
	data, err := os.ReadFile(found[len(found)-1])
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *workflow) expect(code int, n int, texts ...string) {
	w.t.Helper()
	got, out := w.run(n)
	if got != code {
		w.t.Fatalf("run of commit %d: exit code %d, want %d\n%s", n, got, code, out)
	}
	for _, text := range texts {
		if !strings.Contains(out, text) {
			w.t.Errorf("run of commit %d does not say %q:\n%s", n, text, out)
		}
	}
}

func prompt(text string) string {
	return "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"" + text + "\"\n"
}

func approvedBy(logins ...string) *githubfake.Pull {
	p := &githubfake.Pull{Title: "change"}
	for _, l := range logins {
		p.Reviews = append(p.Reviews, githubfake.Review{User: l, State: "APPROVED"})
	}
	return p
}

const askingOne = twoEnvironments + "require_approvals = 1\n"

// TestMergeStory: what is approved goes out with its author and approvers on
// record and a comment on the pull request; what is not waits, alone.
func TestMergeStory(t *testing.T) {
	w := newWorkflow(t)
	w.commit(1, map[string]string{"promptflag.toml": askingOne}, nil)
	w.commit(2, map[string]string{"prompts/a.toml": prompt("one"), "prompts/b.toml": prompt("one")}, approvedBy("bob"))
	w.expect(0, 2)
	r := w.record("a", "create")
	got := []any{r["author"], r["approvers"], r["pullRequest"], r["commit"], r["run"], r["actor"]}
	want := []any{"ada", []any{"bob"}, "https://github.com/acme/prompts/pull/2", sha(2), "https://github.com/acme/prompts/actions/runs/42", "ada"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	comments := w.fake.Comments(2)
	if len(comments) != 1 || !strings.HasPrefix(comments[0].Body, "<!-- promptflag:published -->\n### What was published") {
		t.Errorf("comments %+v", comments)
	}
	if w.output["changed-prompts"] != `["a","b"]` || !strings.HasPrefix(w.output["published-digests"], `{"a":"sha256:`) {
		t.Errorf("outputs %v", w.output)
	}

	// Nobody approved: production waits, development, which asks for nothing, goes on.
	w.commit(3, map[string]string{"prompts/a.toml": prompt("two")}, approvedBy())
	w.expect(1, 3, "production asks for 1 approval, and what was merged of pull request #3 has 0", "1 of 1 done")
	if c := w.fake.Comments(3); len(c) != 1 || !strings.Contains(c[0].Body, "asks for 1 approval") {
		t.Errorf("comments %+v", c)
	}

	// An approved change of another prompt does not carry it out, and is not
	// held up by it: the earlier pull request is asked.
	w.commit(4, map[string]string{"prompts/b.toml": prompt("two")}, approvedBy("carol"))
	w.expect(1, 4, "pull request #3 has 0", "2 of 2 done")
	if r := w.record("b", "candidate"); r["pullRequest"] != "https://github.com/acme/prompts/pull/4" {
		t.Errorf("record of b: %v", r)
	}
	// Approved afterwards, it goes out with the next run of the same commit.
	w.fake.Change(func(s *githubfake.State) {
		s.Pulls[3].Reviews = []githubfake.Review{{User: "bob", State: "APPROVED", Commit: s.Pulls[3].Head}}
	})
	w.expect(0, 4, "1 of 1 done")
	if r := w.record("a", "candidate"); r["pullRequest"] != "https://github.com/acme/prompts/pull/3" || r["commit"] != sha(4) {
		t.Errorf("record of a: %v", r)
	}
	if len(w.fake.Comments(4)) != 1 {
		t.Errorf("%d comments on 4, want one that is edited", len(w.fake.Comments(4)))
	}

	// A git revert asks nobody, by a push without a pull request.
	w.commit(5, map[string]string{"prompts/a.toml": prompt("one")}, nil)
	w.expect(0, 5, "git is back at the stable version: the candidate goes")
}

// TestMergeRefused: each by itself, on a prompt that is new.
func TestMergeRefused(t *testing.T) {
	const owned = twoEnvironments + "require_codeowner = true\n"
	owners := map[string]string{"promptflag.toml": owned, ".github/CODEOWNERS": "prompts/ @carol @acme/support\n"}
	stale := approvedBy("bob")
	stale.Reviews[0].Commit = sha(99)
	foreign := approvedBy("mallory")
	other := approvedBy("bob")
	for _, tt := range []struct {
		name   string
		before map[string]string
		change map[string]string
		pull   *githubfake.Pull
		fault  string // part of the URL that GitHub does not answer
		code   int
		says   string
		setup  func(*githubfake.State)
	}{
		{name: "a push", code: 1, says: "came with a push without a pull request"},
		{name: "stale", pull: stale, code: 1, says: "has 0; bob approved an older commit"},
		{name: "the author", pull: approvedBy("ada"), code: 1, says: "has 0"},
		{name: "somebody who may only read", pull: foreign, code: 1, says: "has 0"},
		{name: "for another branch", pull: other, code: 1, says: "came with a push without a pull request", setup: func(s *githubfake.State) { s.Pulls[2].BaseRef = "playground" }},
		{name: "loosened in the same push", change: map[string]string{"promptflag.toml": twoEnvironments}, pull: approvedBy(), code: 1, says: "has 0"},
		{name: "reviews do not come", pull: approvedBy("bob"), fault: "/reviews", code: 4, says: "cannot tell who approved this"},
		{name: "the pull request does not come", pull: approvedBy("bob"), fault: "/pulls", code: 4, says: "cannot tell who approved this"},
		{name: "the rules do not come", pull: approvedBy("bob"), fault: "/contents/promptflag.toml", code: 4, says: "cannot tell what production asks for"},
		{name: "an owner", before: owners, pull: approvedBy("carol"), code: 0},
		{name: "no owner", before: owners, pull: approvedBy("bob"), code: 4, says: "cannot tell whether owners approved"},
		{name: "one of the team", before: owners, pull: approvedBy("bob"), code: 0, setup: func(s *githubfake.State) { s.Teams["acme/support"] = []string{"Bob"} }},
		{name: "not one of the team", before: owners, pull: approvedBy("bob"), code: 1, says: "has none for prompts/a.toml (@carol, @acme/support)", setup: func(s *githubfake.State) { s.Teams["acme/support"] = []string{"eve"} }},
		{name: "cases of another owner", before: map[string]string{"promptflag.toml": owned, "CODEOWNERS": "* @bob\n*.csv @carol\n"}, change: map[string]string{"prompts/shared.csv": "ticket\nx\n"}, pull: approvedBy("bob"), code: 1, says: "has none for prompts/shared.csv (@carol)"},
		{name: "owners in the same push", before: map[string]string{"promptflag.toml": owned}, change: map[string]string{"CODEOWNERS": "* @bob\n"}, pull: approvedBy("bob"), code: 1, says: "there is no CODEOWNERS file in the commit before this change"},
		{name: "rules that come with the push", before: map[string]string{"promptflag.toml": twoEnvironments}, change: map[string]string{"promptflag.toml": askingOne}, code: 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorkflow(t)
			before := tt.before
			if before == nil {
				before = map[string]string{"promptflag.toml": askingOne}
			}
			w.commit(1, before, nil)
			change := map[string]string{"prompts/a.toml": prompt("one")}
			for name, text := range tt.change {
				change[name] = text
			}
			w.commit(2, change, tt.pull)
			if tt.setup != nil {
				w.fake.Change(tt.setup)
			}
			if tt.fault != "" {
				w.fake.Fault = func(r *http.Request) *githubfake.Fault {
					if strings.Contains(r.URL.Path, tt.fault) {
						return &githubfake.Fault{Status: http.StatusForbidden, Body: `{"message":"no"}`}
					}
					return nil
				}
			}
			code, out := w.run(2)
			if code != tt.code || !strings.Contains(out, tt.says) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, tt.code, tt.says, out)
			}
			if code != 0 {
				if _, err := os.Stat(filepath.Join(w.dir, ".promptflag/flags/production.json")); err == nil {
					t.Error("something was written to production")
				}
			}
		})
	}
}

// TestMergeNothingAsked: what GitHub does not say costs the approvers in the
// records, not the release, where nobody asks for them. And a run that has
// nothing to publish asks GitHub nothing.
func TestMergeNothingAsked(t *testing.T) {
	w := newWorkflow(t)
	w.commit(1, map[string]string{"promptflag.toml": twoEnvironments}, nil)
	w.commit(2, map[string]string{"prompts/a.toml": prompt("one")}, approvedBy("bob"))
	w.fake.Fault = func(r *http.Request) *githubfake.Fault {
		if strings.Contains(r.URL.Path, "/pulls") || strings.Contains(r.URL.Path, "/comments") {
			return &githubfake.Fault{Status: http.StatusForbidden, Body: `{"message":"no"}`}
		}
		return nil
	}
	w.expect(0, 2, "2 of 2 done", "the records do not say who approved", "the result is not on the pull request")
	asked := len(w.fake.Requests())
	w.expect(0, 2, "0 changes")
	if n := len(w.fake.Requests()); n != asked {
		t.Errorf("a run without changes asked GitHub: %v", w.fake.Requests()[asked:])
	}
}

// TestPromoteApproved: what was approved for one environment is promoted by its
// record and what GitHub says of that pull request.
func TestPromoteApproved(t *testing.T) {
	w := newWorkflow(t)
	w.commit(1, map[string]string{"promptflag.toml": askingOne + "publish = \"manual\"\n"}, nil)
	w.commit(2, map[string]string{"prompts/a.toml": prompt("one")}, approvedBy())
	w.expect(0, 2, "manual: promptflag promote a --from development --to production")
	command := []string{"promote", "a", "--from", "development", "--to", "production", "--reason", "go"}
	code, out := w.run(2, command...)
	if code != 1 || !strings.Contains(out, "pull request #2 has 0") {
		t.Fatalf("promote without approval: exit code %d\n%s", code, out)
	}
	w.fake.Change(func(s *githubfake.State) {
		s.Pulls[2].Reviews = []githubfake.Review{{User: "bob", State: "APPROVED", Commit: s.Pulls[2].Head}}
	})
	w.fake.Fault = func(r *http.Request) *githubfake.Fault {
		if strings.Contains(r.URL.Path, "/reviews") {
			return &githubfake.Fault{Status: http.StatusForbidden, Body: `{"message":"no"}`}
		}
		return nil
	}
	if code, out := w.run(2, command...); code != 4 || !strings.Contains(out, "cannot tell who approved this") {
		t.Fatalf("promote without an answer: exit code %d\n%s", code, out)
	}
	w.fake.Fault = nil
	if code, out := w.run(2, command...); code != 0 || !strings.Contains(out, "new prompt: everybody gets it") {
		t.Fatalf("promote: exit code %d\n%s", code, out)
	}
	if r := w.record("a", "production-create"); r["environment"] != "production" || r["author"] != "ada" || r["reason"] != "go" || r["commit"] != sha(2) {
		t.Errorf("record %v", r)
	}
}

// TestMergeByHand: a run that a person starts is judged by the parent of its
// commit.
func TestMergeByHand(t *testing.T) {
	w := newWorkflow(t)
	w.commit(1, map[string]string{"promptflag.toml": askingOne}, nil)
	w.commit(2, map[string]string{"promptflag.toml": twoEnvironments, "prompts/a.toml": prompt("one")}, approvedBy())
	if code, out := w.run(2, "publish"); code != 1 || !strings.Contains(out, "pull request #2 has 0") {
		t.Errorf("exit code %d, want 1\n%s", code, out)
	}
}
