package main

// The server here is a hand-made fake: a real Unleash cannot be made to answer
// these errors on demand.

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/cli"
)

// TestServerFaults: whatever the flag server does, a command ends with exit
// code 3 and one line that says what to do; the token is not in it.
func TestServerFaults(t *testing.T) {
	const token = "user:3f1c0ffee3f1c0ffee3f1c0ffee3f1c0ffee"
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	tests := []struct {
		name   string
		token  string
		server http.HandlerFunc // nil: nobody listens
		want   string           // in the message
	}{
		{"down", token, nil, "reachable"},
		{"401", token, answer(401, `{"message":"no"}`), "UNLEASH_ADMIN_TOKEN"},
		{"403", token, answer(403, `{"message":"You need UPDATE_FEATURE"}`), "UNLEASH_ADMIN_TOKEN"},
		{"404", token, answer(404, `{"message":"nope"}`), "project default"},
		{"413", token, answer(413, `{"message":"request entity too large"}`), "413"},
		{"429", token, answer(429, `{"message":"Too many requests"}`), "again"},
		{"500", token, answer(500, `{"message":"boom"}`), "again"},
		{"503", token, answer(503, ``), "again"},
		{"not Unleash", token, answer(200, `<html>`), "Unleash"},
		{"change request", token, answer(403, `{"message":"Strategies can only be created through change requests for default environment production"}`), "change request"},
		{"backend token", "default:production.5ecre75ecre75ecre7", answer(200, `{}`), "backend"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := "http://127.0.0.1:1" // nobody listens there, and nobody will
			if tt.server != nil {
				server := httptest.NewServer(tt.server)
				defer server.Close()
				url = server.URL
			}
			dir := t.TempDir()
			if err := os.CopyFS(dir, example.FS()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "promptflag.toml")
			text := strings.ReplaceAll(read(t, path), "file://.promptflag/flags", url)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, command := range [][]string{{"plan"}, {"publish"}, {"status"}, {"off", "support.triage", "-e", "production"}} {
				p := cli.FromOS()
				var out, problem bytes.Buffer
				p.Args, p.Dir, p.Stdout, p.Stderr = command, dir, &out, &problem
				p.Getenv = func(key string) string {
					if key == "UNLEASH_ADMIN_TOKEN" {
						return tt.token
					}
					return ""
				}
				code := cli.Main(context.Background(), p)
				said := problem.String()
				if code != 3 || strings.Count(said, "\n") != 1 || !strings.Contains(said, tt.want) {
					t.Errorf("promptflag %v: exit code %d, want 3 and one line with %q, got\n%s", command, code, tt.want, said)
				}
				if secret := tt.token[len(tt.token)-8:]; strings.Contains(said+out.String(), secret) {
					t.Errorf("promptflag %v prints the token:\n%s", command, said)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, ".promptflag")); err == nil {
				t.Error("something was written to the bucket")
			}
		})
	}
}
