package github

import (
	"context"
	"net/http"
	"strings"

	api "github.com/google/go-github/v60/github"
)

// identity is the account that a token writes as.
type identity struct {
	login string // without [bot]
	bot   bool
}

// is reports whether an account is this one. An app's name may be given with
// and without [bot]; a person may have the name of an app.
func (i identity) is(u *api.User) bool {
	return i.login != "" && isBot(u) == i.bot && strings.EqualFold(strings.TrimSuffix(u.GetLogin(), "[bot]"), i.login)
}

// identity asks once whom the token belongs to. GET /user answers people and
// refuses apps; the token of a workflow is one of an app, and GraphQL tells
// which. Where that is refused too it is taken to be GitHub's own app: then
// comments of another app are not found, but no comment of others is touched.
func (c *Client) identity(ctx context.Context) (identity, error) {
	c.mu.Lock()
	known := c.me
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	me, err := c.askIdentity(ctx)
	if err != nil {
		return identity{}, fail("ask whose token this is", "", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.me = &me
	return me, nil
}

func (c *Client) askIdentity(ctx context.Context) (identity, error) {
	if !strings.HasPrefix(c.token, "ghs_") { // that of an installation
		u, _, err := c.api.Users.Get(ctx, "")
		if err == nil && u.GetLogin() != "" {
			return identity{strings.TrimSuffix(u.GetLogin(), "[bot]"), isBot(u)}, nil
		}
		if err != nil && status(err) != http.StatusForbidden && status(err) != http.StatusNotFound {
			return identity{}, err
		}
	}
	req, err := c.api.NewRequest(http.MethodPost, c.graphQL(), map[string]string{"query": "query{viewer{login}}"})
	if err != nil {
		return identity{}, err
	}
	var answer struct {
		Data struct {
			Viewer struct {
				Login string `json:"login"`
			} `json:"viewer"`
		} `json:"data"`
		Errors []struct {
			Type string `json:"type"`
		} `json:"errors"`
	}
	_, err = c.api.Do(ctx, req, &answer)
	if lost(err) || status(err) == http.StatusUnauthorized {
		return identity{}, err
	}
	for _, e := range answer.Errors {
		if e.Type == "RATE_LIMITED" { // with status 200
			return identity{}, &RateLimitError{}
		}
	}
	login := strings.TrimSuffix(answer.Data.Viewer.Login, "[bot]")
	if login == "" {
		login = "github-actions"
	}
	return identity{login, true}, nil
}

// graphQL is the address beside the REST API's: /graphql, and /api/graphql
// where that is /api/v3.
func (c *Client) graphQL() string {
	u := *c.api.BaseURL
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/v3") + "/graphql"
	return u.String()
}
