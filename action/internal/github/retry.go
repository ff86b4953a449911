package github

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxTries of one request.
const maxTries = 5

// transport is the one layer that repeats requests and waits. Above it the
// library sees neither rate limits nor the answers that were tried again.
type transport struct {
	next  *retryablehttp.Client
	base  *url.URL
	token string
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	mu   sync.Mutex
	left time.Duration // that we are still ready to wait
}

func newTransport(o ClientOptions, base *url.URL) *transport {
	t := &transport{base: base, token: o.Token, now: o.Now, sleep: o.Sleep, left: o.MaxWait}
	if t.left == 0 {
		t.left = time.Minute
	}
	inner := &http.Client{}
	if o.HTTP != nil {
		*inner = *o.HTTP
	} else {
		direct := http.DefaultTransport.(*http.Transport).Clone()
		direct.ResponseHeaderTimeout = 30 * time.Second
		inner.Transport = direct
	}
	inner.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.next = &retryablehttp.Client{
		HTTPClient: inner,
		RetryMax:   maxTries - 1,
		CheckRetry: t.again,
		// again has waited already: it knows the context and the clock.
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 },
		ErrorHandler: oneOrTheOther,
	}
	return t
}

// oneOrTheOther returns what a round tripper may: an answer or an error.
// The address is not part of the error: that of a download holds a token.
func oneOrTheOther(resp *http.Response, err error, _ int) (*http.Response, error) {
	var transport *url.Error
	if errors.As(err, &transport) {
		err = transport.Err
	}
	if err != nil && resp != nil {
		resp.Body.Close()
		resp = nil
	}
	return resp, err
}

// request is what again knows of the request that it judges.
type request struct {
	method string
	try    int
}

type requestKey struct{}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(context.WithValue(req.Context(), requestKey{}, &request{method: req.Method}))
	// A redirect leads to storage that has no business with the token.
	req.Header.Del("Authorization")
	if req.URL.Host == t.base.Host && req.URL.Scheme == t.base.Scheme {
		req.Header.Set("Authorization", "Bearer "+t.token)
	}
	r, err := retryablehttp.FromRequest(req)
	if err != nil {
		return nil, err
	}
	resp, err := t.next.Do(r)
	if err != nil {
		return nil, err
	}
	// The library would refuse the next request by itself where none remains.
	for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		resp.Header.Del(name)
	}
	resp.Request = req
	return resp, nil
}

// again decides whether a request is sent once more, and waits before that.
func (t *transport) again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	r, ok := ctx.Value(requestKey{}).(*request)
	if !ok || ctx.Err() != nil {
		return false, ctx.Err()
	}
	r.try++
	pause := 250 * time.Millisecond << r.try
	if err == nil {
		// Refused requests were not carried out: they may be repeated whatever
		// they do.
		limit, wait := t.limited(resp)
		if limit != nil {
			if wait < 0 { // without a word of how long
				wait = 4 * pause
			}
			if r.try >= maxTries || !t.take(wait) {
				return false, limit
			}
			return true, t.sleep(ctx, wait)
		}
		if resp.StatusCode < 500 || resp.StatusCode == http.StatusNotImplemented {
			return false, nil
		}
	}
	if r.method == http.MethodPost || r.try >= maxTries || !t.take(pause) {
		return false, err
	}
	return true, t.sleep(ctx, pause)
}

// take takes a pause from what we are ready to wait.
func (t *transport) take(d time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d > t.left {
		return false
	}
	t.left -= d
	return true
}

// limited recognises rate limits, as GitHub describes them: 403 or 429 with
// Retry-After, with nothing remaining until a time, or with a message only.
// wait is negative where the answer does not say how long.
func (t *transport) limited(resp *http.Response) (limit *RateLimitError, wait time.Duration) {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return nil, 0
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 && s < 1<<30 {
		wait = time.Duration(s) * time.Second
		return &RateLimitError{Secondary: true, Reset: t.now().Add(wait)}, wait
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		if s, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			reset := time.Unix(s, 0)
			return &RateLimitError{Reset: reset}, max(reset.Sub(t.now()), 0) + time.Second // clocks differ
		}
		return &RateLimitError{}, -1
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		return &RateLimitError{Secondary: true}, -1
	}
	if said := strings.ToLower(peek(resp)); strings.Contains(said, "secondary rate limit") || strings.Contains(said, "abuse detection") {
		return &RateLimitError{Secondary: true}, -1
	}
	return nil, 0
}

// peek reads the beginning of a body and leaves the whole to the next reader.
func peek(resp *http.Response) string {
	const limit = 64 << 10
	head, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), errReader{err}, rest), rest}
	return string(head)
}

// errReader ends with an error, or at once.
type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	return 0, io.EOF
}
