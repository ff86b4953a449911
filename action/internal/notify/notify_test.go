package notify

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const secret = "0123456789abcdef-secret"

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	event = Event{
		Kind: Published, Prompt: "support.triage", Environment: "production", Version: "3f9a2c1b04de", Before: "stable 77ab01c2d3e4",
		After: "candidate 3f9a2c1b04de at 5 %", Actor: "ann", Reason: "shorter & <!channel> *better*\n@here", URL: "https://github.com/acme/prompts/pull/7", Time: noon,
	}
)

// receiver keeps what it gets and answers with the next of its statuses, the
// last for ever.
type receiver struct {
	mu       sync.Mutex
	statuses []int
	header   http.Header // of its answers
	got      []*http.Request
	bodies   []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.bodies = append(r.got, req), append(r.bodies, string(body))
	for name, values := range r.header {
		w.Header()[name] = values
	}
	status := r.statuses[min(len(r.got), len(r.statuses))-1]
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

// send sends events to hooks at one receiver behind a secret path.
func send(t *testing.T, r *receiver, hooks []Hook, events ...Event) (errs []error, slept time.Duration) {
	t.Helper()
	server := httptest.NewServer(r)
	defer server.Close()
	vars := map[string]string{"HOOK_URL": server.URL + "/services/T0PSECRET", "HOOK_SECRET": secret}
	o := Options{
		Getenv: func(k string) string { return vars[k] }, HTTP: server.Client(), Now: func() time.Time { return noon },
		Sleep: func(ctx context.Context, d time.Duration) error { slept += d; return ctx.Err() },
	}
	errs = Send(t.Context(), o, hooks, events)
	for _, err := range errs {
		if strings.Contains(err.Error(), "T0PSECRET") || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("a secret in %v", err)
		}
	}
	return errs, slept
}

var (
	slack   = Hook{Kind: Slack, URLEnv: "HOOK_URL"}
	webhook = Hook{Kind: Webhook, URLEnv: "HOOK_URL", SecretEnv: "HOOK_SECRET"}
)

func TestSlack(t *testing.T) {
	r := &receiver{statuses: []int{200}}
	if errs, _ := send(t, r, []Hook{slack}, event, Event{Kind: Drift, Environment: "production", URL: "javascript:x"}); len(errs) > 0 {
		t.Fatal(errs)
	}
	want := `{
  "text": "promptflag: Published support.triage 3f9a2c1b04de in production, and 1 more",
  "blocks": [
    {
      "text": {
        "text": "*Published support.triage 3f9a2c1b04de in production*\nstable 77ab01c2d3e4 → candidate 3f9a2c1b04de at 5 %\n<https://github.com/acme/prompts/pull/7|details>\nby ann: shorter &amp; &lt;!channel&gt; 'better' @here",
        "type": "mrkdwn",
        "verbatim": true
      },
      "type": "section"
    },
    {
      "text": {
        "text": "*Drift in production*",
        "type": "mrkdwn",
        "verbatim": true
      },
      "type": "section"
    }
  ]
}`
	if diff := cmp.Diff(indented(t, want), indented(t, r.bodies[0])); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func indented(t *testing.T, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSlackLimits: Slack refuses more than 50 blocks, and 3,000 characters in
// one.
func TestSlackLimits(t *testing.T) {
	long := strings.Repeat("&", 9000)
	events := make([]Event, 1000)
	for i := range events {
		events[i] = Event{Kind: Published, Prompt: long, Environment: "e", Version: "v", Before: long, After: long, Actor: "a", Reason: long, URL: "https://x/" + long}
	}
	b, err := slackMessage(events)
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Blocks []slackBlock }
	if err := json.Unmarshal(b, &m); err != nil || len(m.Blocks) != 21 || m.Blocks[20].Text.Text != "… and 980 more" {
		t.Errorf("%d blocks, %v", len(m.Blocks), err)
	}
	for _, block := range m.Blocks {
		if n := len([]rune(block.Text.Text)); n > 3000 {
			t.Errorf("a block of %d characters", n)
		}
	}
}

// verify is what a receiver does, as the package comment says.
func verify(secret string, header http.Header, body []byte, now time.Time) bool {
	timestamp := header.Get(timestampHeader)
	s, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(s, 0)).Abs() <= 5*time.Minute &&
		hmac.Equal([]byte(header.Get(signatureHeader)), []byte(sign(secret, timestamp, body)))
}

// TestWebhook: what is sent is signed, and only that passes.
func TestWebhook(t *testing.T) {
	r := &receiver{statuses: []int{204}}
	if errs, _ := send(t, r, []Hook{webhook}, event); len(errs) > 0 {
		t.Fatal(errs)
	}
	header, body := r.got[0].Header, []byte(r.bodies[0])
	want := `{"promptflag":1,"events":[{"kind":"published","prompt":"support.triage","environment":"production","version":"3f9a2c1b04de","before":"stable 77ab01c2d3e4","after":"candidate 3f9a2c1b04de at 5 %",` +
		`"actor":"ann","reason":"shorter \u0026 \u003c!channel\u003e *better*\n@here","url":"https://github.com/acme/prompts/pull/7","time":"2026-03-01T12:00:00Z"}]}`
	if string(body) != want || header.Get("Content-Type") != "application/json" {
		t.Errorf("body %s, want %s", body, want)
	}
	// By openssl, as the package comment has it.
	const known = "sha256=f0658c3384c56de8c076a7cc0a0907ebfa9b81e6fefc7c35d9211d0bfc9bae8c"
	if got := sign(secret, "1772366400", []byte("{}")); got != known {
		t.Errorf("sign = %s, want %s", got, known)
	}
	other := header.Clone()
	other.Set(timestampHeader, fmt.Sprint(noon.Unix()+1))
	for name, ok := range map[string]bool{
		"as sent":         verify(secret, header, body, noon.Add(5*time.Minute)),
		"late":            !verify(secret, header, body, noon.Add(5*time.Minute+time.Second)),
		"early":           !verify(secret, header, body, noon.Add(-6*time.Minute)),
		"another secret":  !verify(secret+"x", header, body, noon),
		"another body":    !verify(secret, header, append(body, ' '), noon),
		"another time":    !verify(secret, other, body, noon),
		"nothing is sent": !verify(secret, http.Header{}, body, noon),
	} {
		if !ok {
			t.Errorf("verify is wrong: %s", name)
		}
	}
}

// TestWebhookBatches: many events are few requests.
func TestWebhookBatches(t *testing.T) {
	r := &receiver{statuses: []int{200}}
	errs, _ := send(t, r, []Hook{webhook}, make([]Event, 250)...)
	if len(errs) > 0 || len(r.got) != 3 {
		t.Errorf("%d requests, %v", len(r.got), errs)
	}
}

// TestWants: which hooks hear of what.
func TestWants(t *testing.T) {
	for _, tt := range []struct {
		on, environments []string
		kind, env        string
		want             int
	}{
		{nil, nil, Drift, "production", 1},
		{[]string{Drift}, nil, Published, "production", 0},
		{[]string{Drift, Published}, []string{"production"}, Published, "production", 1},
		{nil, []string{"production"}, Published, "development", 0},
		{nil, []string{"production"}, Drift, "", 1},
	} {
		r := &receiver{statuses: []int{200}}
		h := slack
		h.On, h.Environments = tt.on, tt.environments
		if errs, _ := send(t, r, []Hook{h}, Event{Kind: tt.kind, Environment: tt.env}); len(errs) > 0 || len(r.got) != tt.want {
			t.Errorf("%v %v hears of %s in %q %d times, want %d, %v", tt.on, tt.environments, tt.kind, tt.env, len(r.got), tt.want, errs)
		}
	}
}

func TestRetries(t *testing.T) {
	for _, tt := range []struct {
		name     string
		statuses []int
		after    string
		tries    int
		slept    time.Duration
		text     string
	}{
		{"at once", []int{200}, "", 1, 0, ""},
		{"503, then well", []int{503, 200}, "", 2, time.Second, ""},
		{"cut, then well", []int{0, 200}, "", 2, time.Second, ""},
		{"429 with a pause", []int{429, 200}, "4", 2, 4 * time.Second, ""},
		{"429 with a long pause", []int{429}, "3600", 1, 0, "429 Too Many Requests, and wants to be asked again in 1h0m0s"},
		{"500 for ever", []int{500}, "", 3, 3 * time.Second, "the answer is 500 Internal Server Error"},
		{"cut for ever", []int{0}, "", 3, 3 * time.Second, "the connection broke"},
		{"404", []int{404}, "", 1, 0, "the answer is 404 Not Found"},
		{"a redirect", []int{302}, "", 1, 0, "the answer is 302 Found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &receiver{statuses: tt.statuses, header: http.Header{"Location": {"/elsewhere"}}}
			if tt.after != "" {
				r.header.Set("Retry-After", tt.after)
			}
			errs, slept := send(t, r, []Hook{slack}, event)
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(r.got) != tt.tries || slept != tt.slept {
				t.Errorf("%d tries, slept %v, want %d, %v", len(r.got), slept, tt.tries, tt.slept)
			}
			if (len(errs) == 0) != (tt.text == "") || len(errs) > 0 && !strings.Contains(errs[0].Error(), tt.text) {
				t.Errorf("Send = %v, want %q", errs, tt.text)
			}
		})
	}
}

// TestBadHooks: each says which variable is wrong, none says what it holds, and
// the good ones are told nevertheless.
func TestBadHooks(t *testing.T) {
	r := &receiver{statuses: []int{200}}
	server := httptest.NewServer(r)
	defer server.Close()
	vars := map[string]string{
		"GOOD": server.URL + "/T0PSECRET", "PLAIN": "http://hooks.example.com/T0PSECRET", "FILE": "file:///T0PSECRET", "BROKEN": "https://T0PSECRET:x y/",
		"NOWHERE": "https://127.0.0.1:1/T0PSECRET", "SHORT": "T0PSECRET",
	}
	hooks := []Hook{{Kind: Slack, URLEnv: "UNSET"}, {Kind: Slack, URLEnv: "PLAIN"}, {Kind: Slack, URLEnv: "GOOD"}, {Kind: Slack, URLEnv: "FILE"}, {Kind: Slack, URLEnv: "BROKEN"},
		{Kind: Webhook, URLEnv: "GOOD", SecretEnv: "SHORT"}, {Kind: Webhook, URLEnv: "GOOD"}, {Kind: Slack, URLEnv: "NOWHERE"}}
	errs := Send(t.Context(), Options{Getenv: func(k string) string { return vars[k] }, Sleep: func(context.Context, time.Duration) error { return nil }}, hooks, []Event{event})
	var got []string
	for _, err := range errs {
		got = append(got, err.Error())
	}
	want := []string{
		"notify the slack hook of UNSET: the environment variable UNSET is not set",
		"notify the slack hook of PLAIN: the address in PLAIN starts with http://, which anybody on the way can read: use https://",
		"notify the slack hook of FILE: the environment variable FILE does not hold the address of a web page",
		"notify the slack hook of BROKEN: the environment variable BROKEN does not hold the address of a web page",
		"notify the webhook hook of GOOD: the environment variable SHORT has to hold a secret of at least 16 characters",
		"notify the webhook hook of GOOD: no secret_env names its secret",
		"notify the slack hook of NOWHERE: no connection",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(r.got) != 1 {
		t.Errorf("%d told, errors (-want +got):\n%s", len(r.got), diff)
	}
}

// TestTimeout: one time for all, also where nobody answers.
func TestTimeout(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer server.Close()
	defer close(hang)
	o := Options{Getenv: func(string) string { return server.URL + "/T0PSECRET" }, Timeout: 20 * time.Millisecond}
	errs := Send(t.Context(), o, []Hook{slack, slack}, []Event{event})
	if len(errs) != 2 || errs[0].Error() != "notify the slack hook of HOOK_URL: no answer in time" {
		t.Errorf("Send = %v", errs)
	}
}
