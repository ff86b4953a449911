package github

import (
	"context"
	"fmt"
	"time"

	api "github.com/google/go-github/v60/github"
)

// LastCommit is the newest commit at or before ref, a commit or branch, that
// changed a file or folder, and its time. "" if none did.
func (c *Client) LastCommit(ctx context.Context, ref, path string) (sha string, at time.Time, err error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	list, _, err := c.api.Repositories.ListCommits(ctx, c.owner, c.repo, &api.CommitsListOptions{SHA: ref, Path: path, ListOptions: api.ListOptions{PerPage: 1}})
	if err != nil {
		return "", time.Time{}, fail(fmt.Sprintf("find the last change of %s of %s", plain(path), c.Repository()), mayRead, err)
	}
	if len(list) == 0 {
		return "", time.Time{}, nil
	}
	return list[0].GetSHA(), list[0].GetCommit().GetCommitter().GetDate().Time, nil
}

// Parent is the first parent of a commit: what the branch was before it. "" for
// the first commit of all.
func (c *Client) Parent(ctx context.Context, sha string) (string, error) {
	asked := fmt.Sprintf("read commit %.12s of %s", sha, c.Repository())
	if !commitID.MatchString(sha) {
		return "", fmt.Errorf("%s: not a full commit id", asked)
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	commit, _, err := c.api.Git.GetCommit(ctx, c.owner, c.repo, sha)
	if err != nil {
		return "", fail(asked, mayRead, err)
	}
	if len(commit.Parents) == 0 {
		return "", nil
	}
	return commit.Parents[0].GetSHA(), nil
}
