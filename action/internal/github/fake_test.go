package github

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/promptflag/promptflag/internal/githubfake"
)

const (
	headSHA = "1111111111111111111111111111111111111111"
	baseSHA = "2222222222222222222222222222222222222222"
	oldSHA  = "3333333333333333333333333333333333333333"
)

// world is a client of the fake; time passes only in its sleeps.
type world struct {
	*githubfake.Fake
	client *Client
	slept  []time.Duration
}

func fake(t *testing.T, change func(*githubfake.State)) *world {
	t.Helper()
	w := &world{Fake: githubfake.New("acme/prompts")}
	w.Change(func(s *githubfake.State) {
		s.Pulls[7] = &githubfake.Pull{Title: "Say it shorter", Author: "ann", Base: baseSHA, Head: headSHA}
		if change != nil {
			change(s)
		}
	})
	server := httptest.NewServer(w.Fake)
	t.Cleanup(server.Close)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c, err := NewClient(ClientOptions{
		APIURL: server.URL + "/api/v3", Repository: "acme/prompts", Token: "t0psecret", HTTP: server.Client(),
		Now: func() time.Time { return now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			w.slept = append(w.slept, d)
			now = now.Add(d)
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.client = c
	return w
}

// total is how long the client waited.
func (w *world) total() (d time.Duration) {
	for _, s := range w.slept {
		d += s
	}
	return d
}

// fatal stops the test on an error.
func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bodies(comments []githubfake.Comment, user string) []string {
	var out []string
	for _, c := range comments {
		if c.User == user {
			out = append(out, c.Body)
		}
	}
	return slices.Clip(out)
}
