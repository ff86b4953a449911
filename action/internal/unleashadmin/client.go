package unleashadmin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Options of New. URL and Token are required.
type Options struct {
	// URL of the server, with or without /api/admin.
	URL string
	// Project; "" is "default".
	Project string
	// Environment; required.
	Environment string
	// Token of a user who may edit flags: a personal access token, or an admin
	// token. It is never logged and not part of errors.
	Token string
	// HTTPClient carries the requests; nil is one with a timeout of 30 s per
	// try.
	HTTPClient *http.Client
	// Pause before the first repetition, doubled for each further one; 0 is
	// 200 ms.
	Pause time.Duration
}

// Client writes the flags of one environment of one project. It may be used
// by several goroutines.
type Client struct {
	base        *url.URL // …/api/admin/
	project     string
	environment string
	token       string
	http        *retryablehttp.Client
}

// New checks the options; it sends nothing.
func New(o Options) (*Client, error) {
	base, err := adminURL(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Environment == "" {
		return nil, errors.New("unleash: no environment is given")
	}
	if o.Project == "" {
		o.Project = "default"
	}
	if err := checkToken(o.Token); err != nil {
		return nil, err
	}
	return &Client{
		base: base, project: o.Project, environment: o.Environment, token: o.Token,
		http: newHTTP(o.HTTPClient, o.Pause),
	}, nil
}

// Describe names the server for messages.
func (c *Client) Describe() string {
	u := *c.base
	u.Path = strings.TrimSuffix(u.Path, "/api/admin/")
	return fmt.Sprintf("%s project %s environment %s", u.String(), c.project, c.environment)
}

func adminURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("unleash: the url is not a URL")
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("unleash: the url must start with https:// or http:// and name a host")
	}
	if u.User != nil || u.RawQuery != "" {
		return nil, errors.New("unleash: the url must not contain credentials or a query")
	}
	path := strings.TrimRight(u.Path, "/")
	path = strings.TrimSuffix(path, "/admin")
	path = strings.TrimSuffix(path, "/api")
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path + "/api/admin/"}, nil
}

// checkToken recognises tokens of the wrong kind by their form, which is
// project:environment.secret, with * for all.
func checkToken(token string) error {
	scope, _, dotted := strings.Cut(token, ".")
	project, environment, scoped := strings.Cut(scope, ":")
	switch {
	case token == "":
		return errors.New("unleash: no admin token: set UNLEASH_ADMIN_TOKEN")
	case strings.ContainsAny(token, " \t\r\n"):
		return errors.New("unleash: the admin token contains white space: was it pasted with a line end?")
	case project == "user" && scoped:
		return nil
	case dotted && scoped && environment != "*":
		return errors.New("unleash: UNLEASH_ADMIN_TOKEN holds a backend or frontend token; flags are written with a personal access token of a user who may edit them")
	}
	return nil
}
