package unleashflags

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
)

func TestNew(t *testing.T) {
	const token = "default:production.s3cr3t"
	for _, tt := range []struct {
		o    Options
		base string // or
		err  string
	}{
		{o: Options{URL: "https://unleash.acme.dev", Token: token}, base: "https://unleash.acme.dev/api/"},
		{o: Options{URL: "https://unleash.acme.dev/", Token: token}, base: "https://unleash.acme.dev/api/"},
		{o: Options{URL: "https://acme.dev/unleash/api", Token: token}, base: "https://acme.dev/unleash/api/"},
		{o: Options{URL: "https://acme.dev/api/client/features", Token: token}, base: "https://acme.dev/api/"},
		{o: Options{URL: "https://acme.dev/"}, err: "backend (client) token"},
		{o: Options{URL: "https://acme.dev/", Token: "*:*.s3cr3t"}, err: "admin token"},
		{o: Options{URL: "https://acme.dev/", Token: "user:s3cr3t"}, err: "personal access token"},
		{o: Options{URL: "https://acme.dev/", Token: token + "\n"}, err: "white space"},
		{o: Options{URL: "https://me:s3cr3t@acme.dev/", Token: token}, err: "without user and password"},
		{o: Options{URL: "https://acme.dev:s3cr3t/", Token: token}, err: "not a URL"},
		{o: Options{URL: "acme.dev", Token: token}, err: "scheme"},
		{o: Options{URL: "file:///srv/flags", Environment: "production"}, base: "http://embedded.invalid/api/"},
		{o: Options{URL: "file:///srv/flags"}, err: "Environment"},
		{o: Options{URL: "file:///srv/flags", Environment: "../production"}, err: "Environment"},
		{o: Options{URL: "file:flags", Environment: "production"}, err: "file:///absolute/dir"},
		{o: Options{URL: "file://flags", Environment: "production"}, err: "file:///absolute/dir"},
	} {
		s, err := New(tt.o)
		switch {
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("New(%q) = %v, want %q", tt.o.URL, err, tt.err)
		case tt.err == "" && err != nil:
			t.Errorf("New(%q) = %v", tt.o.URL, err)
		case tt.err == "" && s.base.String() != tt.base:
			t.Errorf("New(%q): base %s, want %s", tt.o.URL, s.base, tt.base)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("a secret in the error: %v", err)
		}
	}
}

func TestDirOf(t *testing.T) {
	for raw, want := range map[string][2]string{
		"file:///srv/flags":  {"linux", "/srv/flags"},
		"file:///C:/flags":   {"windows", "C:/flags"},
		"file:///srv/a%20b/": {"linux", "/srv/a b/"},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := dirOf(u, want[0]); err != nil || got != want[1] {
			t.Errorf("dirOf(%s, %s) = %s, %v, want %s", raw, want[0], got, err, want[1])
		}
	}
}

// Only what a flag reads is looked at, as Unleash has it.
func TestContext(t *testing.T) {
	type plan string
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	caller := openfeature.FlattenedContext{
		openfeature.TargetingKey: "key", "userId": "explicit", "sessionId": "s", "remoteAddress": "10.0.0.1",
		"environment": "e", "appName": "a", "currentTime": at,
		"string": "x", "named": plan("pro"), "bool": true, "int": 7, "int64": int64(-1) << 60, "uint8": uint8(3),
		"float": 1.5, "large": 1e21, "float32": float32(0.1), "when": at,
		"list": []string{"dropped"}, "map": map[string]any{"dropped": 1}, "nil": nil, "unread": "y",
	}
	var constraints []string
	for field := range caller {
		if field != "unread" {
			constraints = append(constraints, fmt.Sprintf(`{"contextName":%q,"operator":"IN","values":["z"]}`, field))
		}
	}
	s := &Source{log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	context := func(strategy string, caller openfeature.FlattenedContext) Context {
		f := readFeature([]byte(`{"name":"f","enabled":true,"strategies":[`+strategy+`]}`), nil, v4{}.About())
		says := newComplaints(s.log)
		defer says.stop()
		c := &compiled{engine: &engine{src: s, says: says}, fields: f.fields()}
		return c.context(caller)
	}
	got := context(`{"name":"default","constraints":[`+strings.Join(constraints, ",")+`]}`, caller)
	want := Context{
		UserId: "key", SessionId: "s", RemoteAddress: "10.0.0.1", Environment: "e", AppName: "a", CurrentTime: "2026-11-21T10:00:00Z",
		Properties: map[string]string{
			"string": "x", "named": "pro", "bool": "true", "int": "7", "int64": "-1152921504606846976", "uint8": "3",
			"float": "1.5", "large": "1000000000000000000000", "float32": "0.1", "when": "2026-11-21T10:00:00Z",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("context (-want +got)\n%s", diff)
	}
	for strategy, want := range map[string]Context{
		`{"name":"default"}`: {UserId: "key"},
		`{"name":"flexibleRollout","parameters":{"rollout":"5","stickiness":"default"}}`:                                              {UserId: "key", SessionId: "s"},
		`{"name":"flexibleRollout","parameters":{"rollout":"5","stickiness":"random"}}`:                                               {UserId: "key"},
		`{"name":"flexibleRollout","parameters":{"rollout":"5","stickiness":"string"}}`:                                               {UserId: "key", Properties: map[string]string{"string": "x"}},
		`{"name":"default","variants":[{"name":"v","weight":1,"overrides":[{"contextName":"bool","values":["true"]}]}]}`:              {UserId: "key", SessionId: "s", RemoteAddress: "10.0.0.1", Properties: map[string]string{"bool": "true"}},
		`{"name":"default","variants":[{"name":"v","weight":1,"stickiness":"int"}]}`:                                                  {UserId: "key", Properties: map[string]string{"int": "7"}},
		`{"name":"remoteAddress","parameters":{"IPs":"10.0.0.1"}}`:                                                                    {UserId: "key", RemoteAddress: "10.0.0.1"},
		`{"name":"gradualRolloutSessionId","parameters":{"percentage":"5"}}`:                                                          {UserId: "key", SessionId: "s"},
		`{"name":"default","constraints":[{"contextName":"currentTime","operator":"DATE_AFTER","value":"2026-11-21T00:00:00.000Z"}]}`: {UserId: "key", CurrentTime: "2026-11-21T10:00:00Z"},
	} {
		if diff := cmp.Diff(want, context(strategy, caller)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", strategy, diff)
		}
	}
	if got := context(`{"name":"default"}`, openfeature.FlattenedContext{"userId": "explicit"}); got.UserId != "explicit" {
		t.Errorf("userId alone = %q", got.UserId)
	}
}
