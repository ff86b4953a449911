package github

import (
	"context"
	"fmt"
	"strings"
	"time"

	api "github.com/google/go-github/v60/github"
)

// Pull is a pull request. Title is text of a person.
type Pull struct {
	Number         int
	Title, URL     string
	Author         string // login; "" if the account is gone
	AuthorIsBot    bool
	Draft, Merged  bool
	MergedBy       string
	MergedAt       time.Time // zero: not merged
	MergeCommit    string    // what the base was moved to; of an open pull request a trial merge, or ""
	BaseRef, Base  string    // branch without refs/heads/, and its commit when the request was last updated
	HeadRef, Head  string    // the same of the proposing side
	Fork           bool      // from another repository, or from one that is gone
	HeadRepository string    // "owner/name"; "" if it is gone
	ChangedFiles   int
	Labels         []string
}

// Pull reads a pull request.
func (c *Client) Pull(ctx context.Context, number int) (Pull, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	p, _, err := c.api.PullRequests.Get(ctx, c.owner, c.repo, number)
	if err != nil {
		return Pull{}, fail(fmt.Sprintf("read pull request %d of %s", number, c.Repository()), "pull-requests: read", err)
	}
	return pullOf(p), nil
}

// PullOfCommit finds the merged pull request that brought a commit: the one
// that was merged as this commit, else the first merged one that contains it,
// whose BaseRef may be another branch than the caller's. nil, nil: none.
func (c *Client) PullOfCommit(ctx context.Context, sha string) (*Pull, error) {
	asked := fmt.Sprintf("find the pull request of commit %.12s of %s", sha, c.Repository())
	if !commitID.MatchString(sha) {
		return nil, fmt.Errorf("%s: not a full commit id", asked)
	}
	bounded, cancel := c.call(ctx)
	defer cancel()
	found := 0
	err := pages(func(o api.ListOptions) (*api.Response, bool, error) {
		list, resp, err := c.api.PullRequests.ListPullRequestsWithCommit(bounded, c.owner, c.repo, sha, &o)
		for _, p := range list {
			exact := p.GetMergeCommitSHA() == sha
			if p.MergedAt != nil && (exact || found == 0) {
				found = p.GetNumber()
				if exact {
					return resp, true, nil
				}
			}
		}
		return resp, false, err
	})
	switch {
	case status(err) == 422: // "No commit found for SHA"
		return nil, fmt.Errorf("%s: %w", asked, ErrNotFound)
	case err != nil:
		return nil, fail(asked, "pull-requests: read", err)
	case found == 0:
		return nil, nil
	}
	p, err := c.Pull(ctx, found) // the list leaves out who merged it and how many files it has
	return &p, err
}

// filesLimit is how many files of a pull request GitHub lists.
const filesLimit = 3000

// ChangedFiles lists the paths that a pull request changes, both of a renamed
// file. all is false where there are more than GitHub lists.
func (c *Client) ChangedFiles(ctx context.Context, number int) (paths []string, all bool, err error) {
	asked := fmt.Sprintf("list the files of pull request %d of %s", number, c.Repository())
	bounded, cancel := c.call(ctx)
	defer cancel()
	files := 0
	err = pages(func(o api.ListOptions) (*api.Response, bool, error) {
		list, resp, err := c.api.PullRequests.ListFiles(bounded, c.owner, c.repo, number, &o)
		files += len(list)
		for _, f := range list {
			paths = append(paths, f.GetFilename())
			if old := f.GetPreviousFilename(); old != "" && old != f.GetFilename() {
				paths = append(paths, old)
			}
		}
		return resp, files >= filesLimit, err
	})
	if err != nil {
		return nil, false, fail(asked, "pull-requests: read", err)
	}
	if files < filesLimit {
		return paths, true, nil
	}
	p, err := c.Pull(ctx, number)
	return paths, err == nil && p.ChangedFiles <= files, err
}

func pullOf(p *api.PullRequest) Pull {
	out := Pull{
		Number: p.GetNumber(), Title: p.GetTitle(), URL: p.GetHTMLURL(),
		Author: p.GetUser().GetLogin(), AuthorIsBot: isBot(p.GetUser()),
		Draft: p.GetDraft(), Merged: p.MergedAt != nil, MergedBy: p.GetMergedBy().GetLogin(), MergedAt: p.GetMergedAt().Time,
		MergeCommit: p.GetMergeCommitSHA(),
		BaseRef:     p.GetBase().GetRef(), Base: p.GetBase().GetSHA(),
		HeadRef: p.GetHead().GetRef(), Head: p.GetHead().GetSHA(),
		HeadRepository: p.GetHead().GetRepo().GetFullName(),
		ChangedFiles:   p.GetChangedFiles(),
	}
	out.Fork = !strings.EqualFold(out.HeadRepository, p.GetBase().GetRepo().GetFullName())
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, l.GetName())
	}
	return out
}

func isBot(u *api.User) bool {
	return u.GetType() == "Bot" || strings.HasSuffix(u.GetLogin(), "[bot]")
}
