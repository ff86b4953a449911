package doctor

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
)

// fake answers as Unleash does, and its clock runs with the test's.
type fake struct {
	at time.Time
	// answers by path below /api; a status alone is a string of digits.
	answers map[string]string
}

func newFake(at time.Time) *fake {
	return &fake{at: at, answers: map[string]string{
		"/admin/user":                                    `{"user":{"accountType":"User","name":"prompts bot"},"permissions":[{"permission":"ADMIN"}]}`,
		"/admin/user/tokens":                             `{"pats":[{"expiresAt":"2100-01-01T00:00:00Z"}]}`,
		"/admin/ui-config":                               `{"environment":"Open Source","version":"8.2.0"}`,
		"/admin/environments":                            `{"environments":[{"name":"production","enabled":true}]}`,
		"/admin/projects/default/overview":               `{"environments":[{"environment":"production"}]}`,
		"/admin/projects/default/change-requests/config": `404`,
		"/admin/features-batch/export":                   `{"features":[{"name":"a","project":"default"}],"featureStrategies":[{"featureName":"a","name":"flexibleRollout","parameters":{"promptflag":"stable","promptflagId":"a/production/x-y"}}],"featureEnvironments":[{"featureName":"a","environment":"production","enabled":true}]}`,
		"/admin/tag-types":                               `{"tagTypes":[{"name":"simple"}]}`,
		"/client/features":                               `{"version":2,"features":[]}`,
	}}
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, ok := f.answers[strings.TrimPrefix(r.URL.Path, "/api")]
	status := http.StatusOK
	switch {
	case body == "refused":
		return nil, errors.New("connection refused")
	case !ok || body == "404":
		status, body = http.StatusNotFound, `{"name":"NotFoundError","message":"not there"}`
	case body == "401":
		status, body = http.StatusUnauthorized, `{"name":"UnauthorizedError","message":"You must log in to use Unleash."}`
	case body == "403":
		status, body = http.StatusForbidden, `{"message":"invalid token: expected a different token type for this endpoint"}`
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Date": {f.at.UTC().Format(http.TimeFormat)}, "Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func TestUnleash(t *testing.T) {
	answer := func(path, body string) func(*Input, *fake) {
		return func(_ *Input, f *fake) { f.answers[path] = body }
	}
	admin := func(token string) func(*Input, *fake) {
		return func(in *Input, _ *fake) {
			in.AdminToken = func(config.Environment) (string, string) { return token, "UNLEASH_ADMIN_TOKEN" }
		}
	}
	client := func(token string) func(*Input, *fake) {
		return func(in *Input, _ *fake) {
			in.ClientToken = func(config.Environment) (string, string) { return token, "UNLEASH_CLIENT_TOKEN" }
		}
	}
	soon := time.Now().AddDate(0, 0, 10).UTC().Format(time.DateOnly)
	for name, tc := range map[string]struct {
		change func(*Input, *fake)
		about  string
		result Result
		words  string
	}{
		"no token":        {admin(""), "unleash token", Fail, "UNLEASH_ADMIN_TOKEN is not set"},
		"backend token":   {admin("default:production.secret"), "unleash token", Fail, "backend or frontend token"},
		"unknown token":   {answer("/admin/user", "401"), "unleash token", Fail, "401"},
		"frontend token":  {answer("/admin/user", "403"), "unleash token", Fail, "403"},
		"away":            {answer("/admin/user", "refused"), "unleash token", CannotTell, "connection refused"},
		"admin token":     {answer("/admin/user", `{"user":{"type":"admin","username":"admin","secret":"*:*.secret"},"permissions":[{"permission":"ADMIN"}]}`), "unleash token", Warn, "admin token"},
		"service account": {answer("/admin/user", `{"user":{"accountType":"Service Account","name":"ci"},"permissions":[{"permission":"ADMIN"}]}`), "unleash token", OK, `service account "ci"`},
		"expires":         {answer("/admin/user/tokens", `{"pats":[{"expiresAt":"`+soon+`T00:00:00Z"}]}`), "unleash token", Warn, "expires on " + soon},
		"viewer":          {answer("/admin/user", `{"user":{"name":"v"},"permissions":[]}`), "unleash rights", Fail, "CREATE_FEATURE"},
		"other project":   {answer("/admin/user", `{"user":{"name":"v"},"permissions":[{"permission":"CREATE_FEATURE","project":"other"}]}`), "unleash rights", Fail, "CREATE_FEATURE"},
		"old":             {answer("/admin/ui-config", `{"version":"6.10.1"}`), "unleash version", Fail, "6.10.1"},
		"new":             {answer("/admin/ui-config", `{"version":"9.0.0"}`), "unleash version", Warn, "9.0.0"},
		"no version":      {answer("/admin/ui-config", `{"version":"dev"}`), "unleash version", CannotTell, "dev"},
		"no project":      {answer("/admin/projects/default/overview", "404"), "unleash environment", Fail, "404"},
		"no environment":  {answer("/admin/projects/default/overview", `{"environments":[{"environment":"live"}]}`), "unleash environment", Fail, "not found"},
		"disabled":        {answer("/admin/environments", `{"environments":[{"name":"production","enabled":false}]}`), "unleash environment", Fail, "disabled"},
		"not told":        {answer("/admin/environments", "refused"), "unleash environment", CannotTell, "connection refused"},
		"change requests": {func(in *Input, f *fake) {
			f.answers["/admin/projects/default/change-requests/config"] = `[{"environment":"production","changeRequestEnabled":true}]`
			f.answers["/admin/user"] = `{"user":{"name":"v"},"permissions":[]}`
		}, "unleash change requests", Fail, "they are on"},
		"may skip": {answer("/admin/projects/default/change-requests/config", `[{"environment":"production","changeRequestEnabled":true}]`), "unleash change requests", OK, "may skip"},
		"naming": {func(in *Input, f *fake) {
			f.answers["/admin/projects/default/overview"] = `{"environments":[{"environment":"production"}],"featureNaming":{"pattern":"[A-Z]+"}}`
			in.FS = fstest.MapFS{"prompts/a.toml": {Data: []byte("model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"x\"\n")}}
		}, "unleash naming", Fail, "refuses the name of flag a,"},
		"naming unread": {answer("/admin/projects/default/overview", `{"environments":[{"environment":"production"}],"featureNaming":{"pattern":"(?=a)b"}}`), "unleash naming", CannotTell, "pattern"},
		"no tag type": {answer("/admin/user", `{"user":{"name":"v"},"permissions":[{"permission":"CREATE_FEATURE","project":"default"},{"permission":"UPDATE_FEATURE","project":"default"},{"permission":"CREATE_FEATURE_STRATEGY","project":"default","environment":"production"},{"permission":"UPDATE_FEATURE_STRATEGY","project":"default","environment":"production"},{"permission":"DELETE_FEATURE_STRATEGY","project":"default","environment":"production"},{"permission":"UPDATE_FEATURE_ENVIRONMENT","project":"default","environment":"production"}]}`),
			"unleash rights", Fail, "no tag type promptflag"},
		"no flag yet":      {answer("/admin/features-batch/export", `{"features":[]}`), "unleash role parameter", Warn, "not tried"},
		"client reads":     {client("default:production.secret"), "unleash client token", OK, "reads the feed"},
		"client personal":  {client("user:secret"), "unleash client token", Fail, "personal access token"},
		"client admin":     {client("*:*.secret"), "unleash client token", Fail, "admin token"},
		"client elsewhere": {client("default:development.secret"), "unleash client token", Fail, "environment development"},
		"client shared": {func(in *Input, f *fake) {
			client("default:development.secret")(in, f)
			in.Config = &config.Config{Environments: append([]config.Environment{{Name: "development", UnleashEnvironment: "development", UnleashURL: in.Environments[0].UnleashURL}}, in.Environments...)}
		}, "unleash client token", Warn, "a token of environment development"},
		"client refused": {func(in *Input, f *fake) {
			client("default:production.secret")(in, f)
			f.answers["/client/features"] = "401"
		}, "unleash client token", Fail, "401"},
		"clock":         {func(_ *Input, f *fake) { f.at = f.at.Add(time.Minute) }, "clock", Warn, "ahead of"},
		"clock far off": {func(_ *Input, f *fake) { f.at = f.at.Add(-time.Hour) }, "clock", Fail, "behind"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := Run(t.Context(), input(t, nil, func(in *Input) { tc.change(in, in.Transport.(*fake)) }))
			want(t, all, tc.about, tc.result, tc.words)
			if strings.Contains(text(all), "secret") {
				t.Errorf("a token is printed:\n%s", text(all))
			}
		})
	}
}
