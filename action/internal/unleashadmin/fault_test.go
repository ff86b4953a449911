// The server of these tests is a hand-made fake: it plays the faults that a
// real one cannot be made to have. What a healthy server does is tested
// against a real one, in server_test.go.

package unleashadmin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

const secret = "user:0123456789abcdef"

// answer is what the fake does with one request.
type answer struct {
	status int // 0: close the connection without an answer
	body   string
	header http.Header
	before func() // runs first
}

var (
	cut = answer{}
	ok  = answer{status: 200, body: "{}"}
)

func status(n int) answer { return answer{status: n, body: `{"message":"no"}`} }

// fake answers requests one after the other; the last answer is repeated.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []answer
	requests []string // "POST /api/admin/…"
}

func newFake(t *testing.T, answers ...answer) *fake {
	f := &fake{answers: answers}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	a := f.answers[0]
	if len(f.answers) > 1 {
		f.answers = f.answers[1:]
	}
	f.mu.Unlock()
	if a.before != nil {
		a.before()
	}
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	io.WriteString(w, a.body)
}

// count returns the number of requests whose line begins like that.
func (f *fake) count(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}

func (f *fake) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(Options{URL: f.URL, Environment: "production", Token: secret, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (f *fake) same(t *testing.T, want ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	got := strings.Join(f.requests, "\n")
	if w := strings.Join(want, "\n"); got != w {
		t.Errorf("requests:\n%s\nwant:\n%s", got, w)
	}
}

// calls are all methods that talk to the server.
func calls(ctx context.Context, c *Client) map[string]func() error {
	return map[string]func() error{
		"Ping":      func() error { return c.Ping(ctx) },
		"Export":    func() error { _, err := c.Export(ctx); return err },
		"Read":      func() error { _, err := c.Read(ctx, "x"); return err },
		"Exposures": func() error { _, err := c.Exposures(ctx, "x"); return err },
		"Create":    func() error { return c.Create(ctx, flags.New{Name: "x", Prompt: "xx"}) },
		"Add":       func() error { _, err := c.Add(ctx, "x", stable("x", "a")); return err },
		"Patch":     func() error { return c.Patch(ctx, "x", "1", flags.Patch{Title: new(string)}) },
		"Reorder":   func() error { return c.Reorder(ctx, "x", map[string]int{"1": 1}) },
		"Delete":    func() error { return c.Delete(ctx, "x", "1") },
		"Switch":    func() error { return c.Switch(ctx, "x", true) },
		"Link":      func() error { return c.Link(ctx, "x", "https://example.com/1", "1") },
	}
}

// TestRepeats counts the requests of every method under every fault that
// passes by. Those that make something are sent once and then looked for.
func TestRepeats(t *testing.T) {
	post := map[string]string{"Create": "POST /api/admin/projects/default/features", "Add": "POST /api/admin/projects/default/features/x/environments/production/strategies"}
	for name, fault := range map[string]answer{
		"cut": cut, "502": status(502), "503": status(503), "504": status(504), "429": status(429),
	} {
		t.Run(name, func(t *testing.T) {
			for method := range calls(t.Context(), nil) {
				f := newFake(t, fault)
				if err := calls(t.Context(), f.client(t))[method](); err == nil {
					t.Errorf("%s: no error", method)
				}
				want := 1 + repetitions
				if post[method] != "" && name != "429" {
					want = 1 // and then it is looked for, in vain
				}
				if got := f.count(post[method]); got != want {
					t.Errorf("%s: %d requests %q, want %d", method, got, post[method], want)
				}
			}
		})
	}
}

// TestDoesNotRepeat: answers that stay.
func TestDoesNotRepeat(t *testing.T) {
	for _, n := range []int{400, 401, 403, 409, 413, 500, 501} {
		for _, method := range []string{"Ping", "Export", "Read", "Exposures", "Delete", "Switch", "Reorder"} {
			f := newFake(t, status(n))
			if err := calls(t.Context(), f.client(t))[method](); err == nil {
				t.Errorf("%s after %d: no error", method, n)
			}
			if got := f.count(""); got != 1 {
				t.Errorf("%s after %d: %d requests, want 1", method, n, got)
			}
		}
	}
}

// TestRecovers: a fault that passes is not seen by the caller.
func TestRecovers(t *testing.T) {
	f := newFake(t, status(503), cut, status(429), ok)
	if err := f.client(t).Switch(t.Context(), "x", true); err != nil || f.count("") != 4 {
		t.Errorf("Switch = %v after %d requests, want nil after 4", err, f.count(""))
	}
}

// TestContext: the end of the context ends the repetitions.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFake(t, answer{status: 503, before: cancel})
	err := f.client(t).Switch(ctx, "x", true)
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) || f.count("") != 1 {
		t.Errorf("Switch = %v after %d requests, want %v after 1", err, f.count(""), context.Canceled)
	}
	ctx, cancel = context.WithCancel(t.Context())
	f = newFake(t, answer{before: cancel})
	if _, err := f.client(t).Add(ctx, "x", stable("x", "a")); err == nil || f.count("") != 1 {
		t.Errorf("Add = %v after %d requests, want an error after 1", err, f.count(""))
	}
}

func TestBackoff(t *testing.T) {
	res := func(retryAfter string) *http.Response {
		return &http.Response{Header: http.Header{"Retry-After": {retryAfter}}}
	}
	soon := time.Now().Add(5 * time.Second).UTC().Format(http.TimeFormat)
	for _, tt := range []struct {
		attempt  int
		res      *http.Response
		from, to time.Duration
	}{
		{0, nil, 100 * time.Millisecond, 200 * time.Millisecond},
		{2, nil, 400 * time.Millisecond, 800 * time.Millisecond},
		{9, nil, 5 * time.Second, 10 * time.Second},
		{0, res("3"), 3 * time.Second, 3 * time.Second},
		{0, res("86400"), maxPause, maxPause},
		{0, res("-5"), 100 * time.Millisecond, 200 * time.Millisecond},
		{0, res("later"), 100 * time.Millisecond, 200 * time.Millisecond},
		{0, res(soon), 3 * time.Second, 5 * time.Second},
		{0, res("Fri, 31 Dec 1999 23:59:59 GMT"), 100 * time.Millisecond, 200 * time.Millisecond},
	} {
		for range 20 {
			if got := backoff(200*time.Millisecond, maxPause, tt.attempt, tt.res); got < tt.from || got > tt.to {
				t.Errorf("backoff(attempt %d, %v) = %v, want %v to %v", tt.attempt, tt.res, got, tt.from, tt.to)
			}
		}
	}
}

const (
	flagPath = "/api/admin/projects/default/features/x"
	addPath  = flagPath + "/environments/production/strategies"
)

// flagWith is the answer of a flag that holds the strategy with that id.
func flagWith(id string, s flags.Strategy) answer {
	list := ""
	if id != "" {
		list = fmt.Sprintf(`{"id":%q,"name":"flexibleRollout","parameters":{"promptflag":%q,"promptflagId":%q},"variants":[{"name":"v","payload":{"type":"string","value":%q}}]}`,
			id, s.Parameters[flags.ParamRole], s.Parameters[flags.ParamID], s.Ref())
	}
	return answer{status: 200, body: `{"name":"x","project":"default","environments":[{"name":"production","strategies":[` + list + `]}]}`}
}

// TestLostAdd: what happens after the answer to the POST of a strategy was
// lost.
func TestLostAdd(t *testing.T) {
	s, other := stable("x", "a"), stable("x", "b")
	add, read := "POST "+addPath, "GET "+flagPath
	halfAnswer := answer{status: 200, body: `{"id":`, header: http.Header{"Content-Length": {"100"}}}
	for _, tt := range []struct {
		name     string
		strategy flags.Strategy
		answers  []answer
		want     string
		requests []string
	}{
		{"it is there", s, []answer{cut, flagWith("5", s)}, "5", []string{add, read}},
		{"half an answer", s, []answer{halfAnswer, flagWith("5", s)}, "5", []string{add, read}},
		{"a gateway gave up", s, []answer{status(504), flagWith("5", s)}, "5", []string{add, read}},
		{"it is there late", s, []answer{cut, flagWith("", s), flagWith("5", s)}, "5", []string{add, read, read}},
		{"it is not there", s, []answer{cut, flagWith("", s), flagWith("", s), flagWith("", s)}, "EOF", []string{add, read, read, read}},
		{"another one is there", s, []answer{cut, flagWith("5", other)}, "EOF", []string{add, read, read, read}},
		{"cannot look", s, []answer{cut, status(401)}, "whether it was done is not known", []string{add, read}},
		{"nothing to look for", flags.Strategy{Name: "default"}, []answer{cut}, "whether it was done is not known", []string{add}},
		{"refused", s, []answer{status(400)}, "400", []string{add}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.answers...)
			got, err := f.client(t).Add(t.Context(), "x", tt.strategy)
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("Add = %q, want %q", got, tt.want)
			}
			f.same(t, tt.requests...)
		})
	}
}

func TestLostCreate(t *testing.T) {
	create, read, tag, export := "POST /api/admin/projects/default/features", "GET "+flagPath, "POST /api/admin/features/x/tags", "POST /api/admin/features-batch/export"
	nothing := answer{status: 200, body: `{"features":[]}`}
	for _, tt := range []struct {
		name     string
		answers  []answer
		requests []string
		lost     bool
	}{
		{"it is there", []answer{cut, flagWith("", flags.Strategy{}), ok}, []string{create, read, tag}, false},
		{"it is not there", []answer{cut, status(404), nothing, status(404), nothing, status(404), nothing}, []string{create, read, export, read, export, read, export}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.answers...)
			if err := f.client(t).Create(t.Context(), flags.New{Name: "x", Prompt: "xx"}); (err != nil) != tt.lost {
				t.Errorf("Create = %v, want an error: %v", err, tt.lost)
			}
			f.same(t, tt.requests...)
		})
	}
}

func TestLostLink(t *testing.T) {
	const address = "https://example.com/pull/1"
	with := answer{status: 200, body: `{"name":"x","project":"default","links":[{"id":"1","url":"` + address + `"}]}`}
	f := newFake(t, flagWith("", flags.Strategy{}), cut, with)
	if err := f.client(t).Link(t.Context(), "x", address, "1"); err != nil {
		t.Error(err)
	}
	f.same(t, "GET "+flagPath, "POST "+flagPath+"/link", "GET "+flagPath)
}
