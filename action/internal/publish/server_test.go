package publish

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/internal/teststack"
)

// server is the site of a real Unleash.
type server struct{ teststack.Server }

func (s server) flags(t *testing.T, environment string) plan.Flags {
	c, err := unleashadmin.New(unleashadmin.Options{URL: s.URL, Environment: environment, Token: s.AdminToken})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s server) archive(t *testing.T, flag string) {
	s.call(t, http.MethodDelete, "/api/admin/projects/default/features/"+flag, "")
}

func (s server) clone(t *testing.T, flag, to string) {
	s.call(t, http.MethodPost, "/api/admin/projects/default/features/"+flag+"/clone", `{"name":"`+to+`","replaceGroupId":true}`)
}

// call does what the UI does and the client cannot.
func (s server) call(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", s.AdminToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("%s %s: %s: %s", method, path, res.Status, text)
	}
}
