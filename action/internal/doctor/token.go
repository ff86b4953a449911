package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
)

// form is what a token looks like.
type form int

const (
	unknownToken  form = iota
	personalToken      // user:…
	adminToken         // *:*.…
	backendToken       // project:environment.…, or that of a frontend
)

// tokenKind knows a token by its form: project:environment.secret with * for
// all; only an admin token is for all of both.
func tokenKind(token string) form {
	scope, _, dotted := strings.Cut(token, ".")
	_, environment, scoped := strings.Cut(scope, ":")
	switch {
	case strings.HasPrefix(token, "user:"):
		return personalToken
	case !dotted || !scoped:
		return unknownToken
	case environment == "*":
		return adminToken
	}
	return backendToken
}

// clientToken looks at the token by which services, and promptflag split, read
// the feed. It need not be set here.
func (d *doctor) clientToken(ctx context.Context, e config.Environment) []Check {
	const about = "unleash client token"
	token, variable := d.ClientToken(e)
	if token == "" {
		return nil
	}
	fix := fmt.Sprintf("make a backend token of project %s and environment %s, and set %s to it", e.Project, e.UnleashEnvironment, variable)
	switch tokenKind(token) {
	case personalToken:
		return one(about, Fail, fix, "%s holds a personal access token, which can write flags: services read them", variable)
	case adminToken:
		return one(about, Fail, fix, "%s holds an admin token, which may do everything: services read flags of one environment", variable)
	case backendToken:
		scope, _, _ := strings.Cut(token, ".")
		if project, environment, _ := strings.Cut(scope, ":"); environment != e.UnleashEnvironment || project != e.Project && project != "*" && project != "[]" {
			if project != "" && d.sharedWith(e, environment, variable) {
				return one(about, Warn, fmt.Sprintf("a service there needs no more; for promptflag split here set %s_<ENVIRONMENT> to a backend token of project %s and environment %s", variable, e.Project, e.UnleashEnvironment),
					"not tried: %s holds a token of environment %s", variable, environment)
			}
			return one(about, Fail, fix, "%s holds a token of project %s and environment %s", variable, project, environment)
		}
	}
	status, err := d.feed(ctx, e, token)
	switch {
	case err != nil:
		return one(about, CannotTell, "look whether the server is up and reachable from here", "the feed was not read: no answer")
	case status == http.StatusOK:
		return one(about, OK, "", "%s reads the feed", variable)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return one(about, Fail, fix, "the server does not let %s read the feed (%d): was it deleted, is it a frontend token, is it of another server?", variable, status)
	}
	return one(about, CannotTell, "look at the log of the server", "the feed was answered with %d", status)
}

// sharedWith reports whether a token of another environment is right there: one
// variable holds it for all that have none of their own.
func (d *doctor) sharedWith(e config.Environment, environment, variable string) bool {
	return slices.ContainsFunc(d.Config.Environments, func(other config.Environment) bool {
		_, v := d.ClientToken(other)
		return v == variable && other.Name != e.Name && other.UnleashURL == e.UnleashURL && other.UnleashEnvironment == environment
	})
}

func (d *doctor) feed(ctx context.Context, e config.Environment, token string) (status int, err error) {
	base := strings.TrimRight(e.UnleashURL, "/")
	base = strings.TrimSuffix(strings.TrimSuffix(base, "/admin"), "/api")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/client/features", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", token)
	req.Header.Set("User-Agent", "promptflag")
	client := &http.Client{Transport: d.clocks.watch(d.Transport), Timeout: d.Timeout / 2,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
