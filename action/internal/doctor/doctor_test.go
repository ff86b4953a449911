package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/origin"
	"github.com/promptflag/promptflag/store"
)

// input is a repository in which all is well; change makes something of it
// wrong.
func input(t *testing.T, files fstest.MapFS, change func(*Input)) Input {
	t.Helper()
	if files == nil {
		files = fstest.MapFS{}
	}
	if _, ok := files["promptflag.toml"]; !ok {
		files["promptflag.toml"] = &fstest.MapFile{Data: []byte("bucket = \"s3://b\"\nunleash.url = \"http://unleash.invalid\"\n[environments.production]\n")}
	}
	cfg, err := config.Load(files, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	in := Input{
		FS: files, Top: files, Config: cfg, Environments: cfg.Environments, ID: "0a",
		Getenv:      func(string) string { return "" },
		Now:         func() time.Time { return at },
		AdminToken:  func(config.Environment) (string, string) { return "user:0123456789", "UNLEASH_ADMIN_TOKEN" },
		ClientToken: func(config.Environment) (string, string) { return "", "UNLEASH_CLIENT_TOKEN" },
		Bucket:      func(context.Context, string) (*store.Bucket, error) { return store.New(store.NewMem()), nil },
		Checkout:    origin.Checkout{Top: "/x", Branch: "main", Remote: "origin", Default: "main", Repository: "acme/prompts", Host: "github.com"},
		Protection: func(context.Context, http.RoundTripper, string) (github.Protection, error) {
			return github.Protection{Protected: true, RequiresPull: true, Approvals: 1, CodeOwners: true}, nil
		},
		Transport: newFake(at),
	}
	in.Finder = origin.Finder{Getenv: in.Getenv, Git: func(_ context.Context, args ...string) (string, error) {
		return "0123456789abcdef\trefs/heads/main", nil
	}}
	if change != nil {
		change(&in)
	}
	return in
}

// want demands a check with that result whose line has the words.
func want(t *testing.T, all []Check, about string, r Result, words string) {
	t.Helper()
	for _, c := range all {
		if c.About == about && c.Result == r && strings.Contains(c.Found, words) {
			if (c.Fix == "") != (r == OK) {
				t.Errorf("%s: %s, fix %q", about, r, c.Fix)
			}
			return
		}
	}
	t.Errorf("no %s %q with %q in\n%s", r, about, words, text(all))
}

func text(all []Check) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "%s %s %v: %s → %s\n", c.Result, c.About, c.Environments, c.Found, c.Fix)
	}
	return b.String()
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		".github/CODEOWNERS":            {Data: []byte("/prompts/ @acme/ai\n/promptflag.toml @acme/ai\n")},
		".github/workflows/prompts.yml": {Data: []byte(goodWorkflow)},
		"prompts/a.toml":                {Data: []byte("model = \"gpt-4o\"\n[[messages]]\nrole = \"user\"\ncontent = \"x\"\n")},
	}
	all := Run(t.Context(), input(t, files, func(in *Input) { in.Write = true }))
	if Worst(all) != OK {
		t.Errorf("%s\n%s", Worst(all), text(all))
	}
	for _, about := range []string{"configuration", "unleash token", "unleash version", "unleash environment", "unleash rights", "unleash change requests",
		"unleash role parameter", "bucket read", "bucket write", "bucket conditional write", "git", "branch protection", "workflow", "code owners", "clock"} {
		want(t, all, about, OK, "")
	}
}

// TestOneDead: a service that never answers hides nothing about the others.
func TestOneDead(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	defer close(over)
	all := Run(t.Context(), input(t, nil, func(in *Input) {
		in.Timeout = 2 * time.Second // in which the others answer, on a busy machine too
		in.Bucket = func(context.Context, string) (*store.Bucket, error) {
			<-over // a driver that does not heed its context
			return nil, errors.New("late")
		}
	}))
	want(t, all, "bucket", CannotTell, "no answer within 2s")
	want(t, all, "unleash rights", OK, "")
	want(t, all, "git", OK, "")
	if Worst(all) != CannotTell {
		t.Error(Worst(all))
	}
}

// refusing is a bucket that may be read and not written, or not even read.
type refusing struct {
	*store.Mem
	err error
}

func (r refusing) Create(context.Context, string, []byte, store.CreateOptions) error { return r.err }

type overwriting struct{ *store.Mem }

func (overwriting) Create(context.Context, string, []byte, store.CreateOptions) error { return nil }

func TestBuckets(t *testing.T) {
	for name, tc := range map[string]struct {
		backend store.Backend
		about   string
		result  Result
		words   string
	}{
		"read only":     {refusing{store.NewMem(), fs.ErrPermission}, "bucket write", Fail, "permission denied"},
		"away":          {refusing{store.NewMem(), errors.New("connection refused")}, "bucket write", CannotTell, "connection refused"},
		"no bucket":     {refusing{store.NewMem(), store.ErrNotFound}, "bucket write", Fail, "there is no such bucket"},
		"unconditional": {overwriting{store.NewMem()}, "bucket conditional write", Fail, "replaced"},
	} {
		t.Run(name, func(t *testing.T) {
			all := Run(t.Context(), input(t, nil, func(in *Input) {
				in.Write = true
				in.Bucket = func(context.Context, string) (*store.Bucket, error) { return store.New(tc.backend), nil }
			}))
			want(t, all, tc.about, tc.result, tc.words)
		})
	}
	t.Run("not opened", func(t *testing.T) {
		all := Run(t.Context(), input(t, nil, func(in *Input) {
			in.Bucket = func(context.Context, string) (*store.Bucket, error) { return nil, errors.New("no region") }
		}))
		want(t, all, "bucket", Fail, "no region")
	})
}

func TestGit(t *testing.T) {
	head := func(out string, err error) func(*Input) {
		return func(in *Input) {
			in.Finder.Git = func(context.Context, ...string) (string, error) { return out, err }
		}
	}
	for name, tc := range map[string]struct {
		change func(*Input)
		result Result
		words  string
	}{
		"no repository": {func(in *Input) { in.Checkout = origin.Checkout{} }, Warn, "not a git repository"},
		"no remote":     {func(in *Input) { in.Checkout.Remote = "" }, Warn, "no remote"},
		"other branch": {func(in *Input) {
			in.Checkout.Remote, in.Checkout.Branch = "", "trunk"
		}, Warn, "trunk is checked out"},
		"away":       {head("", errors.New("could not resolve host")), CannotTell, "could not resolve host"},
		"no branch":  {head("", nil), Fail, "has no branch main"},
		"other head": {func(in *Input) { in.Checkout.Default = "trunk" }, Warn, "default branch of origin is trunk"},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, Run(t.Context(), input(t, nil, tc.change)), "git", tc.result, tc.words)
		})
	}
}

func TestProtection(t *testing.T) {
	for name, tc := range map[string]struct {
		p      github.Protection
		err    error
		result Result
		words  string
	}{
		"none":      {github.Protection{}, nil, Warn, "whoever may push publishes"},
		"unknown":   {github.Protection{Protected: true, Unknown: "the details need a right"}, nil, CannotTell, "the details"},
		"no review": {github.Protection{Protected: true, RequiresPull: true}, nil, Warn, "without anybody's approval"},
		"no owners": {github.Protection{Protected: true, RequiresPull: true, Approvals: 2}, nil, Warn, "needs 2 approval"},
		"refused":   {github.Protection{}, github.ErrForbidden, CannotTell, ""},
		"away":      {github.Protection{}, errors.New("connection refused"), CannotTell, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			all := Run(t.Context(), input(t, nil, func(in *Input) {
				in.Protection = func(context.Context, http.RoundTripper, string) (github.Protection, error) { return tc.p, tc.err }
			}))
			want(t, all, "branch protection", tc.result, tc.words)
		})
	}
	want(t, Run(t.Context(), input(t, nil, func(in *Input) { in.Protection = nil })), "branch protection", Warn, "no token")
}

func TestOwners(t *testing.T) {
	for name, tc := range map[string]struct {
		file   string
		result Result
		words  string
	}{
		"none":        {"", Warn, "no CODEOWNERS"},
		"not all":     {"/prompts/ @acme/ai\n", Warn, "leaves promptflag.toml without"},
		"nobody":      {"* @acme/ai\n/prompts/\n", Warn, "leaves prompts/"},
		"placeholder": {"/prompts/ @you\n/promptflag.toml @you\n", Warn, "@you"},
		"all":         {"* @acme/ai\r\n", OK, "owners of all"},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			if tc.file != "" {
				files["CODEOWNERS"] = &fstest.MapFile{Data: []byte(tc.file)}
			}
			want(t, Run(t.Context(), input(t, files, nil)), "code owners", tc.result, tc.words)
		})
	}
}

func TestModelKeys(t *testing.T) {
	files := fstest.MapFS{
		"prompts/a.toml":      {Data: []byte("model = \"gpt-4o\"\n[[messages]]\nrole = \"user\"\ncontent = \"x\"\n")},
		"prompts/a.eval.toml": {Data: []byte("[judge]\nmodel = \"claude-x\"\n[[tests]]\nid = \"a\"\n[[tests.assert]]\ntype = \"llm-rubric\"\nvalue = \"good\"\n")},
	}
	all := Run(t.Context(), input(t, files, func(in *Input) {
		in.Getenv = func(key string) string { return map[string]string{"OPENAI_API_KEY": "sk-secret\n"}[key] }
	}))
	want(t, all, "model keys", Warn, "ANTHROPIC_API_KEY is not set, which claude-x needs")
	want(t, all, "model keys", Fail, "white space")
	if strings.Contains(text(all), "secret") {
		t.Error("the key is printed")
	}
}
