package github

import (
	"context"
	"fmt"
	"strings"

	api "github.com/google/go-github/v60/github"
)

// TeamMembers lists the logins of a team's members, of child teams too. org and
// slug are the two parts of "@org/slug". The token of a workflow may not read
// teams: then the error is ErrForbidden or ErrNotFound, and the caller could
// not tell.
func (c *Client) TeamMembers(ctx context.Context, org, slug string) ([]string, error) {
	asked := fmt.Sprintf("list the members of team %s/%s", org, slug)
	if !ownerLogin.MatchString("@" + org + "/" + slug) {
		return nil, fmt.Errorf("%s: not the name of a team", asked)
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	var logins []string
	err := pages(func(o api.ListOptions) (*api.Response, bool, error) {
		list, resp, err := c.api.Teams.ListTeamMembersBySlug(ctx, org, strings.ToLower(slug), &api.TeamListTeamMembersOptions{ListOptions: o})
		for _, u := range list {
			logins = append(logins, u.GetLogin())
		}
		return resp, false, err
	})
	if err != nil {
		return nil, fail(asked, "members: read (of the organisation, which the token of a workflow never has)", err)
	}
	return logins, nil
}
