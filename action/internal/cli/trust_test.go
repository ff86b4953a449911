package cli

import (
	"testing"

	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/evalkit"
)

// TestTrust: only a run of the default branch itself is believed by others.
func TestTrust(t *testing.T) {
	const main = "refs/heads/main"
	for _, tt := range []struct {
		event, ref string
		want       evalkit.Trust
	}{
		{"push", main, evalkit.Trusted},
		{"schedule", main, evalkit.Trusted},
		{"workflow_dispatch", main, evalkit.Trusted},
		{"push", "refs/heads/feature", evalkit.Local},
		{"push", "refs/tags/main", evalkit.Local},
		{"workflow_dispatch", "refs/heads/feature", evalkit.Local},
		{"pull_request", "refs/pull/7/merge", evalkit.PullRequest},
		{"pull_request_target", main, evalkit.PullRequest},
		{"workflow_run", main, evalkit.Local},
		{"issue_comment", main, evalkit.Local},
		{"merge_group", "refs/heads/gh-readonly-queue/main/pr-7", evalkit.Local},
		{"", "", evalkit.Local},
	} {
		s := &session{runner: &github.Runner{}}
		s.Getenv = func(name string) string {
			return map[string]string{"GITHUB_EVENT_NAME": tt.event, "GITHUB_REF": tt.ref}[name]
		}
		if got := s.trust("main"); got != tt.want {
			t.Errorf("%s on %s: %s, want %s", tt.event, tt.ref, got, tt.want)
		}
		s.runner = nil
		if got := s.trust("main"); got != evalkit.Local {
			t.Errorf("%s outside of a workflow: %s", tt.event, got)
		}
	}
}
