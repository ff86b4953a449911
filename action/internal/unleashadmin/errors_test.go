// The server of these tests is a hand-made fake: it plays the refusals that a
// real one cannot be made to give.

package unleashadmin

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// TestSentences: one clear sentence for everything that a server, or what
// stands before it, refuses.
func TestSentences(t *testing.T) {
	message := func(status int, text string) answer {
		return answer{status: status, body: `{"name":"E","message":"` + text + `","details":[{"message":"` + text + `"}]}`}
	}
	to := func(url string) answer { return answer{status: 301, header: http.Header{"Location": {url}}} }
	const html = "<html><body>no</body></html>"
	for _, tt := range []struct {
		name   string
		answer answer
		is     error
		want   string
	}{
		{"unknown token", message(401, "You must log in to use Unleash."), nil,
			"unleash: read flag x: 401 Unauthorized: You must log in to use Unleash. (the server does not know the token in UNLEASH_ADMIN_TOKEN: has it expired, was it deleted, is it of another server?)"},
		{"backend token", message(403, "invalid token: expected a different token type for this endpoint"), nil,
			"holds a backend or frontend token, which is for services; flags are written with a personal access token (user:…) of a user with the Editor role)"},
		{"viewer", message(403, "You don't have the required permissions to perform this operation. To perform this action, you need the UPDATE_FEATURE_STRATEGY permission."), nil,
			"(the user of the token in UNLEASH_ADMIN_TOKEN may read but not do that: give them the Editor role, or a project role with that permission)"},
		{"change requests", message(403, `You don't have the required permissions to perform this operation. To perform this action, you need the \"SKIP_CHANGE_REQUEST\" permission.`), nil,
			"(change requests are on for environment production: give the user of the token the permission to skip them, or switch them off there)"},
		{"other refusal", message(403, "The operation is not allowed."), nil,
			"403 Forbidden: The operation is not allowed. (the token in UNLEASH_ADMIN_TOKEN does not allow that)"},
		{"firewall", answer{status: 403, body: html}, nil,
			"403 Forbidden (that is not Unleash's own refusal: a proxy or firewall in front of it does not let the request pass)"},
		{"no API there", answer{status: 404, body: html}, nil,
			"404 Not Found (there is no Admin API at SERVER: check the url in promptflag.toml)"},
		{"no such path", message(404, "The path you were looking for (/api/admin/x) is not available."), nil,
			"(there is no Admin API at SERVER: check the url in promptflag.toml)"},
		{"a web page", answer{status: 200, body: html}, errNotUnleash,
			"unleash: read flag x: the answer is not that of an Unleash Admin API (check the url in promptflag.toml: it is the address of the server, which answers at SERVER/health)"},
		{"redirect", to("https://unleash.acme.dev/login?code=hunter2"), nil,
			"301 Moved Permanently (the server redirects to https://unleash.acme.dev/login: write the address of the server itself into promptflag.toml, with https:// if it wants that)"},
		{"redirect to nowhere", answer{status: 304}, nil, "304 Not Modified (the server redirects: write"},
		{"archived", answer{status: 400, body: `{"name":"ArchivedFeatureError","message":"Cannot perform this operation on archived features"}`}, flags.ErrArchived,
			"400 Bad Request: Cannot perform this operation on archived features (revive the flag"},
		{"flag limit", answer{status: 400, body: `{"name":"ExceedsLimitError","message":"Failed to create feature flag. You can't create more than the established limit of 5000."}`}, nil,
			"limit of 5000. (a limit of the server is reached: archive flags or delete strategies that nobody needs, or raise the limit there)"},
		{"project limit", message(403, "You have reached the maximum number of feature flags for this project."), nil,
			"You have reached the maximum number of feature flags for this project. (a limit of the server is reached"},
		{"environment not in project", message(400, "You have not added the current environment to the project"), flags.ErrNotFound,
			"(project default has no environment production: check promptflag.toml, or add it to the project)"},
		{"too large", message(413, "request entity too large"), nil,
			"413 Request Entity Too Large: request entity too large (the server, or a proxy in front of it, does not take a request of that size (Unleash itself takes 100 kB))"},
		{"too many requests", message(429, "We're currently receiving too much traffic."), nil,
			"(the server limits the rate of requests; run the command again in a minute, it goes on where it stopped)"},
		{"server error", message(500, "boom"), nil,
			"500 Internal Server Error: boom (the server is in trouble; run the command again, it goes on where it stopped)"},
		{"bad gateway", answer{status: 502, body: html}, nil, "502 Bad Gateway (the server is in trouble"},
		{"bad data", answer{status: 400, body: `{"name":"BadDataError","message":"Request validation failed.","details":[{"message":"\"name\" must be URL friendly."}]}`}, nil,
			`400 Bad Request: "name" must be URL friendly.`},
		{"a long story", message(400, strings.Repeat("é ", 1000)), nil, "é …"},
		{"the token repeated", message(400, "bad token "+secret), nil, "bad token (token)"},
		{"no answer", cut, nil, "unleash: read flag x: EOF (is SERVER the right url in promptflag.toml, up and reachable from here?)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.answer)
			_, err := f.client(t).Read(t.Context(), "x")
			if err == nil {
				t.Fatal("no error")
			}
			want := strings.ReplaceAll(tt.want, "SERVER", f.URL)
			if got := err.Error(); !strings.Contains(got, want) || strings.Contains(got, secret) || strings.Contains(got, "hunter2") || strings.Contains(got, "\n") {
				t.Errorf("error %s\nwant %s", got, want)
			}
			for _, sentinel := range []error{flags.ErrNotFound, flags.ErrArchived, flags.ErrConflict, flags.ErrOtherProject, errNotUnleash} {
				if errors.Is(err, sentinel) != (sentinel == tt.is) {
					t.Errorf("error %v is %v: %v", err, sentinel, errors.Is(err, sentinel))
				}
			}
			if e, ok := errors.AsType[*Error](err); !ok || e.Status != tt.answer.status || e.Op != "read flag x" {
				t.Errorf("error %#v, want an *Error with status %d", err, tt.answer.status)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	read := func(o Options) string {
		t.Helper()
		o.Environment, o.Token, o.Pause = "production", secret, time.Millisecond
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Read(t.Context(), "x"); err == nil {
			t.Fatal("no error")
		}
		return err.Error()
	}
	contains := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("error %s\nwant %s", got, want)
		}
	}
	f := newFake(t, ok)
	f.Close()
	contains(read(Options{URL: f.URL}), "connection refused (is "+f.URL+" the right url in promptflag.toml, up and reachable from here?)")

	handled := false
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { handled = true }))
	defer secure.Close()
	secure.Config.ErrorLog = discard
	contains(read(Options{URL: secure.URL}), "(this machine does not trust the certificate of "+secure.URL+": add its issuer")
	if handled {
		t.Error("a server with an unknown certificate got a request")
	}

	// A server that never answers; the time is over at every try.
	tries := 0
	slow := &http.Client{Transport: silent{&tries}}
	contains(read(Options{URL: "http://unleash.acme.dev", HTTPClient: slow, Timeout: 10 * time.Millisecond}),
		"(http://unleash.acme.dev did not answer in time; run the command again, it goes on where it stopped)")
	if tries != 1+repetitions {
		t.Errorf("%d tries, want %d", tries, 1+repetitions)
	}
}

// TestDialIsRepeated: a POST that never left is sent again.
func TestDialIsRepeated(t *testing.T) {
	f := newFake(t, answer{status: 200, body: `{"id":"7"}`})
	dials := 0
	c, err := New(Options{URL: f.URL, Environment: "production", Token: secret, Pause: time.Millisecond, HTTPClient: &http.Client{
		Transport: failing{2, &dials, http.DefaultTransport},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if id, err := c.Add(t.Context(), "x", stable("x", "a")); id != "7" || err != nil || dials != 3 {
		t.Errorf("Add = %q, %v after %d dials; want 7 after 3", id, err, dials)
	}
}

func TestAnswerLimit(t *testing.T) {
	f := newFake(t, answer{status: 200, body: `{"name":"` + strings.Repeat("a", maxBody) + `"}`})
	if _, err := f.client(t).Read(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "more than 32 MiB") {
		t.Errorf("error %v, want the limit", err)
	}
}

// TestConflict: the refusal of a patch whose test does not hold is a 500.
func TestConflict(t *testing.T) {
	s := stable("x", "a")
	lost := answer{status: 500, body: `{"name":"UnknownError","message":"Test operation failed\nname: TEST_OPERATION_FAILED\nindex: 0\ntree: {}"}`}
	odd := answer{status: 500, body: `{"name":"UnknownError","message":"Cannot read properties of undefined (reading 'payload')"}`}
	for _, tt := range []struct {
		name     string
		answers  []answer
		is       error
		requests int
	}{
		{"test failed", []answer{lost}, flags.ErrConflict, 1},
		{"serves something else", []answer{odd, flagWith("1", stable("x", "b"))}, flags.ErrConflict, 2},
		{"gone meanwhile", []answer{odd, flagWith("", s)}, flags.ErrNotFound, 2},
		{"of another flag", []answer{{status: 403}, flagWith("", s)}, flags.ErrNotFound, 2},
		{"server error", []answer{odd, flagWith("1", s)}, nil, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.answers...)
			err := f.client(t).Patch(t.Context(), "x", "1", flags.Patch{Expect: s.Ref(), Rollout: new(int)})
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("Patch = %v, want %v", err, tt.is)
			}
			if tt.is == nil && (errors.Is(err, flags.ErrConflict) || errors.Is(err, flags.ErrNotFound)) {
				t.Errorf("Patch = %v, want the server's error", err)
			}
			if got := f.count(""); got != tt.requests {
				t.Errorf("%d requests, want %d", got, tt.requests)
			}
		})
	}
}
