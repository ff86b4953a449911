package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	api "github.com/google/go-github/v60/github"

	"github.com/promptflag/promptflag/action/internal/wording"
)

// What callers branch on. All errors of Client say what was asked.
var (
	// ErrNotFound: it does not exist, or the token may not know that it does.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: the token may not do that, or nobody may (a locked
	// conversation). The error names the permission that is missing, if known.
	ErrForbidden = errors.New("refused")
)

// RateLimitError is an answer that comes later than the client waits.
type RateLimitError struct {
	Secondary bool      // too much at once, rather than too much in an hour
	Reset     time.Time // when GitHub answers again; zero if it does not say
}

func (e *RateLimitError) Error() string {
	kind := "rate limit"
	if e.Secondary {
		kind = "secondary rate limit"
	}
	if e.Reset.IsZero() {
		return "GitHub's " + kind + " is reached; run again in some minutes"
	}
	return fmt.Sprintf("GitHub's %s is reached until %s; run again after that", kind, e.Reset.UTC().Format(time.RFC3339))
}

// fail turns an error of the library into ours. asked says what was being
// done, needs which permission that takes ("" if not worth saying).
func fail(asked, needs string, err error) error {
	if err == nil {
		return nil
	}
	var limit *RateLimitError
	if errors.As(err, &limit) {
		return fmt.Errorf("%s: %w", asked, limit)
	}
	var answer *api.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return answered(asked, needs, answer)
	}
	// The address is left out: that of a download holds a token.
	var transport *url.Error
	if errors.As(err, &transport) {
		err = transport.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: no answer in time: %w", asked, err)
	}
	return fmt.Errorf("%s: %w", asked, err)
}

func answered(asked, needs string, answer *api.ErrorResponse) error {
	said := fmt.Sprintf("GitHub answered %d", answer.Response.StatusCode)
	if answer.Message != "" {
		said += " " + plain(answer.Message)
	}
	for i, e := range answer.Errors {
		if i == 3 {
			break
		}
		if detail := strings.TrimSpace(e.Field + " " + e.Code + " " + e.Message); detail != "" {
			said += "; " + plain(detail)
		}
	}
	// GitHub names the permissions that would do, where it knows them.
	if accepted := answer.Response.Header.Get("X-Accepted-GitHub-Permissions"); accepted != "" {
		needs = plain(strings.NewReplacer("=", ": ", ";", ",").Replace(accepted))
	}
	switch answer.Response.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		if needs != "" {
			said += "; it may also be that the token lacks `" + needs + "`"
		}
		return fmt.Errorf("%s: %w: %s", asked, ErrNotFound, said)
	case http.StatusUnauthorized:
		return fmt.Errorf("%s: %w: %s: the token is wrong or has expired", asked, ErrForbidden, said)
	case http.StatusForbidden:
		if needs != "" && !strings.Contains(strings.ToLower(answer.Message), "locked") {
			said += "; the token needs the permission `" + needs + "`"
		}
		return fmt.Errorf("%s: %w: %s", asked, ErrForbidden, said)
	}
	return fmt.Errorf("%s: %s", asked, said)
}

// plain makes text of others fit for one line of a message.
func plain(s string) string {
	s = wording.Line(s)
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300]) + "…"
	}
	return s
}

// lost reports whether a request that failed may have been carried out.
func lost(err error) bool {
	var limit *RateLimitError
	var answer *api.ErrorResponse
	switch {
	case err == nil, errors.As(err, &limit), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &answer) && answer.Response != nil:
		return answer.Response.StatusCode >= 500
	}
	return true
}

// status of the answer in an error; 0: there was none.
func status(err error) int {
	var answer *api.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}
