package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptflag/promptflag/internal/githubfake"
)

// faults gives the first n requests of a method a fault.
func (w *world) faults(method string, n int, fault githubfake.Fault) *atomic.Int32 {
	seen := new(atomic.Int32)
	w.Fault = func(r *http.Request) *githubfake.Fault {
		if r.Method != method {
			return nil
		}
		if seen.Add(1) <= int32(n) {
			return &fault
		}
		return nil
	}
	return seen
}

// TestRetries: what is tried again, how long it waits in all, and what the
// caller learns in the end.
func TestRetries(t *testing.T) {
	reset := func(in time.Duration) string {
		return fmt.Sprint(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(in).Unix())
	}
	primary := func(in time.Duration) githubfake.Fault {
		return githubfake.Fault{Status: 403, Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset(in)}}
	}
	message := `{"message":"You have exceeded a secondary rate limit. Please wait.","documentation_url":"x"}`
	limited := new(*RateLimitError)
	tests := []struct {
		name  string
		n     int
		fault githubfake.Fault
		tries int
		wait  time.Duration // 0: none
		limit bool
		text  string // of the error; "": none
	}{
		{"502, then well", 2, githubfake.Fault{Status: 502}, 3, 1500 * time.Millisecond, false, ""},
		{"cut, then well", 1, githubfake.Fault{}, 2, 500 * time.Millisecond, false, ""},
		{"500 for ever", 99, githubfake.Fault{Status: 500}, 5, 7500 * time.Millisecond, false, "GitHub answered 500"},
		{"cut for ever", 99, githubfake.Fault{}, 5, 7500 * time.Millisecond, false, "read pull request 7 of acme/prompts: EOF"},
		{"404", 99, githubfake.Fault{Status: 404}, 1, 0, false, "not found"},
		{"401", 99, githubfake.Fault{Status: 401}, 1, 0, false, "wrong or has expired"},
		{"403 without a limit", 99, githubfake.Fault{Status: 403}, 1, 0, false, "permission `pull-requests: read`"},
		{"secondary, short", 1, githubfake.Fault{Status: 403, Header: map[string]string{"Retry-After": "20"}}, 2, 20 * time.Second, false, ""},
		{"secondary by 429", 1, githubfake.Fault{Status: 429, Header: map[string]string{"Retry-After": "5"}}, 2, 5 * time.Second, false, ""},
		{"secondary by its message", 1, githubfake.Fault{Status: 403, Body: message}, 2, 2 * time.Second, false, ""},
		{"secondary, again and again", 99, githubfake.Fault{Status: 403, Header: map[string]string{"Retry-After": "25"}}, 3, 50 * time.Second, true, "secondary rate limit is reached until 2026-03-01T12:01:15Z"},
		{"secondary, an hour", 99, githubfake.Fault{Status: 429, Header: map[string]string{"Retry-After": "3600"}}, 1, 0, true, "until 2026-03-01T13:00:00Z"},
		{"primary, soon over", 1, primary(30 * time.Second), 2, 31 * time.Second, false, ""},
		{"primary, over", 1, primary(-time.Minute), 2, time.Second, false, ""},
		{"primary, in half an hour", 99, primary(30 * time.Minute), 1, 0, true, "GitHub's rate limit is reached until 2026-03-01T12:30:00Z"},
		{"429 without a word", 1, githubfake.Fault{Status: 429}, 2, 2 * time.Second, false, ""},
		{"absurd Retry-After", 99, githubfake.Fault{Status: 429, Header: map[string]string{"Retry-After": "99999999999999999999"}}, 5, 0, true, "secondary rate limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := fake(t, nil)
			tries := w.faults(http.MethodGet, tt.n, tt.fault)
			_, err := w.client.Pull(t.Context(), 7)
			switch {
			case tt.text == "" && err != nil, tt.text != "" && (err == nil || !strings.Contains(err.Error(), tt.text)):
				t.Errorf("Pull = %v, want %q", err, tt.text)
			case errors.As(err, limited) != tt.limit:
				t.Errorf("a rate limit: %v, want %v", !tt.limit, tt.limit)
			case err != nil && (strings.Contains(err.Error(), "t0psecret") || !strings.Contains(err.Error(), "pull request 7")):
				t.Errorf("error %v", err)
			}
			if int(tries.Load()) != tt.tries || tt.wait > 0 && w.total() != tt.wait || w.total() > time.Minute {
				t.Errorf("%d tries, waited %v %v, want %d, %v", tries.Load(), w.total(), w.slept, tt.tries, tt.wait)
			}
		})
	}
}

// TestRetriesOfCreations: a refused creation was not carried out and may be
// repeated; after any other failure nothing is sent again.
func TestRetriesOfCreations(t *testing.T) {
	for name, tt := range map[string]struct {
		fault githubfake.Fault
		tries int
	}{
		"rate limit": {githubfake.Fault{Status: 403, Header: map[string]string{"Retry-After": "1"}}, 2},
		"502":        {githubfake.Fault{Status: 502}, 1},
		"cut":        {githubfake.Fault{}, 1},
	} {
		w := fake(t, nil)
		tries := w.faults(http.MethodPost, 1, tt.fault)
		req, err := w.client.api.NewRequest(http.MethodPost, "repos/acme/prompts/issues/7/comments", map[string]string{"body": "x"})
		fatal(t, err)
		_, err = w.client.api.Do(t.Context(), req, nil)
		if int(tries.Load()) != tt.tries || (err == nil) != (tt.tries == 2) || lost(err) == (tt.tries == 2) {
			t.Errorf("%s: %d tries, %v", name, tries.Load(), err)
		}
	}
}

// TestLastRequest: an answer after which none remain is an answer, and the next
// request is GitHub's to refuse.
func TestLastRequest(t *testing.T) {
	w := fake(t, nil)
	reset := fmt.Sprint(time.Now().Add(time.Hour).Unix()) // the library has a clock of its own
	w.faults(http.MethodGet, 1, githubfake.Fault{Status: 200, Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset, "Content-Type": "application/json"}, Body: `{"number":7}`})
	for range 2 {
		if p, err := w.client.Pull(t.Context(), 7); err != nil || p.Number != 7 {
			t.Errorf("Pull = %+v, %v", p, err)
		}
	}
}

// TestCancelled: a cancelled call ends at once and says so.
func TestCancelled(t *testing.T) {
	w := fake(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	w.Fault = func(*http.Request) *githubfake.Fault { cancel(); return &githubfake.Fault{Status: 503} }
	if _, err := w.client.Pull(ctx, 7); !errors.Is(err, context.Canceled) || len(w.Requests()) != 1 {
		t.Errorf("Pull = %v after %q", err, w.Requests())
	}
}

func TestNewClient(t *testing.T) {
	good := ClientOptions{Repository: "acme/prompts", Token: "t0psecret"}
	for text, change := range map[string]func(*ClientOptions){
		"":                 func(*ClientOptions) {},
		"want owner/name":  func(o *ClientOptions) { o.Repository = "acme/../x" },
		"no token":         func(o *ClientOptions) { o.Token = "" },
		"white space":      func(o *ClientOptions) { o.Token = "t0psecret\n" },
		"GITHUB_API_URL":   func(o *ClientOptions) { o.APIURL = "https://t0psecret@x/" },
		"GITHUB_SERVER_UR": func(o *ClientOptions) { o.ServerURL = "ftp://x" },
	} {
		o := good
		change(&o)
		_, err := NewClient(o)
		if (err == nil) != (text == "") || err != nil && (!strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "t0psecret")) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
