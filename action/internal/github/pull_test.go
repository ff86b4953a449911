package github

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/internal/githubfake"
)

var merged = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

func TestPull(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		p := s.Pulls[7]
		p.MergedAt, p.MergedBy, p.MergeCommit, p.Labels, p.Files = &merged, "rita", oldSHA, []string{"prompts"}, []string{"a", "b"}
		s.Pulls[8] = &githubfake.Pull{Author: "renovate[bot]", Head: oldSHA, HeadRepository: "eve/prompts"}
		s.Pulls[9] = &githubfake.Pull{Head: oldSHA, HeadRepository: "gone"}
	})
	got, err := w.client.Pull(t.Context(), 7)
	fatal(t, err)
	want := Pull{
		Number: 7, Title: "Say it shorter", URL: "https://github.com/acme/prompts/pull/7", Author: "ann", Merged: true, MergedBy: "rita", MergedAt: merged,
		MergeCommit: oldSHA, BaseRef: "main", Base: baseSHA, HeadRef: "change", Head: headSHA, HeadRepository: "acme/prompts", ChangedFiles: 2, Labels: []string{"prompts"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Pull (-want +got):\n%s", diff)
	}
	for number, repository := range map[int]string{8: "eve/prompts", 9: ""} {
		p, err := w.client.Pull(t.Context(), number)
		if err != nil || !p.Fork || p.HeadRepository != repository || p.AuthorIsBot != (number == 8) {
			t.Errorf("fork: %+v, %v", p, err)
		}
	}
}

// TestPullOfCommit: the one that was merged as the commit, not one that holds
// it, is open, or was merged elsewhere.
func TestPullOfCommit(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		s.Pulls[3] = &githubfake.Pull{Commits: []string{oldSHA}}
		s.Pulls[4] = &githubfake.Pull{Commits: []string{oldSHA, baseSHA}, MergedAt: &merged, BaseRef: "next", MergeCommit: headSHA}
		s.Pulls[5] = &githubfake.Pull{MergeCommit: oldSHA, MergedAt: &merged, Title: "this"}
	})
	for sha, want := range map[string]int{oldSHA: 5, baseSHA: 4, strings.Repeat("9", 40): 0} {
		p, err := w.client.PullOfCommit(t.Context(), sha)
		if err != nil || (p == nil) != (want == 0) || p != nil && p.Number != want {
			t.Errorf("PullOfCommit(%.4s) = %+v, %v, want %d", sha, p, err, want)
		}
	}
	if _, err := w.client.PullOfCommit(t.Context(), "main"); err == nil {
		t.Error("a branch was taken for a commit")
	}
}

// TestChangedFiles: all pages, the old names of renamed files, GitHub's limit.
func TestChangedFiles(t *testing.T) {
	for _, tt := range []struct {
		files, changed int
		all            bool
	}{{0, 0, true}, {250, 250, true}, {2999, 2999, true}, {3000, 3000, true}, {3000, 10_000, false}} {
		w := fake(t, func(s *githubfake.State) {
			p := s.Pulls[7]
			for i := range tt.files {
				p.Files = append(p.Files, fmt.Sprintf("prompts/%d.toml", i))
			}
			p.ChangedFiles = tt.changed
			if tt.files > 0 {
				p.Renamed = map[string]string{"prompts/0.toml": "prompts/old.toml"}
			}
		})
		paths, all, err := w.client.ChangedFiles(t.Context(), 7)
		want := tt.files
		if tt.files > 0 {
			want++
		}
		if err != nil || len(paths) != want || all != tt.all || want > 1 && paths[1] != "prompts/old.toml" {
			t.Errorf("%d of %d: %d paths, all %v, %v", tt.files, tt.changed, len(paths), all, err)
		}
	}
}

func TestReviews(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		s.Permissions = map[string]string{"bob": "write", "cleo": "admin", "dan": "write", "eve": "read", "fay": "write", "gus": "write", "hal": "write"}
		s.Pulls[7].Reviews = []githubfake.Review{
			{User: "cleo", State: "APPROVED", Commit: oldSHA},         // an older commit
			{User: "bob", State: "CHANGES_REQUESTED", Commit: oldSHA}, // changes her mind below
			{User: "dan", State: "APPROVED"},                          // changes his mind below
			{User: "ann", State: "APPROVED"},                          // the author
			{User: "eve", State: "APPROVED"},                          // may only read
			{User: "", State: "APPROVED"},                             // account gone
			{User: "reviewer[bot]", State: "APPROVED"},                // a bot
			{User: "fay", State: "DISMISSED"},                         // was taken back
			{User: "Bob", State: "APPROVED"},                          // logins do not know case
			{User: "bob", State: "COMMENTED"},                         // no opinion
			{User: "dan", State: "CHANGES_REQUESTED", Commit: oldSHA}, // stays, on any commit
			{User: "gus", State: "PENDING"},                           // not sent
			{User: "zoe", State: "CHANGES_REQUESTED"},                 // of no consequence
		}
		s.Permissions["Bob"] = "write"
	})
	w.Fault = func(r *http.Request) *githubfake.Fault {
		if strings.Contains(r.URL.Path, "/collaborators/hal/") {
			return &githubfake.Fault{Status: 403}
		}
		return nil
	}
	w.Change(func(s *githubfake.State) {
		s.Pulls[7].Reviews = append(s.Pulls[7].Reviews, githubfake.Review{User: "hal", State: "APPROVED"})
	})
	p, err := w.client.Pull(t.Context(), 7)
	fatal(t, err)
	got, err := w.client.Reviews(t.Context(), p)
	fatal(t, err)
	names := func(rs []Review) (out []string) {
		for _, r := range rs {
			out = append(out, r.User)
		}
		return out
	}
	gotNames := map[string][]string{"approved": names(got.Approved), "changes": names(got.ChangesRequested), "stale": names(got.Stale), "dismissed": names(got.Dismissed),
		"own": names(got.Own), "bots": names(got.Bots), "outside": names(got.Outside), "unknown": names(got.Unknown)}
	want := map[string][]string{"approved": {"Bob"}, "changes": {"dan"}, "stale": {"cleo"}, "dismissed": {"fay"},
		"own": {"ann"}, "bots": {"reviewer[bot]"}, "outside": {"eve", "", "zoe"}, "unknown": {"hal"}}
	if diff := cmp.Diff(want, gotNames); diff != "" {
		t.Errorf("Reviews (-want +got):\n%s", diff)
	}
}

func TestFile(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		s.Branches["main"] = baseSHA
		s.Trees[baseSHA] = map[string]string{"promptflag.toml": "branch = \"main\"\n", "prompts/a b/ü#.toml": "x", "large": strings.Repeat("x", MaxFile+1)}
	})
	for _, ref := range []string{baseSHA, "main"} {
		got, err := w.client.File(t.Context(), ref, "promptflag.toml")
		if err != nil || string(got) != "branch = \"main\"\n" {
			t.Errorf("File = %q, %v", got, err)
		}
	}
	if got, err := w.client.File(t.Context(), baseSHA, "prompts/a b/ü#.toml"); err != nil || string(got) != "x" {
		t.Errorf("File = %q, %v", got, err)
	}
	for path, text := range map[string]string{"nothing": "not found", "prompts/a b": "it is a folder", "large": "at most 1048576", "../x": "not a path", "/x": "not a path", "a..b": "two dots"} {
		if _, err := w.client.File(t.Context(), baseSHA, path); err == nil || !strings.Contains(err.Error(), text) || errors.Is(err, ErrNotFound) != (path == "nothing") {
			t.Errorf("File(%s) = %v, want %q", path, err, text)
		}
	}
	if head, err := w.client.Head(t.Context(), "main"); err != nil || head != baseSHA {
		t.Errorf("Head = %s, %v", head, err)
	}
}

// TestTree: the redirect is followed, and its token stays out of errors.
func TestTree(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		s.Branches["main"] = baseSHA
		s.Trees[baseSHA] = map[string]string{"promptflag.toml": "", "prompts/a.toml": "a", "prompts/deep/b.toml": "b", "promptsX/c.toml": "c"}
	})
	tree, err := w.client.Tree(t.Context(), "main", "prompts")
	fatal(t, err)
	var names []string
	fatal(t, fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error { names = append(names, name); return err }))
	if diff := cmp.Diff([]string{".", "a.toml", "deep", "deep/b.toml"}, names); diff != "" {
		t.Errorf("Tree (-want +got):\n%s", diff)
	}
	if _, err := w.client.Tree(t.Context(), "nothing", "prompts"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Tree of nothing: %v", err)
	}
	w.Fault = func(r *http.Request) *githubfake.Fault {
		if strings.HasPrefix(r.URL.Path, "/_codeload/") {
			return &githubfake.Fault{}
		}
		return nil
	}
	if _, err := w.client.Tree(t.Context(), "main", "prompts"); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("Tree = %v", err)
	}
}

func TestProtection(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		s.Branches = map[string]string{"main": baseSHA, "free": baseSHA}
		s.Rules["main"] = []byte(`[{"type":"deletion"},{"type":"pull_request","parameters":{"required_approving_review_count":2,"require_code_owner_review":true,"dismiss_stale_reviews_on_push":true,
			"require_last_push_approval":false,"required_review_thread_resolution":false}},{"type":"required_status_checks","parameters":{"required_status_checks":[{"context":"promptflag"}],"strict_required_status_checks_policy":true}}]`)
	})
	got, err := w.client.Protection(t.Context(), "main")
	fatal(t, err)
	want := Protection{Protected: true, RequiresPull: true, Approvals: 2, CodeOwners: true, DismissStale: true, Checks: []string{"promptflag"},
		Unknown: "the details of branch protection need a token with `administration: read`"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Protection (-want +got):\n%s", diff)
	}
	if got, err := w.client.Protection(t.Context(), "free"); err != nil || got.Protected || got.Unknown != "" {
		t.Errorf("free: %+v, %v", got, err)
	}
}

// TestTeamMembers: the token of a workflow may not look, and that is no answer.
func TestTeamMembers(t *testing.T) {
	w := fake(t, func(s *githubfake.State) { s.Teams["acme/support-ai"] = []string{"bob", "cleo"} })
	if got, err := w.client.TeamMembers(t.Context(), "acme", "Support-AI"); err != nil || len(got) != 2 {
		t.Errorf("TeamMembers = %q, %v", got, err)
	}
	if got, err := w.client.TeamMembers(t.Context(), "acme", "other"); !errors.Is(err, ErrForbidden) || got != nil {
		t.Errorf("TeamMembers = %q, %v", got, err)
	}
}
