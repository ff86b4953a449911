package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	maxTries = 3
	maxPause = 5 * time.Second
)

// post sends a body until it is received, refused, or the time is over.
func (o Options) post(ctx context.Context, target *url.URL, body []byte, header http.Header) error {
	for try := 1; ; try++ {
		again, pause, err := o.once(ctx, target, body, header)
		switch {
		case err == nil || !again || try == maxTries:
			return err
		case pause > maxPause:
			return fmt.Errorf("%w, and wants to be asked again in %v", err, pause)
		case pause < 0:
			pause = time.Second << (try - 1)
		}
		if o.Sleep(ctx, pause) != nil {
			return err
		}
	}
}

// once sends a body. again says that another try may help, after pause if that
// is not negative.
func (o Options) once(ctx context.Context, target *url.URL, body []byte, header http.Header) (again bool, pause time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return false, 0, errors.New("the address cannot be asked")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "promptflag")
	resp, err := o.HTTP.Do(req)
	if err != nil {
		return ctx.Err() == nil, -1, withoutAddress(ctx, err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	if resp.StatusCode/100 == 2 {
		return false, 0, nil
	}
	pause = -1
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 && s < 1<<30 {
		pause = time.Duration(s) * time.Second
	}
	again = resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500
	// What is said there is of somebody else, and may repeat the address.
	return again, pause, fmt.Errorf("the answer is %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
}

// withoutAddress says what went wrong with a request, and not where.
func withoutAddress(ctx context.Context, err error) error {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	case errors.As(err, &dns):
		return errors.New("the host of the address is not known")
	case errors.As(err, &op) && op.Op == "dial":
		return errors.New("no connection")
	}
	return errors.New("the connection broke, or is not trusted")
}
