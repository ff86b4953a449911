package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/internal/githubfake"
)

const bot = "github-actions[bot]"

// chatter is comments of people, among them one that copied our marker.
func chatter(n int) func(*githubfake.State) {
	return func(s *githubfake.State) {
		for i := range n {
			body := fmt.Sprint("remark ", i)
			if i%50 == 0 {
				body = "<!-- promptflag:plan -->\nmine!"
			}
			s.NextID++
			s.Comments[7] = append(s.Comments[7], &githubfake.Comment{ID: s.NextID, User: "eve", Body: body})
		}
	}
}

// TestComment: created once, behind three pages of others, and kept up to date.
func TestComment(t *testing.T) {
	w := fake(t, chatter(250))
	first, err := w.client.Comment(t.Context(), 7, "plan", "one")
	fatal(t, err)
	w.Change(chatter(60)) // ours is in the middle of the third page now
	for _, text := range []string{"two", "two", "three"} {
		url, err := w.client.Comment(t.Context(), 7, "plan", text)
		if err != nil || url != first {
			t.Errorf("Comment(%s) = %s, %v, want %s", text, url, err, first)
		}
	}
	if _, err := w.client.Comment(t.Context(), 7, "result", "published"); err != nil {
		t.Error(err)
	}
	want := []string{"<!-- promptflag:plan -->\nthree", "<!-- promptflag:result -->\npublished"}
	if diff := cmp.Diff(want, bodies(w.Comments(7), bot)); diff != "" {
		t.Errorf("our comments (-want +got):\n%s", diff)
	}
	writes := w.Requests(http.MethodPost, http.MethodPatch, http.MethodDelete)
	if len(writes) != 5 || len(bodies(w.Comments(7), "eve")) != 310 { // whose token it is, two created, two edits
		t.Errorf("writes: %q", writes)
	}
}

// TestCommentOwner: who we are, by the kinds of tokens; what others wrote with
// our marker is not ours.
func TestCommentOwner(t *testing.T) {
	for _, login := range []string{bot, "acme-release[bot]", "robot-account"} {
		w := fake(t, func(s *githubfake.State) {
			s.Login = login
			for _, other := range []string{"github-actions", "eve", "other[bot]", ""} {
				s.Comments[7] = append(s.Comments[7], &githubfake.Comment{ID: 100 + int64(len(s.Comments[7])), User: other, Body: "<!-- promptflag:plan -->\nforeign"})
			}
		})
		for _, text := range []string{"one", "two"} {
			_, err := w.client.Comment(t.Context(), 7, "plan", text)
			fatal(t, err)
		}
		if got := bodies(w.Comments(7), login); len(got) != 1 || !strings.HasSuffix(got[0], "\ntwo") || len(w.Comments(7)) != 5 {
			t.Errorf("%s: %q of %d comments", login, got, len(w.Comments(7)))
		}
	}
}

// TestCommentUnknownOwner: where GraphQL refuses, the token is taken to be that
// of GitHub's own app; where it is only busy, nothing is written.
func TestCommentUnknownOwner(t *testing.T) {
	for answer, limited := range map[string]bool{`{"errors":[{"type":"FORBIDDEN"}]}`: false, `{"errors":[{"type":"RATE_LIMITED"}]}`: true} {
		w := fake(t, nil)
		w.Fault = func(r *http.Request) *githubfake.Fault {
			if strings.HasSuffix(r.URL.Path, "/graphql") {
				return &githubfake.Fault{Status: 200, Header: map[string]string{"Content-Type": "application/json"}, Body: answer}
			}
			return nil
		}
		for range 2 {
			_, err := w.client.Comment(t.Context(), 7, "plan", "text")
			if limit := (*RateLimitError)(nil); errors.As(err, &limit) != limited || err != nil && !limited {
				t.Errorf("%s: %v", answer, err)
			}
		}
		if got := len(w.Comments(7)); (got == 0) != limited || got > 1 {
			t.Errorf("%s: %d comments", answer, got)
		}
	}
}

// TestCommentLostAnswer: the creation took place, its answer did not come.
func TestCommentLostAnswer(t *testing.T) {
	for name, fault := range map[string]githubfake.Fault{
		"carried out, connection cut": {Done: true},
		"carried out, 502":            {Done: true, Status: 502},
		"not carried out, cut":        {},
		"not carried out, 500":        {Status: 500},
	} {
		w := fake(t, nil)
		var posts atomic.Int32
		w.Fault = func(r *http.Request) *githubfake.Fault {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/comments") && posts.Add(1) == 1 {
				return &fault
			}
			return nil
		}
		url, err := w.client.Comment(t.Context(), 7, "plan", "text")
		if got := w.Comments(7); err != nil || len(got) != 1 || url == "" {
			t.Errorf("%s: %s, %v, %d comments", name, url, err, len(got))
		}
		if want := map[bool]int32{true: 1, false: 2}[fault.Done]; posts.Load() != want {
			t.Errorf("%s: %d creations, want %d", name, posts.Load(), want)
		}
	}
}

// TestCommentGivesUp: creations that fail for ever end, and create nothing.
func TestCommentGivesUp(t *testing.T) {
	w := fake(t, nil)
	w.Fault = func(r *http.Request) *githubfake.Fault {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/comments") {
			return &githubfake.Fault{Status: 503}
		}
		return nil
	}
	if _, err := w.client.Comment(t.Context(), 7, "plan", "text"); err == nil || !strings.Contains(err.Error(), "comment on 7 of acme/prompts") || !strings.Contains(err.Error(), "503") {
		t.Errorf("Comment = %v", err)
	}
	if n := len(w.Requests(http.MethodPost)); n > 4 {
		t.Errorf("%d creations", n)
	}
}

// TestCommentDeleted: somebody deletes the comment between list and edit.
func TestCommentDeleted(t *testing.T) {
	w := fake(t, nil)
	_, err := w.client.Comment(t.Context(), 7, "plan", "one")
	fatal(t, err)
	w.Fault = func(r *http.Request) *githubfake.Fault {
		if r.Method == http.MethodPatch {
			w.Change(func(s *githubfake.State) { s.Comments[7] = nil })
		}
		return nil
	}
	if _, err := w.client.Comment(t.Context(), 7, "plan", "two"); err != nil {
		t.Error(err)
	}
	if got := bodies(w.Comments(7), bot); len(got) != 1 || !strings.HasSuffix(got[0], "two") {
		t.Errorf("comments %q", got)
	}
}

// TestCommentTwice: what two runs at once left is one comment after the next.
func TestCommentTwice(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		s.Comments[7] = []*githubfake.Comment{{ID: 1, User: bot, Body: "<!-- promptflag:plan -->\na"}, {ID: 2, User: bot, Body: "<!-- promptflag:plan -->\nb"}}
	})
	url, err := w.client.Comment(t.Context(), 7, "plan", "c")
	fatal(t, err)
	if got := w.Comments(7); len(got) != 1 || got[0].ID != 1 || !strings.HasSuffix(got[0].Body, "\nc") || !strings.HasSuffix(url, "-1") {
		t.Errorf("comments %+v, %s", got, url)
	}
}

func TestCommentRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*githubfake.State)
		number int
		key    string
		body   string
		want   error
		text   string
	}{
		{"locked", func(s *githubfake.State) { s.Locked[7] = true }, 7, "plan", "x", ErrForbidden, "issue is locked"},
		{"read-only token", func(s *githubfake.State) { s.ReadOnly = true }, 7, "plan", "x", ErrForbidden, "`issues: write, pull_requests: write`"},
		{"no such pull request", nil, 8, "plan", "x", ErrNotFound, "comment on 8 of acme/prompts"},
		{"too long", nil, 7, "plan", strings.Repeat("ä", MaxComment), nil, "GitHub takes 65536"},
		{"key that ends the comment", nil, 7, "a-->b", "x", nil, "marker"},
	}
	for _, tt := range tests {
		w := fake(t, tt.change)
		_, err := w.client.Comment(t.Context(), tt.number, tt.key, tt.body)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "t0psecret") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if strings.Contains(tt.name, "locked") && strings.Contains(err.Error(), "permission") {
			t.Errorf("%s: a permission is asked for: %v", tt.name, err)
		}
	}
}

// TestCommentLength: as long as GitHub takes, to the character.
func TestCommentLength(t *testing.T) {
	w := fake(t, nil)
	room := MaxComment - len("<!-- promptflag:plan -->\n")
	if _, err := w.client.Comment(t.Context(), 7, "plan", strings.Repeat("ä", room)); err != nil {
		t.Error(err)
	}
}

// TestIssue: one open issue per key; closed ones are history.
func TestIssue(t *testing.T) {
	w := fake(t, func(s *githubfake.State) {
		s.Issues[1] = &githubfake.Issue{Title: "copied", Body: "<!-- promptflag:drift -->\nnot ours", User: "eve", State: "open"}
	})
	first, err := w.client.Issue(t.Context(), "drift", "Drift", "two flags", []string{"promptflag"})
	fatal(t, err)
	again, err := w.client.Issue(t.Context(), "drift", "Drift", "three flags", nil)
	fatal(t, err)
	before := len(w.Requests())
	if _, err := w.client.Issue(t.Context(), "drift", "Drift", "three flags", nil); err != nil || len(w.Requests()) != before+1 {
		t.Errorf("the same again: %v, %q", err, w.Requests()[before:])
	}
	if got := w.Issues()[2]; first != again || got.Body != "<!-- promptflag:drift -->\nthree flags" || len(got.Labels) != 1 {
		t.Errorf("issue %s, then %s: %+v", first, again, got)
	}
	closed, err := w.client.CloseIssue(t.Context(), "drift", "gone")
	fatal(t, err)
	if got := w.Issues()[2]; closed != first || got.State != "closed" || len(w.Comments(2)) != 1 {
		t.Errorf("closed %s: %+v, comments %+v", closed, got, w.Comments(2))
	}
	if url, err := w.client.CloseIssue(t.Context(), "drift", "gone"); url != "" || err != nil {
		t.Errorf("closed again: %s, %v", url, err)
	}
	if next, err := w.client.Issue(t.Context(), "drift", "Drift", "again", nil); err != nil || next == first || w.Issues()[1].Body != "<!-- promptflag:drift -->\nnot ours" {
		t.Errorf("after closing: %s, %v", next, err)
	}
}
