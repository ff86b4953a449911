package llm

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/promptflag/promptflag/evalkit/chat"
)

const (
	maxBody   = 16 << 20 // of an answer, in bytes
	firstWait = 500 * time.Millisecond
)

// call is one request with its attempts.
type call struct {
	c        *Client
	key      string // in no error
	estimate int    // tokens
	// read makes the answer of a body with status 200; ok is false, with a chat.Fault, when
	// there is none in it. It says how many tokens were used, 0 when nobody knows.
	read func(body []byte) (used int, err error)

	attempts int
	timeouts int
	inside   bool // holds a slot of the endpoint
	sent     time.Time
	latency  time.Duration
	failed   *chat.Error // the last attempt
	wait     time.Duration
}

// fault is an answer that cannot be read.
type fault struct {
	fault chat.Fault
	err   error
}

func (f *fault) Error() string { return f.err.Error() }

func malformed(format string, args ...any) error {
	return &fault{chat.Malformed, fmt.Errorf(format, args...)}
}

// send posts request to a path of the endpoint until an answer can be read, and
// returns how long the attempt took that was.
func (c *Client) send(ctx context.Context, path string, request any, read func([]byte) (int, error)) (time.Duration, error) {
	body, err := encode(request)
	if err != nil {
		return 0, c.badRequest(fmt.Errorf("encode the request: %w", err))
	}
	headers, key, err := c.headers()
	if err != nil {
		return 0, err
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, c.base.String()+path, body)
	if err != nil {
		return 0, c.badRequest(errors.New("the request has no valid URL: look at the model's name"))
	}
	req.Header = headers
	k := &call{c: c, key: key, estimate: len(body)/4 + 1, read: read}
	defer k.leave()
	if err := k.enter(ctx); err != nil {
		return 0, k.ended(err)
	}
	client := retryablehttp.Client{
		HTTPClient:   c.http,
		RetryMax:     c.attempts - 1,
		CheckRetry:   k.check,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return k.wait },
		PrepareRetry: func(r *http.Request) error { return k.enter(r.Context()) },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := client.Do(req)
	if resp != nil {
		resp.Body.Close() // read by check
	}
	switch {
	case ctx.Err() != nil && (err != nil || k.failed != nil):
		return 0, k.ended(ctx.Err())
	case k.failed != nil:
		k.failed.Attempts = k.attempts
		return 0, c.error(*k.failed)
	case err != nil:
		return 0, c.error(chat.Error{Fault: chat.Unavailable, Attempts: k.attempts, Err: plain(err)})
	}
	return k.latency, nil
}

// encode is JSON as it would be written by hand: < and & stay what they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// enter waits for the limits before each attempt.
func (k *call) enter(ctx context.Context) error {
	if err := k.c.limits.enter(ctx, k.estimate); err != nil {
		return err
	}
	k.inside, k.sent = true, time.Now()
	k.attempts++
	return nil
}

func (k *call) leave() {
	if k.inside {
		k.c.limits.leave()
		k.inside = false
	}
}

// ended is the error of a context that ended.
func (k *call) ended(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		e := chat.Error{Fault: chat.TimedOut, Attempts: k.attempts, Err: err}
		if k.failed != nil {
			e.Status, e.Err = k.failed.Status, fmt.Errorf("%w; the last attempt: %s", err, k.failed.Fault)
		}
		return k.c.error(e)
	}
	return fmt.Errorf("%s: %w", k.c.endpoint.Name, err)
}

// check looks at one attempt, whole: the body is a part of it. The error is
// never one, so that what it found reaches send.
func (k *call) check(ctx context.Context, resp *http.Response, err error) (retry bool, _ error) {
	defer k.leave() // what comes is waiting
	k.failed, k.wait = nil, 0
	if err == nil {
		var body []byte
		body, err = readAll(resp.Body)
		resp.Body.Close()
		resp.Body = http.NoBody
		k.latency = time.Since(k.sent)
		if err == nil {
			k.failed, retry = k.judge(resp, body)
			if k.failed == nil {
				return false, nil
			}
		}
	}
	if err != nil {
		k.failed, retry = k.broken(resp, err), true
		var certificate *tls.CertificateVerificationError
		switch {
		case k.failed.Fault == chat.TimedOut:
			k.timeouts++
			retry = k.timeouts < 2
		case errors.As(err, &certificate):
			retry = false // it will be the same one
		}
	}
	if ctx.Err() != nil {
		return false, nil
	}
	wait, told := k.c.retryAfter(resp)
	k.wait = wait
	if !told {
		backoff := min(firstWait<<min(k.attempts-1, 16), k.c.maxWait)
		k.wait = time.Duration(float64(backoff) * (0.5 + 0.5*k.c.jitter()))
	}
	if retry && (told || k.failed.Fault == chat.RateLimited) {
		k.c.limits.pause(k.wait)
	}
	return retry, nil
}

// errTooLarge: an answer is longer than maxBody.
var errTooLarge = fmt.Errorf("the answer is larger than %d bytes", maxBody)

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = errTooLarge
	}
	return b, err
}

// broken is an attempt without a whole answer.
func (k *call) broken(resp *http.Response, err error) *chat.Error {
	e := &chat.Error{Fault: chat.Unavailable, Err: plain(err)}
	if resp != nil {
		e.Status, e.Fault = resp.StatusCode, chat.Cut
	}
	var timeout net.Error
	switch {
	case errors.Is(err, errTooLarge):
		e.Fault = chat.Malformed
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Fault, e.Err = chat.TimedOut, fmt.Errorf("no answer within %v", k.c.http.Timeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Fault = chat.Cut
	}
	return e
}

// plain is an error of net/http without the URL.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// judge reads an answer that came whole.
func (k *call) judge(resp *http.Response, body []byte) (failed *chat.Error, retry bool) {
	status := resp.StatusCode
	if status == http.StatusOK {
		used, err := k.read(body)
		if err == nil {
			if used > 0 {
				k.c.limits.tokens.correct(used - k.estimate)
			}
			return nil, false
		}
		failed := &chat.Error{Fault: chat.Malformed, Status: status, Err: err}
		var f *fault
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &f):
			failed.Fault, failed.Err = f.fault, f.err
		case errors.As(err, &syntax) && strings.Contains(syntax.Error(), "unexpected end"):
			failed.Fault, failed.Err = chat.Cut, errors.New("the JSON of the answer ends early")
		default: // errors of encoding/json quote the text
			failed.Err = errors.New("the answer is not the JSON that the API documents")
		}
		return failed, true
	}
	said := saidIn(body).without(k.key)
	failed = &chat.Error{Status: status, Err: said.err(resp.Header)}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		failed.Fault = chat.Unauthorized
	case status == http.StatusTooManyRequests:
		failed.Fault, retry = chat.RateLimited, said.code != "insufficient_quota"
	case status == http.StatusRequestTimeout:
		failed.Fault, retry = chat.Unavailable, true
	case status >= 500:
		failed.Fault, retry = chat.Unavailable, status != http.StatusNotImplemented
	case status >= 300 && status < 400:
		failed.Fault, failed.Err = chat.BadRequest, errors.New("the endpoint redirects: write where it leads as the base URL")
	case status < 300:
		failed.Fault, retry = chat.Malformed, true
	default:
		failed.Fault = chat.BadRequest
	}
	return failed, retry
}

// retryAfter is what the endpoint asks to wait, at most maxWait.
func (c *Client) retryAfter(resp *http.Response) (wait time.Duration, told bool) {
	if resp == nil {
		return 0, false
	}
	h := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(h, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, c.maxWait.Seconds()) * float64(time.Second)), true
	}
	if at, err := http.ParseTime(h); err == nil {
		return min(max(time.Until(at), 0), c.maxWait), true
	}
	return 0, false
}

// said are the identifiers in the body of an error.
type said struct{ kind, code, param string }

func saidIn(body []byte) (s said) {
	var b struct {
		Error             json.RawMessage
		Type, Code, Param any
	}
	if json.Unmarshal(body, &b) != nil {
		return s
	}
	var inner struct{ Type, Code, Param any }
	if json.Unmarshal(b.Error, &inner) == nil && len(b.Error) > 0 && b.Error[0] == '{' {
		return said{identifier(inner.Type), identifier(inner.Code), identifier(inner.Param)}
	}
	return said{identifier(b.Type), identifier(b.Code), identifier(b.Param)}
}

// identifier is v when it is a name or a number, and nothing that anybody wrote.
func identifier(v any) string {
	s, ok := v.(string)
	if n, isNumber := v.(float64); isNumber {
		s, ok = strconv.FormatFloat(n, 'f', -1, 64), true
	}
	if !ok || len(s) > 80 || strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-[]", r))
	}) >= 0 {
		return ""
	}
	return s
}

// without is s as long as nothing in it repeats the key.
func (s said) without(key string) said {
	if key != "" && strings.Contains(s.kind+" "+s.code+" "+s.param, key) {
		return said{}
	}
	return s
}

func (s said) err(h http.Header) error {
	var parts []string
	for _, p := range [][2]string{{"type", s.kind}, {"code", s.code}, {"param", s.param}, {"request", firstIdentifier(h, "X-Request-Id", "Request-Id", "Apim-Request-Id")}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	if len(parts) == 0 {
		return errors.New("the endpoint does not say why")
	}
	return errors.New(strings.Join(parts, ", "))
}

func firstIdentifier(h http.Header, names ...string) string {
	for _, name := range names {
		if s := identifier(h.Get(name)); s != "" {
			return s
		}
	}
	return ""
}
