package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/cloud"
)

// TestRealServers: each kind of token on a real Unleash, and a real bucket that
// is tried out; no flag stays behind.
func TestRealServers(t *testing.T) {
	s, bucket := teststack.Unleash(t), teststack.S3(t)
	prefix := teststack.Prefix(t)
	editor, viewer := user(t, s, prefix+"ed", 2), user(t, s, prefix+"vi", 3)
	config := func(environment string) *fstest.MapFile {
		return &fstest.MapFile{Data: fmt.Appendf(nil, "bucket = %q\n[unleash]\nurl = %q\nflag_prefix = %q\n[environments.%s]\n", bucket, s.URL, prefix, environment)}
	}
	examine := func(admin, client, environment string, write bool) []Check {
		return Run(t.Context(), input(t, fstest.MapFS{"promptflag.toml": config(environment)}, func(in *Input) {
			in.AdminToken = token(admin, "UNLEASH_ADMIN_TOKEN")
			in.ClientToken = token(client, "UNLEASH_CLIENT_TOKEN")
			in.Bucket = func(ctx context.Context, url string) (*store.Bucket, error) { return cloud.Open(ctx, url) }
			in.Transport, in.Write, in.ID = nil, write, strings.Trim(prefix, ".-")
		}))
	}
	none := func(all []Check, secrets ...string) {
		t.Helper()
		for _, secret := range secrets {
			if strings.Contains(text(all), secret) {
				t.Errorf("a token is printed:\n%s", text(all))
			}
		}
	}

	all := examine(editor, s.ProductionToken, "production", true)
	for _, about := range []string{"unleash token", "unleash client token", "unleash version", "unleash environment", "unleash rights", "unleash change requests",
		"unleash role parameter", "bucket read", "bucket write", "bucket conditional write", "clock"} {
		want(t, all, about, OK, "")
	}
	none(all, editor, s.ProductionToken)
	if strings.Contains(text(all), "unleash probe") {
		t.Errorf("the probe stayed:\n%s", text(all))
	}
	if names := flagsOf(t, s, prefix); len(names) != 0 {
		t.Errorf("flags %q are left", names)
	}

	all = examine(viewer, s.DevelopmentToken, "production", false)
	want(t, all, "unleash rights", Fail, "CREATE_FEATURE")
	want(t, all, "unleash client token", Fail, "environment development")
	none(all, viewer, s.DevelopmentToken)
	want(t, examine(s.AdminToken, "", "production", false), "unleash token", Warn, "admin token")
	want(t, examine(s.ProductionToken, "", "production", false), "unleash token", Fail, "backend or frontend token")
	want(t, examine("user:nobody", "", "production", false), "unleash token", Fail, "401")
	want(t, examine("0123456789", "", "production", false), "unleash token", Fail, "401")
	want(t, examine(editor, "default:production.nobody", "production", false), "unleash client token", Fail, "401")
	want(t, examine(editor, "", "staging", false), "unleash environment", Fail, "not found")
}

func token(token, variable string) func(config.Environment) (string, string) {
	return func(config.Environment) (string, string) { return token, variable }
}

// user makes a user and returns a personal access token of theirs.
func user(t *testing.T, s teststack.Server, name string, role int) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	session := &http.Client{Jar: jar}
	const password = "Kx9-very-long-pass"
	ask(t, http.DefaultClient, s, http.MethodPost, "/api/admin/user-admin", map[string]any{"username": name, "name": name, "rootRole": role, "sendEmail": false, "password": password}, nil)
	ask(t, session, s, http.MethodPost, "/auth/simple/login", map[string]any{"username": name, "password": password}, nil)
	var doc struct{ Secret string }
	ask(t, session, s, http.MethodPost, "/api/admin/user/tokens", map[string]any{"description": "doctor", "expiresAt": "2100-01-01T00:00:00Z"}, &doc)
	return doc.Secret
}

// flagsOf are those with the prefix, archived ones too.
func flagsOf(t *testing.T, s teststack.Server, prefix string) (names []string) {
	t.Helper()
	for _, archived := range []string{"IS:false", "IS:true"} {
		var doc struct {
			Features []struct{ Name string }
		}
		ask(t, http.DefaultClient, s, http.MethodGet, "/api/admin/search/features?limit=100&archived="+archived+"&query="+prefix, nil, &doc)
		for _, f := range doc.Features {
			if strings.HasPrefix(f.Name, prefix) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

func ask(t *testing.T, c *http.Client, s teststack.Server, method, path string, body, answer any) {
	t.Helper()
	var data []byte
	var err error
	if body != nil {
		if data, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.Jar == nil {
		req.Header.Set("Authorization", s.AdminToken)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err = io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %.300s %v", method, path, res.StatusCode, data, err)
	}
	if answer != nil {
		if err := json.Unmarshal(data, answer); err != nil {
			t.Fatal(err)
		}
	}
}
