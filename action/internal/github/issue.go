package github

import (
	"context"
	"fmt"
	"strings"

	api "github.com/google/go-github/v60/github"
)

const mayIssue = "issues: write"

// Issue opens the issue of a key, or updates the open one that starts with the
// hidden marker of the key and is ours. Labels are set when it is opened and
// belong to people after that. Where title and body are there already, nothing
// is written.
func (c *Client) Issue(ctx context.Context, key, title, body string, labels []string) (url string, err error) {
	asked := "write an issue of " + c.Repository()
	marker, text, err := marked(key, body)
	if err != nil {
		return "", fmt.Errorf("%s: %w", asked, err)
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	for range 3 {
		var open *api.Issue
		if open, err = c.openIssue(ctx, marker); err != nil {
			return "", fail(asked, mayIssue, err)
		}
		if open != nil {
			if open.GetTitle() == title && sameText(open.GetBody(), text) {
				return open.GetHTMLURL(), nil
			}
			open, _, err = c.api.Issues.Edit(ctx, c.owner, c.repo, open.GetNumber(), &api.IssueRequest{Title: &title, Body: &text})
			return open.GetHTMLURL(), fail(asked, mayIssue, err)
		}
		request := &api.IssueRequest{Title: &title, Body: &text}
		if len(labels) > 0 {
			request.Labels = &labels
		}
		open, _, err = c.api.Issues.Create(ctx, c.owner, c.repo, request)
		if !lost(err) || ctx.Err() != nil {
			return open.GetHTMLURL(), fail(asked, mayIssue, err)
		}
	}
	return "", fail(asked, mayIssue, err)
}

// CloseIssue closes the open issue of a key, if there is one, after a last
// comment; body "" makes none. The address is "" if there was nothing to close.
func (c *Client) CloseIssue(ctx context.Context, key, body string) (url string, err error) {
	asked := "close an issue of " + c.Repository()
	marker, _, err := marked(key, "")
	if err != nil {
		return "", fmt.Errorf("%s: %w", asked, err)
	}
	bounded, cancel := c.call(ctx)
	defer cancel()
	open, err := c.openIssue(bounded, marker)
	if err != nil || open == nil {
		return "", fail(asked, mayIssue, err)
	}
	if body != "" {
		if _, err := c.Comment(ctx, open.GetNumber(), key+"/closed", body); err != nil {
			return "", err
		}
	}
	state, reason := "closed", "completed"
	open, _, err = c.api.Issues.Edit(bounded, c.owner, c.repo, open.GetNumber(), &api.IssueRequest{State: &state, StateReason: &reason})
	return open.GetHTMLURL(), fail(asked, mayIssue, err)
}

// openIssue finds the newest open issue that starts with the marker and is
// ours; nil: none.
func (c *Client) openIssue(ctx context.Context, marker string) (found *api.Issue, err error) {
	me, err := c.identity(ctx)
	if err != nil {
		return nil, err
	}
	err = pages(func(o api.ListOptions) (*api.Response, bool, error) {
		list, resp, err := c.api.Issues.ListByRepo(ctx, c.owner, c.repo, &api.IssueListByRepoOptions{State: "open", ListOptions: o})
		for _, i := range list {
			if !i.IsPullRequest() && strings.HasPrefix(i.GetBody(), marker) && me.is(i.GetUser()) {
				found = i
				return resp, true, err
			}
		}
		return resp, false, err
	})
	return found, err
}
