package unleashadmin

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
)

var discard = log.New(io.Discard, "", 0)

// failing is a transport on which the first dials fail.
type failing struct {
	n     int
	dials *int
	next  http.RoundTripper
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	*f.dials++
	if *f.dials <= f.n {
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route to host")}
	}
	return f.next.RoundTrip(r)
}

// silent is a transport on which no answer ever comes.
type silent struct{ tries *int }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	*s.tries++
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func ref(prompt, digit string) string { return prompt + "@sha256:" + strings.Repeat(digit, 64) }

// stable is a strategy of ours that serves the version made of that digit.
func stable(flag, digit string) flags.Strategy {
	return flags.Build(flags.Stable, flag, flags.ID(flag, "production", "c0ffee"+digit, "1"), ref("x", digit), strings.Repeat(digit, 12), "why", 100, "userId")
}

func TestNewURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://unleash.acme.dev":                 "https://unleash.acme.dev/api/admin/",
		"https://unleash.acme.dev/":                "https://unleash.acme.dev/api/admin/",
		"https://unleash.acme.dev/api":             "https://unleash.acme.dev/api/admin/",
		"https://unleash.acme.dev/api/":            "https://unleash.acme.dev/api/admin/",
		"https://unleash.acme.dev/api/admin":       "https://unleash.acme.dev/api/admin/",
		"http://acme.dev:4242/flags/api/admin/":    "http://acme.dev:4242/flags/api/admin/",
		"http://[::1]:4242":                        "http://[::1]:4242/api/admin/",
		"unleash.acme.dev":                         "must start with https://",
		"file:///flags":                            "must start with https://",
		"https:///api":                             "name a host",
		"https://user:hunter2@unleash.acme.dev":    "must not contain credentials",
		"https://unleash.acme.dev/?token=hunter2":  "must not contain credentials",
		"https://user:hunter2@unleash.acme.dev:%%": "not a URL",
		"": "must start with https://",
	} {
		c, err := New(Options{URL: raw, Environment: "production", Token: secret})
		switch {
		case err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("New(%q): %v, want %q", raw, err, want)
		case err == nil && c.base.String() != want:
			t.Errorf("New(%q): base %s, want %s", raw, c.base, want)
		}
	}
	c, err := New(Options{URL: "https://acme.dev/flags/api", Environment: "production", Token: secret})
	if got, want := c.Describe(), "https://acme.dev/flags project default environment production"; got != want || err != nil {
		t.Errorf("Describe = %q, %v; want %q", got, err, want)
	}
	if _, err := New(Options{URL: "https://acme.dev", Token: secret}); err == nil {
		t.Error("New without an environment: no error")
	}
}

func TestNewToken(t *testing.T) {
	for token, want := range map[string]string{
		"user:a1b2c3":                     "",
		"user:a1.b2.c3":                   "",
		"*:*.a1b2c3":                      "",
		"a1b2c3":                          "", // an old form; the server decides
		"default:production.a1b2c3":       "personal access token",
		"*:production.a1b2c3":             "personal access token",
		"[]:development.a1b2c3":           "personal access token",
		"team-a:pre-prod_1.a1b2c3.d4e5f6": "personal access token",
		"":                                "set UNLEASH_ADMIN_TOKEN",
		"*:*.a1b2c3\n":                    "white space",
	} {
		got := ""
		if _, err := New(Options{URL: "https://acme.dev", Environment: "production", Token: token}); err != nil {
			got = err.Error()
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) || strings.Contains(got, "a1b2c3") {
			t.Errorf("New with token %q: %q, want %q", token, got, want)
		}
	}
}

func TestOperations(t *testing.T) {
	percent, sticky, disabled, title, value := 5, "tenantId", false, "", "stable"
	for _, tt := range []struct {
		name string
		p    flags.Patch
		want string
	}{
		{"nothing", flags.Patch{Expect: "a"}, "null"},
		{"dial", flags.Patch{Expect: "a", Rollout: &percent}, `[{"op":"test","path":"/variants/0/payload/value","value":"a"},{"op":"add","path":"/parameters/rollout","value":"5"}]`},
		{"zero values are sent", flags.Patch{Disabled: &disabled, Title: &title}, `[{"op":"add","path":"/disabled","value":false},{"op":"add","path":"/title","value":""}]`},
		{"stickiness is in two places", flags.Patch{Stickiness: &sticky}, `[{"op":"add","path":"/parameters/stickiness","value":"tenantId"},{"op":"add","path":"/variants/0/stickiness","value":"tenantId"}]`},
		{"parameters", flags.Patch{Parameters: map[string]*string{"promptflagId": nil, "promptflag": &value, "a/b~c": &value}}, `[{"op":"add","path":"/parameters/a~1b~0c","value":"stable"},{"op":"add","path":"/parameters/promptflag","value":"stable"},{"op":"remove","path":"/parameters/promptflagId"}]`},
	} {
		got, err := json.Marshal(operations(tt.p))
		if string(got) != tt.want || err != nil {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

// TestDecodeStrategy: nothing that a strategy may hold makes it unreadable, and
// constraints stay as they were.
func TestDecodeStrategy(t *testing.T) {
	const doc = `{"id":"1","name":"custom","title":null,"sortOrder":3,"disabled":false,"newMember":{"a":1},
		"constraints":[{"contextName":"tenantId","operator":"REGEX","value":"^a","new":1e400}],"segments":[4],
		"parameters":{"rollout":12345678901234567890,"on":true,"list":["a"],"text":"t","none":null},
		"variants":[{"name":"v","weight":333.5,"weightType":"fix","stickiness":"default"}]}`
	var s strategy
	if err := json.Unmarshal([]byte(doc), &s); err != nil {
		t.Fatal(err)
	}
	want := flags.Strategy{
		ID: "1", Name: "custom", SortOrder: 3, Segments: []int{4},
		Constraints: []json.RawMessage{json.RawMessage(`{"contextName":"tenantId","operator":"REGEX","value":"^a","new":1e400}`)},
		Parameters:  map[string]string{"rollout": "12345678901234567890", "on": "true", "list": `["a"]`, "text": "t", "none": ""},
		Variants:    []flags.Variant{{Name: "v", Weight: 334, WeightType: "fix", Stickiness: "default"}},
	}
	if diff := cmp.Diff(want, s.value()); diff != "" {
		t.Errorf("strategy (-want +got):\n%s", diff)
	}
}

func TestInOrder(t *testing.T) {
	list := []flags.Strategy{{ID: "3", SortOrder: 5}, {ID: "2", SortOrder: 9}, {ID: "1", SortOrder: 5}, {ID: "4", SortOrder: -1}}
	inOrder(list)
	var got string
	for _, s := range list {
		got += s.ID
	}
	if got != "4132" {
		t.Errorf("order %s, want 4132", got)
	}
}

func TestSameAddress(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"https://github.com/a/b/pull/1", "https://www.github.com/a/b/pull/1/?utm_source=x", true},
		{"https://github.com/a/b/pull/1", "https://github.com/a/b/pull/2", false},
		{"https://ci.acme.dev/?run=1", "https://ci.acme.dev/?run=2", false},
		{"https://ci.acme.dev/?b=1&a=2", "https://ci.acme.dev?a=2&b=1", true},
		{"https://acme.dev/#one", "https://acme.dev/#two", false},
		{"%zz", "%zz", true},
	} {
		if got := sameAddress(tt.a, tt.b); got != tt.want {
			t.Errorf("sameAddress(%s, %s) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestExposuresHours: the server gives a count the time at which its hour began, and
// at a full hour one hour back is nothing.
func TestExposuresHours(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("hoursBack"); got != "2" {
			t.Errorf("%s hours back, want 2", got)
		}
		io.WriteString(w, `{"data":[{"environment":"production","timestamp":"2026-11-21T10:00:00Z","variants":{"a":3}},{"environment":"production","timestamp":"2026-11-21T11:00:00Z","variants":{"a":4}}]}`)
	}))
	defer server.Close()
	c, err := New(Options{URL: server.URL, Environment: "production", Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Exposures(t.Context(), "x"); err != nil || !cmp.Equal(got, map[string]int64{"a": 7}) {
		t.Errorf("Exposures = %v, %v; want 7 of a", got, err)
	}
}

// TestAskedSeen: a flag that was seen is asked for, also when the server has not
// written down yet how often.
func TestAskedSeen(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, counts, seen string
		known              bool
		by                 map[string]int64
	}{
		{"never", ``, `null`, false, map[string]int64{}},
		{"seen, not counted yet", ``, `"2026-11-21T12:29:59Z"`, true, map[string]int64{"production": 1}},
		{"seen and counted", `{"environment":"production","timestamp":"2026-11-21T12:00:00Z","yes":7,"no":0}`, `"2026-11-21T12:29:59Z"`, true, map[string]int64{"production": 7}},
		{"counted long ago, and seen now", `{"environment":"production","timestamp":"2026-11-20T12:00:00Z","yes":7,"no":0}`, `"2026-11-21T12:29:59Z"`, true, map[string]int64{"production": 1}},
		{"seen long ago", ``, `"2026-11-01T12:00:00Z"`, true, map[string]int64{}},
	} {
		f := newFake(t, answer{status: 200, body: `{"data":[` + tt.counts + `]}`},
			answer{status: 200, body: `{"name":"x","environments":[{"name":"development","lastSeenAt":null},{"name":"production","lastSeenAt":` + tt.seen + `}]}`})
		got, err := f.client(t).Asked(t.Context(), "x", now.Add(-time.Hour))
		if err != nil || got.Known != tt.known || !cmp.Equal(got.By, tt.by) {
			t.Errorf("%s: %+v, %v; want known %v, %v", tt.name, got, err, tt.known, tt.by)
		}
	}
}
