package unleashadmin

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Error is a call that failed: what was being done, what the server said, and
// what a person can do.
type Error struct {
	Op     string // "add strategy to support.triage"
	Status int    // HTTP status; 0 if there was no answer
	Said   string // the server's own words, shortened
	Hint   string // what to do
	Err    error  // cause, or a sentinel of package flags
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("unleash: " + e.Op)
	if e.Status >= 300 {
		fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	switch {
	case e.Said != "":
		b.WriteString(": " + e.Said)
	case e.Err != nil:
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// refusal is the server's error document.
type refusal struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Details []struct {
		Message     string `json:"message"`
		Description string `json:"description"`
	} `json:"details"`
}

// refused turns an answer of 300 and up into an Error.
func (c *Client) refused(op string, res *http.Response, body []byte) error {
	var doc refusal
	unleash := json.Unmarshal(body, &doc) == nil && doc.Message+doc.Name != ""
	status := res.StatusCode
	e := &Error{Op: op, Status: status, Said: c.said(doc)}
	is := func(text string) bool { return strings.Contains(doc.Message, text) }
	switch {
	case status < 400:
		e.Hint = "the server redirects" + target(res) + ": write the address of the server itself into promptflag.toml, with https:// if it wants that"
	case status == http.StatusInternalServerError && is("TEST_OPERATION_FAILED"):
		// The document of the strategy is in the message: no use to anybody.
		e.Said, e.Err, e.Hint = "", flags.ErrConflict, "somebody changed the strategy at the same time; run the command again"
	case status == http.StatusUnauthorized:
		e.Hint = "the server does not know the token in UNLEASH_ADMIN_TOKEN: has it expired, was it deleted, is it of another server?"
	case doc.Name == "ExceedsLimitError" || is("maximum number of"):
		e.Hint = "a limit of the server is reached: archive flags or delete strategies that nobody needs, or raise the limit there"
	case status == http.StatusForbidden && !unleash && len(body) > 0:
		e.Hint = "that is not Unleash's own refusal: a proxy or firewall in front of it does not let the request pass"
	case status == http.StatusForbidden && (is("SKIP_CHANGE_REQUEST") || is("change requests enabled")):
		e.Hint = "change requests are on for environment " + c.environment + ": give the user of the token the permission to skip them, or switch them off there"
	case status == http.StatusForbidden && is("different token type"):
		e.Hint = wrongKind
	case status == http.StatusForbidden && strings.Contains(e.Said, "permission"):
		e.Hint = "the user of the token in UNLEASH_ADMIN_TOKEN may read but not do that: give them the Editor role, or a project role with that permission"
	case status == http.StatusForbidden:
		e.Hint = "the token in UNLEASH_ADMIN_TOKEN does not allow that"
	case doc.Name == "ArchivedFeatureError":
		e.Err, e.Hint = flags.ErrArchived, archivedHint
	case status == http.StatusNotFound && !unleash, is("The path you were looking for"):
		e.Hint = "there is no Admin API at " + c.server() + ": check the url in promptflag.toml"
	case status == http.StatusNotFound:
		e.Err = flags.ErrNotFound
	case is("current environment to the project"):
		e.Err, e.Hint = flags.ErrNotFound, "project "+c.project+" has no environment "+c.environment+": check promptflag.toml, or add it to the project"
	case status == http.StatusRequestEntityTooLarge:
		e.Hint = "the server, or a proxy in front of it, does not take a request of that size (Unleash itself takes 100 kB)"
	case status == http.StatusTooManyRequests:
		e.Hint = "the server limits the rate of requests; run the command again in a minute, it goes on where it stopped"
	case status >= 500:
		e.Hint = "the server is in trouble; run the command again, it goes on where it stopped"
	}
	return e
}

const archivedHint = "revive the flag on the archive page of the server, delete it there for good, or give the prompt another name"

// said is the message of the server's error document, on one line.
func (c *Client) said(doc refusal) string {
	text := doc.Message
	if len(doc.Details) > 0 {
		if d := doc.Details[0]; d.Message != "" && d.Message != text {
			text = d.Message
		} else if d.Description != "" && d.Description != text {
			text = d.Description
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	text = strings.ReplaceAll(text, c.token, "(token)")
	if r := []rune(text); len(r) > 300 {
		text = string(r[:300]) + "…"
	}
	return text
}

// target says where a redirect leads, without queries: they may hold secrets.
func target(res *http.Response) string {
	to, err := res.Location()
	if err != nil {
		return ""
	}
	return " to " + (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()
}

// unreachable is about requests without an answer. It keeps the cause.
func (c *Client) unreachable(op string, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	e := &Error{Op: op, Err: err}
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("unleash: %s: %w", op, err)
	case badCertificate:
		e.Hint = "this machine does not trust the certificate of " + c.server() + ": add its issuer to the certificates of the system, or name a file with it in SSL_CERT_FILE"
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
		e.Hint = c.server() + " did not answer in time; run the command again, it goes on where it stopped"
	default:
		e.Hint = "is " + c.server() + " the right url in promptflag.toml, up and reachable from here?"
	}
	return e
}

// lost reports an error after which nobody knows whether the request was
// carried out.
func lost(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status >= 500 || e.Status == 0 && !notSent(e.Err))
}

// ignore drops an error of that status.
func ignore(err error, status int) error {
	if isStatus(err, status) {
		return nil
	}
	return err
}

func isStatus(err error, status int) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == status
}
