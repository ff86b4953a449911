package github

import (
	"context"
	"errors"
	"fmt"

	api "github.com/google/go-github/v60/github"
)

// Contains reports whether a commit is head or one of its ancestors. A commit
// that the repository does not know is none.
func (c *Client) Contains(ctx context.Context, head, commit string) (bool, error) {
	asked := fmt.Sprintf("look for commit %.12s in the history of %.12s of %s", commit, head, c.Repository())
	ctx, cancel := c.call(ctx)
	defer cancel()
	// One commit a page: only the verdict counts.
	diff, _, err := c.api.Repositories.CompareCommits(ctx, c.owner, c.repo, commit, head, &api.ListOptions{PerPage: 1})
	if err = fail(asked, mayRead, err); errors.Is(err, ErrNotFound) {
		if _, _, err := c.api.Repositories.GetCommit(ctx, c.owner, c.repo, head, &api.ListOptions{PerPage: 1}); err != nil {
			return false, fail(asked, mayRead, err) // it is head, or the right to read, that is missing
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch status := diff.GetStatus(); status {
	case "ahead", "identical":
		return true, nil
	case "behind", "diverged":
		return false, nil
	default:
		return false, fmt.Errorf("%s: the answer is %s", asked, plain(status))
	}
}
