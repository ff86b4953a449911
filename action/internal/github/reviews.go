package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	api "github.com/google/go-github/v60/github"
)

// ReviewState is what a review says.
type ReviewState string

// The states that count. Comments change nothing.
const (
	Approved         ReviewState = "APPROVED"
	ChangesRequested ReviewState = "CHANGES_REQUESTED"
	Dismissed        ReviewState = "DISMISSED"
)

// Review is the newest review with an opinion of one account.
type Review struct {
	User   string // login; "" if the account is gone
	State  ReviewState
	Commit string // what was looked at
	At     time.Time
	URL    string
}

// Reviews are the newest reviews of a pull request, one per account, each in
// one of the lists, by time. Only Approved counts as approval.
type Reviews struct {
	Approved         []Review // the head, by a person who may write to the repository and is not the author
	ChangesRequested []Review // by a person who may write, on any commit; GitHub keeps it until dismissed
	Stale            []Review // approvals of an older commit than the head
	Dismissed        []Review
	Own              []Review // of the author
	Bots             []Review // whatever they say
	Outside          []Review // of people who may only read, or whose account is gone
	Unknown          []Review // approvals of the head of which GitHub did not say whether the person may write
}

// Approvers are the logins of Approved.
func (r Reviews) Approvers() []string {
	var out []string
	for _, a := range r.Approved {
		out = append(out, a.User)
	}
	return out
}

// Reviews reads who approved p's head and who asked for changes. For each
// person with an opinion GitHub is asked whether that person may write: anybody
// may review in a public repository.
func (c *Client) Reviews(ctx context.Context, p Pull) (Reviews, error) {
	asked := fmt.Sprintf("list the reviews of pull request %d of %s", p.Number, c.Repository())
	bounded, cancel := c.call(ctx)
	defer cancel()
	var all []*api.PullRequestReview
	err := pages(func(o api.ListOptions) (*api.Response, bool, error) {
		list, resp, err := c.api.PullRequests.ListReviews(bounded, c.owner, c.repo, p.Number, &o)
		all = append(all, list...)
		return resp, false, err
	})
	if err != nil {
		return Reviews{}, fail(asked, "pull-requests: read", err)
	}
	var out Reviews
	for _, r := range newest(all) {
		v := Review{User: r.GetUser().GetLogin(), State: ReviewState(r.GetState()), Commit: r.GetCommitID(), At: r.GetSubmittedAt().Time, URL: r.GetHTMLURL()}
		list, err := c.listOf(bounded, &out, p, v, isBot(r.GetUser()))
		if err != nil {
			return Reviews{}, fail(asked, "", err)
		}
		*list = append(*list, v)
	}
	return out, nil
}

// newest keeps the last opinion of each account, in order of time.
func newest(all []*api.PullRequestReview) []*api.PullRequestReview {
	slices.SortStableFunc(all, func(a, b *api.PullRequestReview) int {
		return cmp.Or(a.GetSubmittedAt().Compare(b.GetSubmittedAt().Time), cmp.Compare(a.GetID(), b.GetID()))
	})
	var out []*api.PullRequestReview
	seen := map[string]bool{}
	for _, r := range slices.Backward(all) {
		login := strings.ToLower(r.GetUser().GetLogin())
		switch ReviewState(r.GetState()) {
		case Approved, ChangesRequested, Dismissed:
			if login == "" || !seen[login] {
				out = append(out, r)
			}
			seen[login] = true
		}
	}
	slices.Reverse(out)
	return out
}

// listOf chooses the list that a review belongs to.
func (c *Client) listOf(ctx context.Context, out *Reviews, p Pull, r Review, bot bool) (*[]Review, error) {
	switch {
	case bot:
		return &out.Bots, nil
	case strings.EqualFold(r.User, p.Author) && r.User != "":
		return &out.Own, nil
	case r.User == "":
		return &out.Outside, nil
	case r.State == Dismissed:
		return &out.Dismissed, nil
	}
	level, _, err := c.api.Repositories.GetPermissionLevel(ctx, c.owner, c.repo, r.User)
	known := err == nil
	if err != nil && status(err) != 403 && status(err) != 404 {
		return nil, fmt.Errorf("permission of %s: %w", r.User, err)
	}
	writes := known && (level.GetPermission() == "admin" || level.GetPermission() == "write")
	switch {
	case known && !writes:
		return &out.Outside, nil
	case r.State == ChangesRequested:
		return &out.ChangesRequested, nil // an objection needs no proof
	case r.Commit == "" || r.Commit != p.Head:
		return &out.Stale, nil
	case !known:
		return &out.Unknown, nil
	}
	return &out.Approved, nil
}
