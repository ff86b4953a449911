package llm

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// Families of endpoints: which dialect they speak.
const (
	OpenAI    = "openai"
	Azure     = "azure" // the OpenAI dialect, with deployments for models
	Anthropic = "anthropic"
)

// Endpoint says where a model is, and how much it may be asked.
type Endpoint struct {
	Name   string // for people, in errors; "" is the host
	Family string // openai, azure or anthropic

	// BaseURL is where the paths of the API begin: https://api.openai.com/v1 and
	// https://api.anthropic.com when empty. Azure has no default; its models are
	// the names of deployments.
	BaseURL    string
	APIVersion string // of Azure, its query api-version

	// KeyEnv is the environment variable that holds the key, and Key is the key
	// itself, which comes first. With neither, no key is sent. A variable that is
	// not set is an error of the first request, not of New: who replays
	// recorded responses needs no key.
	KeyEnv string
	Key    Secret

	// Headers are added to every request. The key's own header wins.
	Headers map[string]string

	Concurrency       int           // requests at a time; 0: 8
	TokensPerMinute   int           // input and output together; 0: no limit
	RequestsPerMinute int           // 0: no limit
	Timeout           time.Duration // of one attempt, its body included; 0: 2 minutes
}

// Options say how to call. The zero value, and nil, have the defaults.
type Options struct {
	Getenv   func(name string) string // where KeyEnv is looked up; nil: nowhere
	HTTP     http.RoundTripper        // nil: a transport of its own, which Close closes
	Attempts int                      // of one request; 0: 5
	MaxWait  time.Duration            // between attempts, whatever Retry-After says; 0: 30 s
	Jitter   func() float64           // in [0,1), for several goroutines; nil: random
}

// Secret is a key. It does not print.
type Secret string

// String, GoString, LogValue and MarshalText hide it.
func (s Secret) String() string { return "(secret)" }

// GoString hides the secret.
func (s Secret) GoString() string { return "(secret)" }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue("(secret)") }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

const (
	defaultConcurrency = 8
	defaultTimeout     = 2 * time.Minute
	defaultAttempts    = 5
	defaultMaxWait     = 30 * time.Second
)

// Client calls one endpoint. It may be used by several goroutines, which share
// its limits.
type Client struct {
	endpoint Endpoint
	base     *url.URL
	http     *http.Client
	getenv   func(string) string
	attempts int
	maxWait  time.Duration
	jitter   func() float64
	limits   *limits
	close    func()
}

var (
	_ chat.Model    = (*Client)(nil)
	_ chat.Embedder = (*Client)(nil)
)

// New checks the endpoint, all of it at once, and calls nobody.
func New(e Endpoint, o *Options) (*Client, error) {
	if o == nil {
		o = &Options{}
	}
	base, err := e.check()
	if err != nil {
		return nil, err
	}
	c := &Client{
		endpoint: e,
		base:     base,
		getenv:   o.Getenv,
		attempts: cmp.Or(max(o.Attempts, 0), defaultAttempts),
		maxWait:  cmp.Or(max(o.MaxWait, 0), defaultMaxWait),
		jitter:   o.Jitter,
		close:    func() {},
	}
	if c.jitter == nil {
		c.jitter = rand.Float64
	}
	concurrency := cmp.Or(e.Concurrency, defaultConcurrency)
	transport := o.HTTP
	if transport == nil {
		own := &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   concurrency,
			IdleConnTimeout:       3 * time.Second, // servers on Node close after 5, and a question on its way is lost
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
		}
		transport, c.close = own, own.CloseIdleConnections
	}
	c.http = &http.Client{
		Transport: plainTransport{transport},
		Timeout:   cmp.Or(e.Timeout, defaultTimeout),
		// The key stays with the host that the base URL names.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.limits = newLimits(concurrency, e.TokensPerMinute, e.RequestsPerMinute)
	return c, nil
}

// plainTransport hides that a transport can close its idle connections, which
// a request that failed for good would do to all the others.
type plainTransport struct{ http.RoundTripper }

// Family is the endpoint's, part of the key of a recorded response.
func (c *Client) Family() string { return c.endpoint.Family }

// Close closes idle connections. The client can be used afterwards.
func (c *Client) Close() { c.close() }

// check returns the base URL, or everything that is wrong with the endpoint.
func (e *Endpoint) check() (*url.URL, error) {
	var wrong []error
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	raw := e.BaseURL
	switch e.Family {
	case OpenAI:
		raw = cmp.Or(raw, "https://api.openai.com/v1")
	case Anthropic:
		raw = cmp.Or(raw, "https://api.anthropic.com")
	case Azure:
		if raw == "" {
			add("base_url is missing: write https://RESOURCE.openai.azure.com")
		}
		if e.APIVersion == "" {
			add("api_version is missing: write the version of Azure's API, such as 2024-10-21")
		}
	default:
		add("family %q: have openai, azure and anthropic", e.Family)
	}
	if e.Family != Azure && e.APIVersion != "" {
		add("api_version: only for the family azure")
	}
	base, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case err != nil:
		add("base_url is not a URL") // the error would quote it, with what secret it may hold
	case raw == "":
	case base.Scheme != "http" && base.Scheme != "https" || base.Host == "":
		add("base_url: want http:// or https:// and a host")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		add("base_url holds a user, a query or a fragment: secrets go into key_env, further headers into headers")
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"concurrency", e.Concurrency}, {"tokens_per_minute", e.TokensPerMinute}, {"requests_per_minute", e.RequestsPerMinute}, {"timeout", int(e.Timeout)}} {
		if n.value < 0 {
			add("%s: want a positive number", n.name)
		}
	}
	for name, value := range e.Headers {
		if !headerName(name) || !headerValue(value) {
			add("header %q: the name or the value cannot be sent", name)
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("endpoint %q: %w", e.Name, errors.Join(wrong...))
	}
	e.Name = cmp.Or(e.Name, base.Host)
	return base, nil
}

func headerName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.!#$%&'*+^`|~", r))
	}) < 0
}

func headerValue(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}

// headers are those of a request to the endpoint, with the key that is in them.
func (c *Client) headers() (h http.Header, key string, err error) {
	h = http.Header{}
	for name, value := range c.endpoint.Headers {
		h.Set(textproto.CanonicalMIMEHeaderKey(name), value)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	if c.endpoint.Family == Anthropic && h.Get("Anthropic-Version") == "" {
		h.Set("Anthropic-Version", anthropicVersion)
	}
	key = string(c.endpoint.Key)
	if env := c.endpoint.KeyEnv; key == "" && env != "" {
		if c.getenv != nil {
			key = strings.TrimSpace(c.getenv(env))
		}
		if key == "" {
			return nil, "", c.unauthorized("environment variable %s is not set", env)
		}
	}
	switch {
	case key == "":
		return h, "", nil
	case !headerValue(key):
		return nil, "", c.unauthorized("the key holds characters that cannot be sent")
	}
	switch c.endpoint.Family {
	case Azure:
		h.Set("Api-Key", key)
	case Anthropic:
		h.Set("X-Api-Key", key)
	default:
		h.Set("Authorization", "Bearer "+key)
	}
	return h, key, nil
}

func (c *Client) unauthorized(format string, args ...any) error {
	return c.error(chat.Error{Fault: chat.Unauthorized, Err: fmt.Errorf(format, args...)})
}

// error names the endpoint.
func (c *Client) error(e chat.Error) *chat.Error {
	if e.Err != nil {
		e.Err = fmt.Errorf("%s: %w", c.endpoint.Name, e.Err)
	} else {
		e.Err = errors.New(c.endpoint.Name)
	}
	return &e
}

// badRequest is what the endpoint has no place for, found before it is asked.
func (c *Client) badRequest(err error) error {
	return c.error(chat.Error{Fault: chat.BadRequest, Err: err})
}
