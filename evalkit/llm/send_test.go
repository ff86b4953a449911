// The servers here are httptest fakes: they cut bodies, redirect and count to
// the attempt, which the mock server of the test stack cannot be told to do.

package llm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

const key = "sk-very-secret-key"

// said is what models are asked in tests; no error may repeat it.
const secretText = "the customer's own words"

func ask() chat.Request {
	return chat.Request{Model: "m", Messages: []prompts.Message{{Role: "user", Content: secretText}}}
}

const openaiOK = `{"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":3}}}`
const anthropicOK = `{"model":"m-1","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":8,"cache_read_input_tokens":3,"output_tokens":5}}`

// client calls a fake; its waits are short.
func client(t *testing.T, e Endpoint, o Options, h http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a server that has not read it does not see the client go
		r.Body = io.NopCloser(bytes.NewReader(body))
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	if e.Family == "" {
		e.Family = OpenAI
	}
	e.Name, e.BaseURL, e.Key = "fake", srv.URL, key
	if o.MaxWait == 0 {
		o.MaxWait = time.Millisecond
	}
	c, err := New(e, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func hijack(w http.ResponseWriter, raw string) {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	fmt.Fprint(buf, raw)
	_ = buf.Flush()
	_ = conn.Close()
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); fmt.Fprint(w, body) }
}

// TestFaults: what the endpoint does, the fault that comes of it, and how often
// it was asked.
func TestFaults(t *testing.T) {
	quoting := fmt.Sprintf(`{"error":{"message":"no %s with %s","type":"invalid_request_error","code":"bad_thing","param":"messages[0]"}}`, secretText, key)
	for _, tt := range []struct {
		name     string
		h        http.HandlerFunc
		fault    chat.Fault
		status   int
		attempts int
		says     string
	}{
		{"401", status(401, quoting), chat.Unauthorized, 401, 1, "bad_thing"},
		{"403", status(403, ""), chat.Unauthorized, 403, 1, "does not say why"},
		{"400", status(400, quoting), chat.BadRequest, 400, 1, "type invalid_request_error, code bad_thing, param messages[0]"},
		{"404", status(404, `<html>`), chat.BadRequest, 404, 1, ""},
		{"422", status(422, `{"detail":[{"loc":["body"]}]}`), chat.BadRequest, 422, 1, ""},
		{"429", status(429, quoting), chat.RateLimited, 429, 3, "bad_thing"},
		{"429 without money", status(429, `{"error":{"code":"insufficient_quota"}}`), chat.RateLimited, 429, 1, "insufficient_quota"},
		{"500", status(500, "oops"), chat.Unavailable, 500, 3, ""},
		{"501", status(501, ""), chat.Unavailable, 501, 1, ""},
		{"503", status(503, ""), chat.Unavailable, 503, 3, ""},
		{"529", status(529, `{"type":"error","error":{"type":"overloaded_error"}}`), chat.Unavailable, 529, 3, "overloaded_error"},
		{"408", status(408, ""), chat.Unavailable, 408, 3, ""},
		{"204", status(204, ""), chat.Malformed, 204, 3, ""},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, chat.BadRequest, 307, 1, "redirects"},
		{"no JSON", status(200, "<html>"+secretText), chat.Malformed, 200, 3, ""},
		{"another JSON", status(200, `{"answer":42}`), chat.Malformed, 200, 3, "choices is missing"},
		{"wrong types", status(200, `{"choices":"`+secretText+`"}`), chat.Malformed, 200, 3, ""},
		{"two answers", status(200, openaiOK+openaiOK), chat.Malformed, 200, 3, ""},
		{"without a reason to end", status(200, strings.Replace(openaiOK, `"stop"`, "null", 1)), chat.Malformed, 200, 3, "finish_reason"},
		{"an error as an answer", status(200, `{"error":{"code":502,"message":"`+secretText+`"}}`), chat.Unavailable, 200, 3, "code 502"},
		{"JSON that ends early", status(200, openaiOK[:60]), chat.Cut, 200, 3, "ends early"},
		{"empty", status(200, ""), chat.Cut, 200, 3, ""},
		{"body that ends early", func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"+openaiOK[:60])
		}, chat.Cut, 200, 3, ""},
		{"no answer", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "") }, chat.Cut, 0, 3, ""},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "hello\r\n\r\n") }, chat.Unavailable, 0, 3, ""},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			for range 17 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		}, chat.Malformed, 200, 3, "larger than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int32
			c := client(t, Endpoint{}, Options{Attempts: 3}, func(w http.ResponseWriter, r *http.Request) { calls.Add(1); tt.h(w, r) })
			_, err := c.Complete(t.Context(), ask())
			var e *chat.Error
			if !errors.As(err, &e) || e.Fault != tt.fault || e.Status != tt.status || e.Attempts != tt.attempts || int(calls.Load()) != tt.attempts {
				t.Fatalf("error %#v after %d calls\n%v", err, calls.Load(), err)
			}
			for _, never := range []string{key, secretText, "127.0.0.1"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("the error holds %q: %v", never, err)
				}
			}
			if !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "fake") {
				t.Errorf("error %q, want fake and %q in it", err, tt.says)
			}
		})
	}
}

func TestRecovers(t *testing.T) {
	bad := []http.HandlerFunc{
		status(429, ""), status(503, ""), status(200, "{"), status(200, "<html>"),
		func(w http.ResponseWriter, _ *http.Request) { hijack(w, "") },
	}
	for _, family := range []string{OpenAI, Anthropic} {
		var calls atomic.Int32
		c := client(t, Endpoint{Family: family}, Options{Attempts: 6}, func(w http.ResponseWriter, r *http.Request) {
			if n := int(calls.Add(1)); n <= len(bad) {
				bad[n-1](w, r)
			} else if family == OpenAI {
				fmt.Fprint(w, openaiOK)
			} else {
				fmt.Fprint(w, anthropicOK)
			}
		})
		got, err := c.Complete(t.Context(), ask())
		want := chat.Usage{Known: true, Input: 11, Cached: 3, Output: 5}
		if err != nil || got.Text != "hi" || got.Finish != "stop" || got.Model != "m-1" || got.Usage != want || got.Latency <= 0 {
			t.Errorf("%s: %+v, %v", family, got, err)
		}
	}
}

func TestContexts(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	t.Run("deadline", func(t *testing.T) {
		c := client(t, Endpoint{}, Options{}, hang)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // the attempt has to begin before
		defer cancel()
		_, err := c.Complete(ctx, ask())
		var e *chat.Error
		if !errors.As(err, &e) || e.Fault != chat.TimedOut || e.Attempts != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := client(t, Endpoint{}, Options{}, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
		_, err := c.Complete(ctx, ask())
		var e *chat.Error
		if errors.As(err, &e) || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cancelled while it waits for the next attempt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := client(t, Endpoint{}, Options{MaxWait: time.Hour}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(503)
			time.AfterFunc(20*time.Millisecond, cancel)
		})
		if _, err := c.Complete(ctx, ask()); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("timeout of an attempt: once more", func(t *testing.T) {
		c := client(t, Endpoint{Timeout: 20 * time.Millisecond}, Options{}, hang)
		_, err := c.Complete(t.Context(), ask())
		var e *chat.Error
		if !errors.As(err, &e) || e.Fault != chat.TimedOut || e.Attempts != 2 {
			t.Errorf("error %v", err)
		}
	})
}

// TestKeyStays: another host is not even asked.
func TestKeyStays(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer other.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		c := client(t, Endpoint{Family: Anthropic}, Options{}, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, code) })
		if _, err := c.Complete(t.Context(), ask()); err == nil {
			t.Error("no error")
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the other host was asked %d times", asked.Load())
	}
}
