package publish

import (
	"net/http"
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
	s.Admin(t, http.MethodDelete, "/api/admin/projects/default/features/"+flag, nil)
}

func (s server) clone(t *testing.T, flag, to string) {
	s.Admin(t, http.MethodPost, "/api/admin/projects/default/features/"+flag+"/clone", map[string]any{"name": to, "replaceGroupId": true})
}
