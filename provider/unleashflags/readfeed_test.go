package unleashflags_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// ReadFeed asks once, as a service does, and changes nothing of the answer.
func TestReadFeed(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	o := f.options()
	o.AppName = "promptflag-bundle"
	body, err := unleashflags.ReadFeed(t.Context(), o)
	if err != nil || string(body) != f.body {
		t.Errorf("%v; the body is the server's: %t", err, string(body) == f.body)
	}
	f.set(func() {
		if len(f.heads) != 1 || f.heads[0].Get("Unleash-Appname") != o.AppName || f.heads[0].Get("If-None-Match") != "" {
			t.Errorf("requests: %v", f.heads)
		}
		if len(f.posts) != 0 {
			t.Errorf("it reported something: %v", f.posts)
		}
	})
}

func TestReadFeedFails(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	wrong := f.options()
	wrong.Token = "default:production.wr0ng"
	if _, err := unleashflags.ReadFeed(t.Context(), wrong); !errors.Is(err, provider.ErrRefused) {
		t.Errorf("a wrong token: %v, want ErrRefused", err)
	} else if strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("the token is in the error: %v", err)
	}
	if _, err := unleashflags.ReadFeed(t.Context(), unleashflags.Options{URL: f.URL}); err == nil {
		t.Error("no token gives no error")
	}
	for name, change := range map[string]func(){
		"500":           func() { f.status = http.StatusInternalServerError },
		"304 unasked":   func() { f.status = http.StatusNotModified },
		"not JSON":      func() { f.status, f.body = 0, "<html>" },
		"no feed":       func() { f.body = `{"title":"news"}` },
		"truncated":     func() { f.body = fixtureFeed(t)[:500] },
		"an empty body": func() { f.body = "" },
	} {
		f.set(func() { f.status, f.body = 0, fixtureFeed(t) })
		f.set(change)
		if body, err := unleashflags.ReadFeed(t.Context(), f.options()); err == nil || body != nil {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
}

// A server that hangs ends with the timeout or with the caller's context.
func TestReadFeedHangs(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	f.hang = make(chan struct{})
	t.Cleanup(func() { close(f.hang) })
	o := f.options()
	o.Timeout = 20 * time.Millisecond
	if _, err := unleashflags.ReadFeed(t.Context(), o); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("timeout: %v", err)
	}
	o.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := unleashflags.ReadFeed(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
