package unleashadmin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
)

func TestServerPing(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	for _, end := range []string{"", "/", "/api", "/api/", "/api/admin", "/api/admin/"} {
		if err := r.with(func(o *Options) { o.URL += end }).Ping(ctx); err != nil {
			t.Errorf("Ping of URL ending in %q: %v", end, err)
		}
	}
	wantError(t, r.with(func(o *Options) { o.Project = "nope" }).Ping(ctx), flags.ErrNotFound, "the server has no project nope: check promptflag.toml")
	wantError(t, r.with(func(o *Options) { o.Environment = "nope" }).Ping(ctx), flags.ErrNotFound, "project default has no environment nope, it has development, production: check promptflag.toml")
	wantError(t, r.with(func(o *Options) { o.URL += "/nowhere" }).Ping(ctx), errNotUnleash, "check the url in promptflag.toml")
	for _, token := range []string{"user:0123456789-token", "*:*.0123456789-token", "0123456789-token"} {
		wantError(t, r.with(func(o *Options) { o.Token = token }).Ping(ctx), nil, "401", "the server does not know the token in UNLEASH_ADMIN_TOKEN")
	}
	// A token whose form does not give it away.
	r.token = r.server.ProductionToken
	wantError(t, r.Ping(ctx), nil, "403", "holds a backend or frontend token")
}

// TestServerEnvironment: an environment that the project lacks must not look
// like one without strategies.
func TestServerEnvironment(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	r.create()
	id := r.add(stable(r.flag, "a"))
	development := r.with(func(o *Options) { o.Environment = "development" })
	if f := development.read(); len(f.Strategies) != 0 || f.Enabled {
		t.Errorf("development has %+v", f)
	}
	nope := r.with(func(o *Options) { o.Environment = "nope" })
	_, err := nope.Export(ctx)
	wantError(t, err, flags.ErrNotFound, "no environment nope")
	_, err = nope.Read(ctx, r.flag)
	wantError(t, err, flags.ErrNotFound, "no environment nope, it has development, production")
	_, err = nope.Add(ctx, r.flag, stable(r.flag, "b"))
	wantError(t, err, flags.ErrNotFound, "no environment nope")
	wantError(t, nope.Switch(ctx, r.flag, true), flags.ErrNotFound, "no environment nope")
	wantError(t, nope.Reorder(ctx, r.flag, map[string]int{id: 1}), flags.ErrNotFound, "no environment nope")
}

// TestServerNames: what becomes of the name of a flag that is archived, or
// another project's.
func TestServerNames(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	n := flags.New{Name: r.flag, Prompt: "x"}
	r.create()
	id := r.add(stable(r.flag, "a"))

	other := r.with(func(o *Options) { o.Project = "other" })
	_, err := other.Read(ctx, r.flag)
	wantError(t, err, flags.ErrOtherProject, "in project default: choose another flag_prefix")
	_, err = other.Add(ctx, r.flag, stable(r.flag, "a"))
	wantError(t, err, flags.ErrOtherProject)
	wantError(t, other.Switch(ctx, r.flag, true), flags.ErrOtherProject)
	wantError(t, other.Link(ctx, r.flag, "https://example.com/1", "1"), flags.ErrOtherProject)

	r.ui(http.MethodDelete, r.Client.flag(r.flag), nil)
	_, err = r.Read(ctx, r.flag)
	wantError(t, err, flags.ErrArchived, "revive the flag")
	wantError(t, r.Create(ctx, n), flags.ErrArchived, "revive the flag")
	wantError(t, r.Switch(ctx, r.flag, true), flags.ErrArchived, "revive the flag")
	all, err := r.Export(ctx)
	r.must(err)
	if f, ok := all[r.flag]; ok {
		t.Errorf("the export has an archived flag: %+v", f)
	}

	none := r.flag + "-none"
	_, err = r.Add(ctx, none, stable(none, "a"))
	wantError(t, err, flags.ErrNotFound)
	wantError(t, r.Switch(ctx, none, true), flags.ErrNotFound)
	wantError(t, r.Reorder(ctx, none, map[string]int{id: 1}), flags.ErrNotFound)
	wantError(t, r.Link(ctx, none, "https://example.com/1", "1"), flags.ErrNotFound)
	wantError(t, r.Patch(ctx, none, "01AAAAAAAAAAAAAAAAAAAAAAAA", flags.Patch{Rollout: new(int)}), flags.ErrNotFound)
	r.must(r.Delete(ctx, none, "01AAAAAAAAAAAAAAAAAAAAAAAA"))
	wantError(t, r.Create(ctx, flags.New{Name: "not a name/x", Prompt: "x"}), nil, "URL friendly")
	wantError(t, r.with(func(o *Options) { o.Project = "other" }).Create(ctx, flags.New{Name: none, Prompt: "x"}), flags.ErrNotFound, "project")
}

func TestServerLimits(t *testing.T) {
	r := newReal(t)
	r.create()
	for i := range 30 {
		r.add(flags.Strategy{Name: flags.StrategyName, Title: fmt.Sprint(i), SortOrder: i})
	}
	_, err := r.Add(t.Context(), r.flag, stable(r.flag, "a"))
	wantError(t, err, nil, "400", "limit of 30", "a limit of the server is reached")
	if got := len(r.read().Strategies); got != 30 {
		t.Errorf("%d strategies, want 30", got)
	}
	big := stable(r.flag, "a")
	big.Variants[0].Payload.Value = strings.Repeat("a", 120_000)
	_, err = r.with(func(o *Options) { o.Environment = "development" }).Add(t.Context(), r.flag, big)
	wantError(t, err, nil, "413", "100 kB")
}

// TestServerLinks: one link per address, the oldest pull request gives way,
// people's links stay.
func TestServerLinks(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	r.create()
	links := func() string {
		doc, err := r.feature(ctx, "test", r.flag)
		r.must(err)
		var out []string
		for _, l := range doc.Links {
			out = append(out, l.URL[strings.LastIndexByte(l.URL, '/')+1:])
		}
		return strings.Join(out, " ")
	}
	pull := func(n int) string { return fmt.Sprintf("https://github.com/acme/prompts/pull/%d", n) }
	r.must(r.Link(ctx, r.flag, "https://wiki.acme.dev/triage", "Wiki"))
	for i := range 11 {
		for range 2 {
			r.must(r.Link(ctx, r.flag, pull(i+1), "PR"))
		}
	}
	if got, want := links(), "triage 3 4 5 6 7 8 9 10 11"; got != want {
		t.Errorf("links %s, want %s", got, want)
	}
	r.must(r.Link(ctx, r.flag, "https://example.com/elsewhere/1", "no room"))
	if got, want := links(), "triage 3 4 5 6 7 8 9 10 11"; got != want {
		t.Errorf("links %s, want %s", got, want)
	}
}

// TestServerExposures: counted per environment, from what clients report.
func TestServerExposures(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	r.create()
	if got, err := r.Exposures(ctx, r.flag); len(got) != 0 || got == nil || err != nil {
		t.Errorf("Exposures without any = %v, %v; want an empty map", got, err)
	}
	report := func(token, environment string, variants map[string]int) {
		now := time.Now().UTC()
		r.send(http.MethodPost, "/api/client/metrics", token, map[string]any{
			"appName": "test", "instanceId": r.flag, "environment": environment,
			"bucket": map[string]any{
				"start": now.Add(-time.Minute), "stop": now,
				"toggles": map[string]any{r.flag: map[string]any{"yes": 1, "no": 0, "variants": variants}},
			},
		})
	}
	// The server drops counts of flags that are not in a list of names which it keeps
	// for ten seconds.
	eventually(t, "the server knows the new flag", func() bool {
		report(r.server.ProductionToken, "production", map[string]int{})
		var known struct{ Data []any }
		r.must(json.Unmarshal(r.ui(http.MethodGet, "client-metrics/features/"+r.flag+"/raw?hoursBack=2", nil), &known))
		return len(known.Data) > 0
	})
	report(r.server.DevelopmentToken, "development", map[string]int{"aaaaaaaaaaaa": 1000})
	report(r.server.ProductionToken, "production", map[string]int{"aaaaaaaaaaaa": 43, "bbbbbbbbbbbb": 7})
	want := map[string]int64{"aaaaaaaaaaaa": 43, "bbbbbbbbbbbb": 7}
	// The server writes metrics every few seconds.
	eventually(t, fmt.Sprint("Exposures are ", want), func() bool {
		got, err := r.Exposures(ctx, r.flag)
		r.must(err)
		return cmp.Equal(got, want)
	})
}

// eventually waits for a condition, for a server that works by the clock.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); !ok(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}

// TestServerRoles: what personal access tokens of a viewer and an editor may.
func TestServerRoles(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	r.create()
	id := r.add(stable(r.flag, "a"))
	const editorRole, viewerRole = 2, 3
	editor, viewer := r.personalToken(editorRole), r.personalToken(viewerRole)

	v := r.with(func(o *Options) { o.Token = viewer })
	r.must(v.Ping(ctx))
	if f := v.read(); len(f.Strategies) != 1 {
		t.Errorf("a viewer reads %+v", f)
	}
	all, err := v.Export(ctx)
	if _, ok := all[r.flag]; !ok || err != nil {
		t.Errorf("a viewer's export has the flag: %v, %v", ok, err)
	}
	for name, write := range map[string]func(context.Context) error{
		"Create":  func(ctx context.Context) error { return v.Create(ctx, flags.New{Name: r.flag + "2", Prompt: "xx"}) },
		"Add":     func(ctx context.Context) error { _, err := v.Add(ctx, r.flag, stable(r.flag, "b")); return err },
		"Patch":   func(ctx context.Context) error { return v.Patch(ctx, r.flag, id, flags.Patch{Rollout: new(int)}) },
		"Reorder": func(ctx context.Context) error { return v.Reorder(ctx, r.flag, map[string]int{id: 1}) },
		"Delete":  func(ctx context.Context) error { return v.Delete(ctx, r.flag, id) },
		"Switch":  func(ctx context.Context) error { return v.Switch(ctx, r.flag, true) },
		"Link":    func(ctx context.Context) error { return v.Link(ctx, r.flag, "https://example.com/1", "1") },
	} {
		err := write(ctx)
		t.Logf("%s: %v", name, err)
		if err == nil || !strings.Contains(err.Error(), "may read but not do that: give them the Editor role") || strings.Contains(err.Error(), viewer) {
			t.Errorf("%s of a viewer: %v", name, err)
		}
	}

	e := r.with(func(o *Options) { o.Token = editor })
	e.flag += "3"
	e.create()
	e.add(stable(e.flag, "a"))
	r.must(e.Switch(ctx, e.flag, true))
	r.must(e.Link(ctx, e.flag, "https://example.com/1", "1"))
	e.wantOrder("stable", true)
	wantError(t, e.with(func(o *Options) { o.Token, o.Project = editor, "other" }).Ping(ctx), flags.ErrNotFound)
}

// personalToken makes a user with that root role, logs in and makes a token.
func (r *real) personalToken(role int) string {
	r.t.Helper()
	name, password := fmt.Sprint(strings.ReplaceAll(r.flag, ".", "-"), role), "Promptflag-Test-1!"
	r.ui(http.MethodPost, "user-admin", map[string]any{"username": name, "email": name + "@example.com", "name": name, "rootRole": role, "sendEmail": false, "password": password})
	jar, err := cookiejar.New(nil)
	r.must(err)
	session := &http.Client{Jar: jar}
	post := func(path string, body map[string]string) []byte {
		data, err := json.Marshal(body)
		r.must(err)
		res, err := session.Post(r.server.URL+path, "application/json", strings.NewReader(string(data)))
		r.must(err)
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 300 {
			r.t.Fatalf("POST %s: %s, %v: %s", path, res.Status, err, answer)
		}
		return answer
	}
	post("/auth/simple/login", map[string]string{"username": name, "password": password})
	var token struct {
		Secret string `json:"secret"`
	}
	answer := post("/api/admin/user/tokens", map[string]string{"description": "ci", "expiresAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	r.must(json.Unmarshal(answer, &token))
	if !strings.HasPrefix(token.Secret, "user:") {
		r.t.Fatal("the server made no personal token")
	}
	return token.Secret
}
