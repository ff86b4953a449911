package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	api "github.com/google/go-github/v60/github"
)

// Protection is what GitHub enforces on a branch, by protection and rulesets
// together. What is not known is false or zero, and Unknown says why.
type Protection struct {
	Protected    bool // any protection or rule
	RequiresPull bool // nobody pushes without a pull request
	Approvals    int  // that a merge needs
	CodeOwners   bool // a code owner has to approve
	DismissStale bool // a push takes approvals away
	Checks       []string
	// Unknown is "" if all was read. The details of classic branch protection
	// need `administration: read`, which the token of a workflow cannot have.
	Unknown string
}

// Protection reads what protects a branch.
func (c *Client) Protection(ctx context.Context, branch string) (Protection, error) {
	asked := fmt.Sprintf("read the protection of branch %s of %s", branch, c.Repository())
	ctx, cancel := c.call(ctx)
	defer cancel()
	b, _, err := c.api.Repositories.GetBranch(ctx, c.owner, c.repo, branch, 2)
	if err != nil {
		return Protection{}, fail(asked, mayRead, err)
	}
	out := Protection{Protected: b.GetProtected()}
	rules, _, err := c.api.Repositories.GetRulesForBranch(ctx, c.owner, c.repo, url.PathEscape(branch))
	switch {
	case status(err) == 403 || status(err) == 404:
		out.Unknown = "the rules of the branch may not be read with this token"
	case err != nil:
		return Protection{}, fail(asked, "metadata: read", err)
	}
	for _, r := range rules {
		out.rule(r)
	}
	if !out.Protected {
		return out, nil
	}
	classic, _, err := c.api.Repositories.GetBranchProtection(ctx, c.owner, c.repo, url.PathEscape(branch))
	switch {
	case status(err) == 403:
		out.Unknown = "the details of branch protection need a token with `administration: read`"
	case status(err) == 404 || err == api.ErrBranchNotProtected: // protected by rules alone
	case err != nil:
		return Protection{}, fail(asked, "administration: read", err)
	default:
		out.classic(classic)
	}
	return out, nil
}

func (p *Protection) rule(r *api.RepositoryRule) {
	p.Protected = true
	if r.Parameters == nil {
		return
	}
	switch r.Type {
	case "pull_request":
		var o api.PullRequestRuleParameters
		if json.Unmarshal(*r.Parameters, &o) != nil {
			p.Unknown = "a rule on pull requests has a form that is not known"
			return
		}
		p.RequiresPull = true
		p.Approvals = max(p.Approvals, o.RequiredApprovingReviewCount)
		p.CodeOwners = p.CodeOwners || o.RequireCodeOwnerReview
		p.DismissStale = p.DismissStale || o.DismissStaleReviewsOnPush
	case "required_status_checks":
		var o api.RequiredStatusChecksRuleParameters
		if json.Unmarshal(*r.Parameters, &o) != nil {
			p.Unknown = "a rule on status checks has a form that is not known"
			return
		}
		for _, check := range o.RequiredStatusChecks {
			p.Checks = append(p.Checks, check.Context)
		}
	}
}

func (p *Protection) classic(b *api.Protection) {
	if r := b.GetRequiredPullRequestReviews(); r != nil {
		p.RequiresPull = true
		p.Approvals = max(p.Approvals, r.RequiredApprovingReviewCount)
		p.CodeOwners = p.CodeOwners || r.RequireCodeOwnerReviews
		p.DismissStale = p.DismissStale || r.DismissStaleReviews
	}
	if s := b.GetRequiredStatusChecks(); s != nil && s.Checks != nil {
		for _, check := range *s.Checks {
			p.Checks = append(p.Checks, check.Context)
		}
	}
}
