package origin

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"
)

// CheckHeadOnGitHub is CheckHead for a workflow run, where neither git nor a
// remote may be at hand: it asks GitHub's API. client carries timeouts and
// retries; token is the one of the workflow.
func (f Finder) CheckHeadOnGitHub(ctx context.Context, client *http.Client, token, branch string) error {
	owner, repo, ok := strings.Cut(f.Getenv("GITHUB_REPOSITORY"), "/")
	if !ok || token == "" {
		return fmt.Errorf("%w: GITHUB_REPOSITORY and a token are needed to ask GitHub; give the action its token input", ErrCannotTell)
	}
	gh := github.NewClient(client).WithAuthToken(token)
	if api := f.Getenv("GITHUB_API_URL"); api != "" {
		base, err := gh.BaseURL.Parse(strings.TrimSuffix(api, "/") + "/")
		if err != nil {
			return fmt.Errorf("%w: GITHUB_API_URL: %w", ErrCannotTell, err)
		}
		gh.BaseURL = base
	}
	ref, _, err := gh.Git.GetRef(ctx, owner, repo, "heads/"+branch)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCannotTell, err)
	}
	if head, commit := ref.GetObject().GetSHA(), f.Getenv("GITHUB_SHA"); head != commit {
		return notHead(branch, commit, head)
	}
	return nil
}
