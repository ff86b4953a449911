package unleashadmin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	timeout     = 30 * time.Second // of one try
	repetitions = 3
	maxPause    = 10 * time.Second // also of a Retry-After
	maxBody     = 64 << 20         // of an answer: the export of a large project
)

// newHTTP is the one layer that repeats requests.
func newHTTP(inner *http.Client, pause time.Duration) *retryablehttp.Client {
	if inner == nil {
		inner = &http.Client{Timeout: timeout}
	}
	if pause == 0 {
		pause = 200 * time.Millisecond
	}
	return &retryablehttp.Client{
		HTTPClient: inner, RetryMax: repetitions, RetryWaitMin: pause, RetryWaitMax: maxPause,
		CheckRetry: checkRetry, Backoff: backoff, ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// oncePerCall marks requests that must not be repeated.
type onceKey struct{}

func once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

// checkRetry repeats what a busy or restarting server answers. A 500 is an
// answer: Unleash uses it for a json-patch test that does not hold.
func checkRetry(ctx context.Context, res *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if ctx.Value(onceKey{}) != nil {
		// Refused before it was worked on: 429 and 503 are safe to repeat.
		return err == nil && (res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable), nil
	}
	if err != nil {
		return true, nil
	}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, nil
	}
	return false, nil
}

// backoff doubles with jitter, and obeys a Retry-After up to maxPause.
func backoff(first, longest time.Duration, attempt int, res *http.Response) time.Duration {
	pause := min(first<<attempt, longest)
	pause = pause/2 + rand.N(pause/2+1)
	if res != nil {
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
			pause = max(pause, time.Duration(seconds)*time.Second)
		}
	}
	return min(pause, longest)
}

// path builds the path of a request below /api/admin/.
func path(parts ...string) string {
	var b bytes.Buffer
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// strategies is the path of a flag's strategies in this environment.
func (c *Client) strategies(flag string, more ...string) string {
	return path(append([]string{"projects", c.project, "features", flag, "environments", c.environment, "strategies"}, more...)...)
}

// call sends body as JSON, unless it is nil, and decodes the answer into
// result, unless that is nil. op says what was being done.
func (c *Client) call(ctx context.Context, op, method, path string, body, result any) error {
	res, err := c.send(ctx, op, method, path, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		return c.unreachable(op, err)
	case len(data) > maxBody:
		return &Error{Op: op, Status: res.StatusCode, Hint: fmt.Sprintf("the answer has more than %d bytes", maxBody)}
	case res.StatusCode >= 300:
		return c.refused(op, res.StatusCode, data)
	case result == nil:
		return nil
	}
	if err := json.Unmarshal(data, result); err != nil {
		return &Error{Op: op, Status: res.StatusCode, Hint: "is this the URL of an Unleash server? The answer is not the JSON of its Admin API", Err: err}
	}
	return nil
}

func (c *Client) send(ctx context.Context, op, method, path string, body any) (*http.Response, error) {
	target, err := c.base.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var payload []byte
	if body != nil {
		if payload, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	if method == http.MethodPost {
		ctx = once(ctx)
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, target.String(), payload)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	req.Header.Set("Authorization", c.token)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(op, err)
	}
	return res, nil
}

// unreachable keeps the cause, without the URL: it may be internal.
func (c *Client) unreachable(op string, err error) error {
	if urlErr := (*url.Error)(nil); errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &Error{Op: op, Hint: "is " + c.Describe() + " up and reachable from here? Run the command again", Err: err}
}
