package unleashadmin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Error is a call that failed: what was being done, what the server said, and
// what a person can do.
type Error struct {
	Op     string // "add strategy to support.triage"
	Status int    // HTTP status; 0 if there was no answer
	Said   string // the server's own words, shortened
	Hint   string
	Err    error // cause, or a sentinel of package flags
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("unleash: " + e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Said != "" {
		b.WriteString(": " + e.Said)
	}
	if e.Err != nil && e.Said == "" {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// refused turns an answer of 300 and up into an Error.
func (c *Client) refused(op string, status int, body []byte) error {
	e := &Error{Op: op, Status: status, Said: said(body)}
	text := strings.ToLower(e.Said)
	switch {
	case status >= 300 && status < 400:
		e.Hint = "the server redirects: write the address that it redirects to into promptflag.toml"
	case strings.Contains(text, "change request"):
		e.Hint = "change requests are on for " + c.environment + ": give the user of the token the permission to skip them, or switch them off for this environment"
	case strings.Contains(text, "test_operation_failed") || strings.Contains(text, "test operation failed"):
		e.Err, e.Hint = flags.ErrConflict, "somebody changed the strategy at the same time; run the command again"
	case status == http.StatusUnauthorized:
		e.Hint = "the server does not know the token in UNLEASH_ADMIN_TOKEN: was it deleted, has it expired, is it of another server?"
	case status == http.StatusForbidden:
		e.Hint = "the token may not do that: it must be a personal access token of a user with the Editor role; backend and frontend tokens cannot write"
	case strings.Contains(text, "archived"):
		e.Err, e.Hint = flags.ErrArchived, "revive the flag on the archive page, or choose another name"
	case status == http.StatusNotFound:
		e.Err, e.Hint = flags.ErrNotFound, "check url, project and environment in promptflag.toml"
	case status == http.StatusRequestEntityTooLarge:
		e.Hint = "the server takes at most 100 kB per request"
	case status == http.StatusTooManyRequests:
		e.Hint = "the server limits the rate of requests; run the command again in a minute, it goes on where it stopped"
	case strings.Contains(text, "limit"):
		e.Hint = "a limit of the server is reached: archive flags or delete strategies that nobody needs, or raise the limit"
	case status >= 500:
		e.Hint = "the server is in trouble; run the command again, it goes on where it stopped"
	}
	return e
}

// said takes the message out of the server's error document.
func said(body []byte) string {
	var doc struct {
		Message string `json:"message"`
		Details []struct {
			Message     string `json:"message"`
			Description string `json:"description"`
		} `json:"details"`
	}
	text := ""
	if json.Unmarshal(body, &doc) == nil {
		text = doc.Message
		if len(doc.Details) > 0 {
			if d := doc.Details[0]; d.Message != "" && d.Message != text {
				text = d.Message
			} else if d.Description != "" && d.Description != text {
				text = d.Description
			}
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 300 {
		text = string(r[:300]) + "…"
	}
	return text
}
