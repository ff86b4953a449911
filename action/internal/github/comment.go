package github

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	api "github.com/google/go-github/v60/github"
)

// MaxComment is how many characters the body of a comment or an issue may
// have, with the marker.
const MaxComment = 65_536

const mayComment = "pull-requests: write"

var markerKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/@-]*$`)

// marked puts the marker of a key in front of a body. A body with a marker at
// its beginning is ours; anywhere else it may be a quotation.
func marked(key, body string) (marker, text string, err error) {
	if !markerKey.MatchString(key) || strings.Contains(key, "--") {
		return "", "", fmt.Errorf("marker %q: letters, digits and . _ / @ - are allowed, and no --", key)
	}
	marker = "<!-- promptflag:" + key + " -->"
	text = marker + "\n" + strings.TrimPrefix(strings.TrimPrefix(body, marker), "\n")
	if n := utf8.RuneCountInString(text); n > MaxComment {
		return "", "", fmt.Errorf("the text has %d characters with its marker, GitHub takes %d", n, MaxComment)
	}
	return marker, text, nil
}

// Comment writes the comment of a key on a pull request or an issue: it edits
// the one that starts with the hidden marker of the key and is ours, or creates
// it. Where body is there already, nothing is written. Comments of others are
// never touched, whatever they contain. Runs at the same time may both create;
// the next call keeps the oldest and deletes the rest.
func (c *Client) Comment(ctx context.Context, number int, key, body string) (url string, err error) {
	asked := fmt.Sprintf("comment on %d of %s", number, c.Repository())
	marker, text, err := marked(key, body)
	if err != nil {
		return "", fmt.Errorf("%s: %w", asked, err)
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	me, err := c.identity(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", asked, err)
	}
	// A comment may go between list and edit, and the answer to a creation may
	// be lost: then look again.
	for range 3 {
		var own []*api.IssueComment
		if own, err = c.ownComments(ctx, number, marker, me); err != nil {
			return "", fail(asked, mayComment, err)
		}
		url, err = c.write(ctx, number, own, text)
		if err == nil {
			return url, nil
		}
		if !errors.Is(err, errLookAgain) {
			return "", fail(asked, mayComment, err)
		}
	}
	return "", fail(asked, mayComment, err)
}

// Commented reports whether the comment of a key is there.
func (c *Client) Commented(ctx context.Context, number int, key string) (bool, error) {
	asked := fmt.Sprintf("comments on %d of %s", number, c.Repository())
	marker, _, err := marked(key, "")
	if err != nil {
		return false, fmt.Errorf("%s: %w", asked, err)
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	me, err := c.identity(ctx)
	if err != nil {
		return false, fmt.Errorf("%s: %w", asked, err)
	}
	own, err := c.ownComments(ctx, number, marker, me)
	return len(own) > 0, fail(asked, mayComment, err)
}

// errLookAgain: what the list said is no longer so, or may not be.
var errLookAgain = errors.New("the comment changed meanwhile")

// write brings one comment to text, given those that are there, oldest first.
func (c *Client) write(ctx context.Context, number int, own []*api.IssueComment, text string) (string, error) {
	if len(own) == 0 {
		made, _, err := c.api.Issues.CreateComment(ctx, c.owner, c.repo, number, &api.IssueComment{Body: &text})
		if lost(err) && ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", errLookAgain, err)
		}
		return made.GetHTMLURL(), err
	}
	keep := own[0]
	for _, more := range own[1:] {
		// Left to the next run if it fails: the comment itself matters more.
		_, _ = c.api.Issues.DeleteComment(ctx, c.owner, c.repo, more.GetID())
	}
	if sameText(keep.GetBody(), text) {
		return keep.GetHTMLURL(), nil
	}
	edited, _, err := c.api.Issues.EditComment(ctx, c.owner, c.repo, keep.GetID(), &api.IssueComment{Body: &text})
	if status(err) == 404 {
		err = fmt.Errorf("%w: %w", errLookAgain, err)
	}
	return edited.GetHTMLURL(), err
}

// ownComments lists the comments that start with the marker and are ours,
// oldest first, as GitHub lists them.
func (c *Client) ownComments(ctx context.Context, number int, marker string, me identity) ([]*api.IssueComment, error) {
	var own []*api.IssueComment
	err := pages(func(o api.ListOptions) (*api.Response, bool, error) {
		list, resp, err := c.api.Issues.ListComments(ctx, c.owner, c.repo, number, &api.IssueListCommentsOptions{ListOptions: o})
		for _, m := range list {
			if strings.HasPrefix(m.GetBody(), marker) && me.is(m.GetUser()) {
				own = append(own, m)
			}
		}
		return resp, false, err
	})
	return own, err
}

// sameText compares bodies as GitHub keeps them.
func sameText(a, b string) bool {
	norm := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return norm(a) == norm(b)
}
