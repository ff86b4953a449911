// The server here is a RoundTripper in a bubble of testing/synctest, where the
// clock is ours: a real server would make the tests wait.

package llm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
)

type fake func(*http.Request) (*http.Response, error)

func (f fake) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func response(status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func inBubble(t *testing.T, e Endpoint, o Options, f fake) *Client {
	t.Helper()
	e.Family, e.BaseURL, o.HTTP = OpenAI, "http://fake", f
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 1 }
	}
	c, err := New(e, &o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWaits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		bad   func() *http.Response
		after time.Duration // of three bad attempts
	}{
		{"backoff", func() *http.Response { return response(500, "") }, 3500 * time.Millisecond}, // 0.5 + 1 + 2
		{"seconds", func() *http.Response { return response(429, "", "Retry-After", "7") }, 21 * time.Second},
		{"zero", func() *http.Response { return response(503, "", "Retry-After", "0") }, 0},
		{"date", func() *http.Response {
			return response(503, "", "Retry-After", time.Now().Add(9*time.Second).UTC().Format(http.TimeFormat))
		}, 27 * time.Second},
		{"date that has been", func() *http.Response { return response(503, "", "Retry-After", "Fri, 01 Jan 1999 15:04:05 GMT") }, 0},
		{"capped", func() *http.Response { return response(429, "", "Retry-After", "86400") }, 30 * time.Second * 3},
		{"capped date", func() *http.Response { return response(429, "", "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT") }, 30 * time.Second * 3},
		{"nonsense", func() *http.Response { return response(429, "", "Retry-After", "soon") }, 3500 * time.Millisecond},
		{"negative", func() *http.Response { return response(429, "", "Retry-After", "-5") }, 3500 * time.Millisecond},
		{"not a number", func() *http.Response { return response(429, "", "Retry-After", "NaN") }, 3500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				c := inBubble(t, Endpoint{}, Options{}, func(*http.Request) (*http.Response, error) {
					if calls++; calls <= 3 {
						return tt.bad(), nil
					}
					time.Sleep(40 * time.Millisecond)
					return response(200, openaiOK), nil
				})
				begin := time.Now()
				got, err := c.Complete(t.Context(), ask())
				if took := time.Since(begin) - 40*time.Millisecond; err != nil || took < tt.after-time.Second && tt.name == "date" || took != tt.after && tt.name != "date" || took > tt.after {
					t.Errorf("it took %v, want %v; %v", took, tt.after, err)
				}
				if got.Latency != 40*time.Millisecond {
					t.Errorf("latency %v holds more than the last attempt", got.Latency)
				}
			})
		})
	}
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		c := inBubble(t, Endpoint{Concurrency: 3}, Options{}, func(*http.Request) (*http.Response, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return response(200, openaiOK), nil
		})
		begin := time.Now()
		together(t, 30, func() error { _, err := c.Complete(t.Context(), ask()); return err })
		if took := time.Since(begin); most != 3 || took != 10*time.Second {
			t.Errorf("%d at a time, %v; want 3, 10s", most, took)
		}
	})
}

func together(t *testing.T, n int, f func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := f(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestOneSlowsAll: after a 429, nobody sends before the time it says.
func TestOneSlowsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var mu sync.Mutex
		var early, calls int
		c := inBubble(t, Endpoint{Concurrency: 2}, Options{}, func(*http.Request) (*http.Response, error) {
			mu.Lock()
			calls++
			first := calls == 1
			if time.Since(begin) < 20*time.Second {
				early++
			}
			mu.Unlock()
			if first {
				time.Sleep(500 * time.Millisecond)
				return response(429, "", "Retry-After", "20"), nil
			}
			time.Sleep(time.Second)
			return response(200, openaiOK), nil
		})
		together(t, 10, func() error { _, err := c.Complete(t.Context(), ask()); return err })
		if early != 2 || calls != 11 { // the one that was refused, and one that was on its way
			t.Errorf("%d of %d requests were sent before the pause was over", early, calls)
		}
	})
}

func TestTokensPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Each request counts 16 tokens when it is answered: 160 in a minute are 10
		// requests, and a sixth of them may be sent at once.
		c := inBubble(t, Endpoint{TokensPerMinute: 160, Concurrency: 100}, Options{}, func(*http.Request) (*http.Response, error) { return response(200, openaiOK), nil })
		begin := time.Now()
		for range 21 {
			if _, err := c.Complete(t.Context(), ask()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took < 100*time.Second || took > 130*time.Second {
			t.Errorf("21 requests of 16 tokens took %v at 160 a minute", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := inBubble(t, Endpoint{RequestsPerMinute: 60}, Options{}, func(*http.Request) (*http.Response, error) { return response(200, openaiOK), nil })
		begin := time.Now()
		together(t, 70, func() error { _, err := c.Complete(t.Context(), ask()); return err })
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("70 requests took %v at 60 a minute with 10 at once", took)
		}
	})
}

// TestGivesUpWaiting: who stops waiting gives back what was taken.
func TestGivesUpWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inBubble(t, Endpoint{RequestsPerMinute: 6, Concurrency: 100}, Options{}, func(*http.Request) (*http.Response, error) { return response(200, openaiOK), nil })
		if _, err := c.Complete(t.Context(), ask()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		together(t, 50, func() error {
			_, err := c.Complete(ctx, ask())
			var e *chat.Error
			if !errors.As(err, &e) || e.Fault != chat.TimedOut || e.Attempts != 0 {
				return errors.New("want a timeout before anything is sent")
			}
			return nil
		})
		begin := time.Now()
		if _, err := c.Complete(t.Context(), ask()); err != nil || time.Since(begin).Round(time.Millisecond) != 9*time.Second {
			t.Errorf("waited %v, %v", time.Since(begin), err)
		}
	})
}
