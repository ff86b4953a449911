package github

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	api "github.com/google/go-github/v60/github"

	"github.com/promptflag/promptflag/internal/githubfake"
	"github.com/promptflag/promptflag/internal/teststack"
)

// described sends requests to the server that knows GitHub's description and
// keeps what it said about each.
type described struct {
	mu    sync.Mutex
	calls map[string]bool
	wrong []string
}

func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/json") // it refuses GitHub's own media types
	if r.URL.Host == "codeload.github.com" {
		if r.Header.Get("Authorization") != "" {
			d.wrong = append(d.wrong, "the token went to "+r.URL.Host)
		}
		archive := githubfake.Tarball("acme-prompts-1111111", map[string]string{"prompts/a.toml": "x"})
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(archive)), Request: r}, nil
	}
	for _, several := range []string{"/git/ref/", "/contents/"} {
		if before, after, ok := strings.Cut(r.URL.Path, several); ok {
			r.URL.RawPath = before + several + url.PathEscape(after) // a parameter is one segment to it
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[r.Method+" "+r.URL.Path] = true
	if violations := resp.Header.Get("Sl-Violations"); strings.Contains(violations, `["request"`) || resp.StatusCode >= 400 {
		d.wrong = append(d.wrong, fmt.Sprintf("%s %s = %s %.500s", r.Method, r.URL.RequestURI(), resp.Status, violations))
	}
	return resp, err
}

// TestDescribed: every call of Client is as GitHub's OpenAPI description has it,
// and the examples of the answers there can be read.
func TestDescribed(t *testing.T) {
	d := &described{calls: map[string]bool{}}
	c, err := NewClient(ClientOptions{APIURL: teststack.GitHub(t), Repository: "acme/prompts", Token: "t0p", HTTP: &http.Client{Transport: d},
		Sleep: func(context.Context, time.Duration) error { return nil }})
	fatal(t, err)
	ctx, text := t.Context(), "<!-- promptflag:plan -->\nx"
	title, state, reason := "t", "closed", "completed"
	calls := []struct {
		name string
		call func() error
	}{
		{"Pull", func() error {
			p, err := c.Pull(ctx, 7)
			return want(err, p.Number > 0 && p.Head != "" && p.Base != "" && p.Author != "" && p.HeadRepository != "")
		}},
		{"PullOfCommit", func() error { _, err := c.PullOfCommit(ctx, headSHA); return err }},
		{"ChangedFiles", func() error {
			paths, _, err := c.ChangedFiles(ctx, 7)
			return want(err, len(paths) > 0)
		}},
		{"Reviews", func() error {
			r, err := c.Reviews(ctx, Pull{Number: 7, Head: headSHA, Author: "ann"})
			return want(err, len(r.Approved)+len(r.Stale)+len(r.Unknown)+len(r.Outside) == 1)
		}},
		{"Comment", func() error { _, err := c.Comment(ctx, 7, "plan", "x"); return err }},
		{"edit and delete comments", func() error {
			one, two := int64(1), int64(2)
			_, err := c.write(ctx, 7, []*api.IssueComment{{ID: &one}, {ID: &two}}, text)
			return err
		}},
		{"Issue", func() error { _, err := c.Issue(ctx, "drift", "t", "x", []string{"promptflag"}); return err }},
		{"edit an issue", func() error {
			_, _, err := c.api.Issues.Edit(ctx, c.owner, c.repo, 7, &api.IssueRequest{Title: &title, Body: &text, State: &state, StateReason: &reason})
			return err
		}},
		{"Head", func() error { sha, err := c.Head(ctx, "main"); return want(err, sha != "") }},
		{"LastCommit", func() error {
			sha, at, err := c.LastCommit(ctx, headSHA, "prompts/a.toml")
			return want(err, sha != "" && !at.IsZero())
		}},
		{"Contains", func() error { _, err := c.Contains(ctx, headSHA, strings.Repeat("1", 40)); return err }},
		{"Parent", func() error { sha, err := c.Parent(ctx, headSHA); return want(err, sha != "") }},
		{"Protection", func() error { _, err := c.Protection(ctx, "main"); return err }},
		{"TeamMembers", func() error {
			m, err := c.TeamMembers(ctx, "acme", "support-ai")
			return want(err, len(m) > 0)
		}},
		{"identity", func() error { me, err := c.identity(ctx); return want(err, me.login != "") }},
		{"File", func() error { return tolerant(c.File(ctx, headSHA, "prompts/a.toml")) }},
		{"a large file", func() error { return tolerant(c.blob(ctx, headSHA)) }},
		{"Tree", func() error {
			tree, err := c.Tree(ctx, headSHA, "prompts")
			if err != nil {
				return err
			}
			_, err = fs.Stat(tree, "a.toml")
			return err
		}},
	}
	for _, tt := range calls {
		if err := tt.call(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, w := range d.wrong {
		t.Errorf("not as described: %s", w)
	}
	d.wrong = nil
	_, _, err = c.api.Issues.CreateComment(ctx, c.owner, c.repo, 7, &api.IssueComment{}) // without a body
	if len(d.wrong) != 1 || err == nil {
		t.Errorf("a comment without a body was taken: %v, %q", err, d.wrong)
	}
	t.Logf("%d calls are as described", len(d.calls))
	if len(d.calls) < 20 {
		t.Errorf("only %d calls: %v", len(d.calls), d.calls)
	}
}

func want(err error, ok bool) error {
	if err == nil && !ok {
		return fmt.Errorf("the example was not understood")
	}
	return err
}

// tolerant lets pass that the example's content is no file of ours.
func tolerant(_ []byte, err error) error {
	if err != nil && !strings.Contains(err.Error(), "not a file") && !strings.Contains(err.Error(), "base64") {
		return err
	}
	return nil
}
