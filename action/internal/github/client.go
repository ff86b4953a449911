package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	api "github.com/google/go-github/v60/github"
)

// ClientOptions of NewClient. Repository and Token are required.
type ClientOptions struct {
	// APIURL is GITHUB_API_URL; "" is https://api.github.com.
	APIURL string
	// ServerURL is GITHUB_SERVER_URL, for links; "" is https://github.com.
	ServerURL string
	// Token is sent to the host of APIURL and to no other. It is not part of
	// errors.
	Token string
	// Repository is GITHUB_REPOSITORY, "owner/name".
	Repository string
	// HTTP carries the requests; nil is a client of our own. Retries, waits and
	// redirects are decided here, not there.
	HTTP *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Sleep waits for a duration or until ctx ends; nil does that.
	Sleep func(ctx context.Context, d time.Duration) error
	// MaxWait is how long the client waits for rate limits and between tries,
	// all calls together; 0 is 60 s.
	MaxWait time.Duration
	// Timeout of one call with all its tries and pages; 0 is two minutes.
	Timeout time.Duration
}

// Client asks GitHub's API about one repository. It may be used by several
// goroutines.
//
// What reads or may be repeated is tried again after lost connections and 5xx
// answers. Nothing is created twice: where the answer to a creation is lost,
// the client looks whether it took place.
type Client struct {
	api         *api.Client
	owner, repo string
	server      string // without a final slash
	token       string
	now         func() time.Time
	timeout     time.Duration

	mu sync.Mutex
	me *identity // who the token writes as; nil: not asked yet
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)

// NewClient checks the options; it sends nothing.
func NewClient(o ClientOptions) (*Client, error) {
	if !repositoryName.MatchString(o.Repository) {
		return nil, fmt.Errorf("github: the repository is %q, want owner/name (GITHUB_REPOSITORY)", o.Repository)
	}
	if o.Token == "" {
		return nil, errors.New("github: no token: give the action its token input, or set GITHUB_TOKEN")
	}
	if strings.ContainsAny(o.Token, " \t\r\n") {
		return nil, errors.New("github: the token contains white space: was it pasted with a line end?")
	}
	base, err := baseURL(cmp.Or(o.APIURL, "https://api.github.com"), "the API's address (GITHUB_API_URL)")
	if err != nil {
		return nil, err
	}
	server, err := baseURL(cmp.Or(o.ServerURL, "https://github.com"), "the server's address (GITHUB_SERVER_URL)")
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	c := &Client{
		server:  strings.TrimSuffix(server.String(), "/"),
		token:   o.Token,
		now:     o.Now,
		timeout: cmp.Or(o.Timeout, 2*time.Minute),
	}
	c.owner, c.repo, _ = strings.Cut(o.Repository, "/")
	c.api = api.NewClient(&http.Client{Transport: newTransport(o, base)})
	c.api.BaseURL = base
	c.api.UserAgent = "promptflag"
	return c, nil
}

// Repository is "owner/name".
func (c *Client) Repository() string { return c.owner + "/" + c.repo }

func baseURL(raw, what string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("github: %s must start with https:// or http://, name a host, and hold neither credentials nor a query", what)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/") + "/"}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// call bounds one call of the client in time.
func (c *Client) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timeout)
}

// maxPages bounds every list: GitHub's own limits are far below.
const maxPages = 1000

// pages calls ask for every page until there is no next one, or until ask says
// stop.
func pages(ask func(o api.ListOptions) (resp *api.Response, stop bool, err error)) error {
	o := api.ListOptions{PerPage: 100, Page: 1}
	for range maxPages {
		resp, stop, err := ask(o)
		if err != nil || stop || resp.NextPage <= o.Page {
			return err
		}
		o.Page = resp.NextPage
	}
	return fmt.Errorf("more than %d pages", maxPages)
}
