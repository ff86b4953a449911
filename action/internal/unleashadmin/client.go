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

// Options of New. URL, Environment and Token are required.
type Options struct {
	// URL of the server, with or without /api, /api/admin and a final slash.
	URL string
	// Project; "" is "default".
	Project string
	// Environment as the server calls it.
	Environment string
	// Token of a user who may edit flags: a personal access token, or an admin
	// token. It is never logged and not part of errors.
	Token string
	// HTTPClient carries the requests; nil is one of our own. Its CheckRedirect
	// is not used: redirects are errors.
	HTTPClient *http.Client
	// Timeout of one try of one request; 0 is that of HTTPClient, else 30 s.
	Timeout time.Duration
	// Pause before the first repetition, doubled for each further one; 0 is
	// 200 ms.
	Pause time.Duration
}

// Client reads and writes the flags of one environment of one project. It
// holds nothing but idle connections and may be used by several goroutines.
type Client struct {
	base        *url.URL // …/api/admin/
	project     string
	environment string
	token       string
	pause       time.Duration
	again, once *retryablehttp.Client // for requests that may be repeated, and others
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
	if o.Pause == 0 {
		o.Pause = 200 * time.Millisecond
	}
	c := &Client{base: base, project: o.Project, environment: o.Environment, token: o.Token, pause: o.Pause}
	c.again, c.once = newHTTP(o)
	return c, nil
}

// Describe names the server for messages.
func (c *Client) Describe() string {
	return fmt.Sprintf("%s project %s environment %s", c.server(), c.project, c.environment)
}

// Document is "": the flags are on a server, where people have a page for them.
func (c *Client) Document() string { return "" }

// server is the address that a person wrote, without /api/admin.
func (c *Client) server() string {
	u := *c.base
	u.Path = strings.TrimSuffix(u.Path, "/api/admin/")
	return u.String()
}

func adminURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("unleash: the url is not a URL") // not its text: it may hold a password
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

// wrongKind is said of tokens that only read the feed.
const wrongKind = "UNLEASH_ADMIN_TOKEN holds a backend or frontend token, which is for services; flags are written with a personal access token (user:…) of a user with the Editor role"

// checkToken recognises tokens of the wrong kind by their form, which is
// project:environment.secret with * for all; an admin token is for all of
// both, a personal one starts with user:.
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
		return errors.New("unleash: " + wrongKind)
	}
	return nil
}
