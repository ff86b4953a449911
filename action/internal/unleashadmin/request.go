package unleashadmin

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	tryTimeout  = 30 * time.Second // of one try
	repetitions = 3
	maxPause    = 10 * time.Second // also of a Retry-After
	maxBody     = 32 << 20         // bytes of an answer: the export of a large project
	connections = 16               // kept open; flags are written some at a time
)

// newHTTP makes the one layer that repeats requests, in its two forms.
func newHTTP(o Options) (again, once *retryablehttp.Client) {
	inner := &http.Client{Timeout: tryTimeout}
	if o.HTTPClient != nil {
		own := *o.HTTPClient
		inner = &own
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConnsPerHost = connections
		inner.Transport = t
	}
	if o.Timeout != 0 {
		inner.Timeout = o.Timeout
	}
	// Following a redirect would turn a POST into a GET.
	inner.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := func(check retryablehttp.CheckRetry) *retryablehttp.Client {
		return &retryablehttp.Client{
			HTTPClient: inner, RetryMax: repetitions, RetryWaitMin: o.Pause, RetryWaitMax: maxPause,
			CheckRetry: check, Backoff: backoff, ErrorHandler: retryablehttp.PassthroughErrorHandler,
		}
	}
	return client(checkAgain), client(checkOnce)
}

// checkAgain repeats what a busy or restarting server answers. A 500 is an
// answer: Unleash uses it for a json-patch test that does not hold.
func checkAgain(ctx context.Context, res *http.Response, err error) (bool, error) {
	if err != nil || ctx.Err() != nil {
		// It knows the errors that stay, such as certificates.
		return retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, nil
	}
	return false, nil
}

// checkOnce repeats only what was surely not worked on.
func checkOnce(ctx context.Context, res *http.Response, err error) (bool, error) {
	if err != nil || ctx.Err() != nil {
		return ctx.Err() == nil && notSent(err), ctx.Err()
	}
	return res.StatusCode == http.StatusTooManyRequests, nil
}

// notSent reports that there was no connection over which to send.
func notSent(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Op == "dial"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	return false
}

// backoff doubles with jitter, and obeys a Retry-After up to longest.
func backoff(first, longest time.Duration, attempt int, res *http.Response) time.Duration {
	pause := min(first<<attempt, longest)
	pause = pause/2 + rand.N(pause/2+1)
	if res != nil {
		pause = max(pause, retryAfter(res.Header.Get("Retry-After")))
	}
	return min(pause, longest)
}

// retryAfter reads the header's two forms; 0 if it says nothing.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), 3600)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return time.Until(at)
	}
	return 0
}

// request is one call of the Admin API.
type request struct {
	op     string // what is being done, for errors
	method string
	path   string // below /api/admin/
	body   any    // sent as JSON; nil: none
	again  bool   // may be repeated; GET, PATCH and DELETE always may
}

// path builds the path of a request.
func path(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = url.PathEscape(p)
	}
	return strings.Join(escaped, "/")
}

// flag is a path below a flag of the project.
func (c *Client) flag(name string, more ...string) string {
	return path(append([]string{"projects", c.project, "features", name}, more...)...)
}

// strategies is a path below a flag's strategies in this environment.
func (c *Client) strategies(flag string, more ...string) string {
	return c.flag(flag, append([]string{"environments", c.environment, "strategies"}, more...)...)
}

// call sends a request and decodes the answer into result, unless that is nil.
func (c *Client) call(ctx context.Context, r request, result any) error {
	res, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case res.StatusCode >= 300:
		return c.refused(r.op, res, data)
	case err != nil:
		return c.unreachable(r.op, err)
	case len(data) > maxBody:
		return &Error{Op: r.op, Status: res.StatusCode, Hint: fmt.Sprintf("the answer has more than %d MiB", maxBody>>20)}
	case result == nil:
		return nil
	}
	if err := json.Unmarshal(data, result); err != nil {
		return &Error{Op: r.op, Status: res.StatusCode, Err: errNotUnleash, Hint: "check the url in promptflag.toml: it is the address of the server, which answers at " + c.server() + "/health"}
	}
	return nil
}

var errNotUnleash = errors.New("the answer is not that of an Unleash Admin API")

func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	var body any // a nil []byte would be a body
	if r.body != nil {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r.body); err != nil {
			return nil, fmt.Errorf("unleash: %s: %w", r.op, err)
		}
		body = buf.Bytes()
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, r.method, c.base.String()+r.path, body)
	if err != nil {
		return nil, fmt.Errorf("unleash: %s: %w", r.op, err)
	}
	req.Header.Set("Authorization", c.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "promptflag")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	via := c.again
	if r.method == http.MethodPost && !r.again {
		via = c.once
	}
	res, err := via.Do(req)
	if err != nil {
		return nil, c.unreachable(r.op, err)
	}
	return res, nil
}

// wait pauses before looking at what became of a request whose answer was lost,
// longer each time.
func (c *Client) wait(ctx context.Context, try int) {
	select {
	case <-ctx.Done():
	case <-time.After(c.pause << try):
	}
}
