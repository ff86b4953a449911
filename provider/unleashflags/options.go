package unleashflags

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Options of New. URL is required, with an http(s) URL Token too, with a file
// URL Environment.
type Options struct {
	// URL of the Unleash server or of Unleash Edge: https://unleash.acme.dev,
	// to which /api is added when missing. Or file:///dir/flags, the embedded
	// default: <dir>/<Environment>.json is read instead of asking a server.
	URL string
	// Token is a backend (client) token of one environment. It is never logged
	// nor part of an error.
	Token string
	// Environment is the environment's name for constraints, the set id and
	// the embedded document. Empty: what the server says that the token is for.
	Environment string
	// Project limits the feed to one project. Empty: all that the token covers.
	Project string
	// AppName names the service in Unleash. Empty: "promptflag".
	AppName string
	// InstanceID names this instance in Unleash. Empty: host name and a random part.
	InstanceID string
	// RefreshInterval is the time from one poll of the flags to the next. Zero: 3 s.
	RefreshInterval time.Duration
	// MetricsInterval is the time from one report of exposures to the next.
	// Zero: 60 s; negative: none are reported.
	MetricsInterval time.Duration
	// Timeout is for one request to the server. Zero: RefreshInterval, but at
	// least 1 s and at most 5 s, so that a poll that hangs does not delay the one
	// that finds the server well again.
	Timeout time.Duration
	// HTTPClient makes the requests, redirects and proxies included; its
	// Timeout should be zero. Nil: one of this source's own.
	HTTPClient *http.Client
	// Engine decides who gets which variant. Nil: unleash-client-go v4. Package
	// unleashv6 has another one, which knows more operators.
	Engine Engine
	// Logger gets what an operator may want to see. Nil: nothing is logged.
	Logger *slog.Logger
}

func (o *Options) defaults() {
	if o.AppName == "" {
		o.AppName = "promptflag"
	}
	if o.InstanceID == "" {
		host, _ := os.Hostname()
		o.InstanceID = strings.TrimPrefix(host+"-"+randomHex(4), "-")
	}
	if o.RefreshInterval <= 0 {
		o.RefreshInterval = 3 * time.Second
	}
	if o.MetricsInterval == 0 {
		o.MetricsInterval = time.Minute
	}
	if o.Timeout <= 0 {
		o.Timeout = min(max(o.RefreshInterval, time.Second), 5*time.Second)
	}
	if o.Engine == nil {
		o.Engine = v4{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// New returns a source; nothing is started or asked yet. It can be given to
// one provider.
func New(o Options) (*Source, error) {
	o.defaults()
	s := &Source{opt: o, log: o.Logger}
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errors.New("unleash: option URL is not a URL")
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" || u.User != nil {
			return nil, errors.New("unleash: option URL: want https://host[/path] without user and password")
		}
		if err := checkToken(o.Token); err != nil {
			return nil, fmt.Errorf("unleash: option Token: %w", err)
		}
		s.base = apiURL(u)
	case "file":
		if s.dir, err = dirOf(u, runtime.GOOS); err != nil {
			return nil, fmt.Errorf("unleash: option URL: %w", err)
		}
		if o.Environment == "" || !filepath.IsLocal(o.Environment) || strings.ContainsAny(o.Environment, `/\`) {
			return nil, fmt.Errorf("unleash: option Environment: %q does not name a document in the directory of a file URL", o.Environment)
		}
		s.base = &url.URL{Scheme: "http", Host: "embedded.invalid", Path: "/api/"}
	default:
		return nil, fmt.Errorf("unleash: option URL: scheme %.20q (want https://host or file:///dir)", u.Scheme)
	}
	return s, nil
}

// checkToken names the mistakes that a token's form shows.
func checkToken(token string) error {
	scope, _, _ := strings.Cut(token, ".")
	switch {
	case token == "":
		return errors.New("empty; services use a backend (client) token of one environment")
	case strings.HasPrefix(token, "user:"):
		return errors.New("this is a personal access token; services use a backend (client) token of one environment")
	case strings.HasSuffix(scope, ":*"):
		return errors.New("this is an admin token; services use a backend (client) token of one environment")
	case strings.ContainsAny(token, " \t\r\n"):
		return errors.New("it contains white space")
	}
	return nil
}

// apiURL returns u with the /api/ that requests are relative to.
func apiURL(u *url.URL) *url.URL {
	path := strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/client/features")
	path = strings.TrimSuffix(path, "/")
	if !strings.HasSuffix(path, "/api") {
		path += "/api"
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path + "/"}
}

// dirOf returns the directory that a file URL names on goos.
func dirOf(u *url.URL, goos string) (string, error) {
	if u.Opaque != "" || (u.Host != "" && u.Host != "localhost") || u.RawQuery != "" || u.User != nil || u.Path == "" {
		return "", errors.New("file URL: want file:///absolute/dir")
	}
	dir := u.Path
	if goos == "windows" && len(dir) >= 3 && dir[0] == '/' && dir[2] == ':' {
		dir = dir[1:]
	}
	return filepath.FromSlash(dir), nil
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
