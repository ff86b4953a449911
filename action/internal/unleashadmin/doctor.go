package unleashadmin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// AccountKind is what a token belongs to.
type AccountKind string

// The kinds of account.
const (
	Person  AccountKind = "user"            // a personal access token
	Service AccountKind = "service account" // Enterprise
	Admin   AccountKind = "admin token"     // of nobody; events say "admin"
)

// Account is whom the server takes the token for.
type Account struct {
	Kind AccountKind
	Name string // as the server shows it; what somebody typed
	// Expires is when the token does; zero if it does not or the server does not
	// say which of several it is.
	Expires     time.Time
	permissions []permission
}

type permission struct {
	Permission  string `json:"permission"`
	Project     string `json:"project"`
	Environment string `json:"environment"`
}

// writes are the permissions that publish needs, and whether they are those of
// one environment.
var writes = []struct {
	name          string
	inEnvironment bool
}{
	{"CREATE_FEATURE", false}, {"UPDATE_FEATURE", false},
	{"CREATE_FEATURE_STRATEGY", true}, {"UPDATE_FEATURE_STRATEGY", true}, {"DELETE_FEATURE_STRATEGY", true},
	{"UPDATE_FEATURE_ENVIRONMENT", true},
}

// SkipsChangeRequests is the permission to do so in this environment.
func (c *Client) SkipsChangeRequests(a Account) bool {
	return c.may(a, "SKIP_CHANGE_REQUEST", true)
}

// Lacks are the permissions that publishing into the client's project and
// environment needs and the account does not have.
func (c *Client) Lacks(a Account) (names []string) {
	for _, w := range writes {
		if !c.may(a, w.name, w.inEnvironment) {
			names = append(names, w.name)
		}
	}
	return names
}

func (c *Client) may(a Account, name string, inEnvironment bool) bool {
	return slices.ContainsFunc(a.permissions, func(p permission) bool {
		all := func(have, want string) bool { return have == "" || have == "*" || have == want }
		return p.Permission == "ADMIN" ||
			p.Permission == name && all(p.Project, c.project) && (!inEnvironment || all(p.Environment, c.environment))
	})
}

// Account asks who the token belongs to. The answer of the server may hold the
// token itself; it is not kept.
func (c *Client) Account(ctx context.Context) (Account, error) {
	var doc struct {
		User struct {
			Type        string `json:"type"`
			AccountType string `json:"accountType"`
			Name        string `json:"name"`
			Username    string `json:"username"`
			Email       string `json:"email"`
		} `json:"user"`
		Permissions []permission `json:"permissions"`
	}
	if err := c.call(ctx, request{op: "ask who the token belongs to", method: http.MethodGet, path: "user"}, &doc); err != nil {
		return Account{}, err
	}
	a := Account{Kind: Person, permissions: doc.Permissions}
	for _, name := range []string{doc.User.Name, doc.User.Username, doc.User.Email} {
		if a.Name == "" {
			a.Name = name
		}
	}
	switch {
	case doc.User.Type == "admin":
		a.Kind = Admin
		return a, nil
	case doc.User.AccountType == "Service Account":
		a.Kind = Service
		return a, nil
	}
	var tokens struct {
		Pats []struct {
			ExpiresAt time.Time `json:"expiresAt"`
		} `json:"pats"`
	}
	r := request{op: "ask when the token expires", method: http.MethodGet, path: "user/tokens"}
	if err := c.call(ctx, r, &tokens); err == nil && len(tokens.Pats) == 1 {
		a.Expires = tokens.Pats[0].ExpiresAt
	}
	return a, nil
}

// CanTag reports whether new flags can get their tag: the server has the type,
// or the account may make it.
func (c *Client) CanTag(ctx context.Context, a Account) (bool, error) {
	if c.may(a, "CREATE_TAG_TYPE", false) {
		return true, nil
	}
	var doc struct {
		TagTypes []struct {
			Name string `json:"name"`
		} `json:"tagTypes"`
	}
	if err := c.call(ctx, request{op: "look up tag type " + flags.TagType, method: http.MethodGet, path: "tag-types"}, &doc); err != nil {
		return false, err
	}
	for _, t := range doc.TagTypes {
		if t.Name == flags.TagType {
			return true, nil
		}
	}
	return false, nil
}

// Naming is the pattern that the project demands of names of flags, an
// expression of JavaScript; "" is none.
func (c *Client) Naming(ctx context.Context) (pattern string, err error) {
	var doc struct {
		Naming struct {
			Pattern string `json:"pattern"`
		} `json:"featureNaming"`
	}
	err = c.call(ctx, request{op: "look up project " + c.project, method: http.MethodGet, path: path("projects", c.project, "overview")}, &doc)
	return doc.Naming.Pattern, err
}

// About is what the server says about itself.
type About struct {
	Version string // 7.6.5
	Edition string // Open Source, Pro, Enterprise
}

// About asks for version and edition.
func (c *Client) About(ctx context.Context) (About, error) {
	var doc struct {
		Environment string `json:"environment"`
		Version     string `json:"version"`
	}
	if err := c.call(ctx, request{op: "ask for the version", method: http.MethodGet, path: "ui-config"}, &doc); err != nil {
		return About{}, err
	}
	if doc.Version == "" {
		return About{}, &Error{Op: "ask for the version", Status: http.StatusOK, Err: errNotUnleash}
	}
	return About{doc.Version, doc.Environment}, nil
}

// EnvironmentEnabled reports whether the environment is, for all projects.
func (c *Client) EnvironmentEnabled(ctx context.Context) (bool, error) {
	var doc struct {
		Environments []struct {
			Name    string `json:"name"`
			Enabled bool   `json:"enabled"`
		} `json:"environments"`
	}
	op := "look up environment " + c.environment
	if err := c.call(ctx, request{op: op, method: http.MethodGet, path: "environments"}, &doc); err != nil {
		return false, err
	}
	var names []string
	for _, e := range doc.Environments {
		if e.Name == c.environment {
			return e.Enabled, nil
		}
		names = append(names, e.Name)
	}
	return false, c.noEnvironment(op, names)
}

// ChangeRequests reports whether the environment of the project wants them. An
// edition without them does not.
func (c *Client) ChangeRequests(ctx context.Context) (on bool, err error) {
	var doc []struct {
		Environment string `json:"environment"`
		Enabled     bool   `json:"changeRequestEnabled"`
	}
	r := request{op: "ask for change requests", method: http.MethodGet, path: path("projects", c.project, "change-requests", "config")}
	err = c.call(ctx, r, &doc)
	if isStatus(err, http.StatusNotFound) {
		return false, nil
	}
	for _, e := range doc {
		on = on || e.Environment == c.environment && e.Enabled
	}
	return on, err
}

// TryParameters makes a flag of that name, which nobody has, with one disabled
// strategy that carries the role parameter, and reports whether the server
// kept it. The flag is archived and deleted again, also after an error; the
// event log of the server remembers it. leftover says why it could not be.
func (c *Client) TryParameters(ctx context.Context, flag string) (kept bool, leftover, err error) {
	err = c.Create(ctx, flags.New{Name: flag, Prompt: flag, Description: "A probe of promptflag doctor; it may be deleted."})
	if err != nil {
		return false, nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		leftover = c.removeProbe(ctx, flag)
	}()
	s := flags.Build(flags.Candidate, flag, flags.ID(flag, c.environment, "000000000000", "doctor"), flag+"@sha256:", "000000000000", "doctor", 0, "default")
	s.Disabled = true
	if _, err := c.Add(ctx, flag, s); err != nil {
		return false, nil, err
	}
	read, err := c.Read(ctx, flag)
	if err != nil {
		return false, nil, err
	}
	return keepsParameters(read.Strategies, s.Parameters), nil, nil
}

// keepsParameters reports whether one of the strategies has all of them.
func keepsParameters(list []flags.Strategy, want map[string]string) bool {
	return slices.ContainsFunc(list, func(s flags.Strategy) bool {
		for k, v := range want {
			if s.Parameters[k] != v {
				return false
			}
		}
		return true
	})
}

func (c *Client) removeProbe(ctx context.Context, flag string) error {
	err := c.call(ctx, request{op: "archive flag " + flag, method: http.MethodDelete, path: c.flag(flag)}, nil)
	if err != nil {
		return err
	}
	r := request{
		op: "delete flag " + flag, method: http.MethodPost, path: path("projects", c.project, "delete"), again: true,
		body: map[string]any{"features": []string{flag}},
	}
	if err := c.call(ctx, r, nil); err != nil {
		return err
	}
	_, err = c.feature(ctx, r.op, flag)
	if err == nil || !errors.Is(err, flags.ErrNotFound) {
		return fmt.Errorf("unleash: %s: it is still there", r.op)
	}
	return nil
}
