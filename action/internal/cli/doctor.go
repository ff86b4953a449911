package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/doctor"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

type doctorCmd struct {
	Environment []string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Only these environments."`
	Write       bool     `help:"Also try to write: one small object per bucket, one flag per environment that is deleted again."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

// Help is the end of promptflag doctor --help.
func (doctorCmd) Help() string {
	return `Looks at promptflag.toml, flag servers and the rights of their tokens, buckets, git, the protection of the branch, the workflow, code owners, clocks and the keys of models. Each line is ok, warn, FAIL or could not tell, with the fix below.

Reads only, unless --write is said. Exit code 0: nothing failed; 1: something did; 4: something could not be told.`
}

func (c doctorCmd) Run(ctx context.Context, s *session) error {
	checks, err := c.examine(ctx, s)
	if err != nil {
		return err
	}
	if c.JSON {
		err = s.json(checks)
	} else {
		err = c.print(s, checks)
	}
	if err != nil {
		return err
	}
	switch doctor.Worst(checks) {
	case doctor.Fail:
		return refusal{errPrinted}
	case doctor.CannotTell:
		return cannotTell{errors.New("some of it could not be told, see above")}
	}
	return nil
}

func (c doctorCmd) examine(ctx context.Context, s *session) ([]doctor.Check, error) {
	root, err := s.openRoot()
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(root.FS(), s.dir())
	if err != nil {
		fix := "correct promptflag.toml; promptflag schema config describes it"
		if _, statErr := root.Stat(config.FileName); errors.Is(statErr, fs.ErrNotExist) {
			fix = "promptflag init writes one"
		}
		var found []doctor.Check
		if findings, ok := errors.AsType[prompts.Findings](err); ok {
			for _, f := range findings {
				found = append(found, doctor.Check{About: "configuration", Result: doctor.Fail, Found: prompts.Findings{f}.Error(), Fix: fix})
			}
			return found, nil
		}
		return append(found, doctor.Check{About: "configuration", Result: doctor.Fail, Found: err.Error(), Fix: fix}), nil
	}
	envs, err := environments(cfg, c.Environment)
	if err != nil {
		return nil, err
	}
	in := doctor.Input{
		FS: root.FS(), Config: cfg, Environments: envs, Getenv: s.Getenv, Now: s.Now, Write: c.Write, ID: s.NewID(),
		AdminToken:  func(e config.Environment) (string, string) { return s.namedToken("UNLEASH_ADMIN_TOKEN", e) },
		ClientToken: func(e config.Environment) (string, string) { return s.namedToken("UNLEASH_CLIENT_TOKEN", e) },
		// Not those of the session: several are opened at once.
		Bucket:   func(ctx context.Context, url string) (*store.Bucket, error) { return openBucket(ctx, url) },
		Finder:   s.finder(s.dir()),
		Checkout: s.checkout(ctx, s.dir()),
		Top:      root.FS(),
	}
	in.Protection = s.protection(in.Checkout.Host, in.Checkout.Repository)
	if top := in.Checkout.Top; top != "" {
		if dir, err := filepath.EvalSymlinks(s.dir()); err == nil {
			if rel, err := filepath.Rel(top, dir); err == nil && filepath.IsLocal(rel) && rel != "." {
				above, err := os.OpenRoot(top)
				if err != nil {
					return nil, usageError{fmt.Errorf("open the checkout: %w", err)}
				}
				defer above.Close()
				in.Top, in.Below = above.FS(), filepath.ToSlash(rel)+"/"
			}
		}
	}
	return doctor.Run(ctx, in), nil
}

// protection asks GitHub, if there is a token and it is meant for there.
func (s *session) protection(host, repository string) func(context.Context, http.RoundTripper, string) (github.Protection, error) {
	token := cmp.Or(s.gitHubToken(), s.Getenv("GH_TOKEN"))
	api := s.Getenv("GITHUB_API_URL")
	if r := s.Getenv("GITHUB_REPOSITORY"); r != "" {
		repository = r
	}
	if token == "" || repository == "" || api == "" && host != "github.com" {
		return nil
	}
	return func(ctx context.Context, via http.RoundTripper, branch string) (github.Protection, error) {
		client, err := github.NewClient(github.ClientOptions{
			APIURL: api, Token: token, Repository: repository, HTTP: &http.Client{Transport: via}, Now: s.Now,
			MaxWait: 5 * time.Second, Timeout: 15 * time.Second,
		})
		if err != nil {
			return github.Protection{}, err
		}
		return client.Protection(ctx, branch)
	}
}

// print writes a line for each, and the fix below.
func (c doctorCmd) print(s *session, checks []doctor.Check) error {
	words := map[doctor.Result]string{doctor.OK: "ok", doctor.Warn: "warn", doctor.Fail: "FAIL", doctor.CannotTell: "could not tell"}
	count := map[doctor.Result]int{}
	width := 0
	for _, k := range checks {
		width = max(width, len(k.About))
	}
	var b strings.Builder
	for _, k := range checks {
		count[k.Result]++
		fmt.Fprintf(&b, "%-14s  %-*s  ", words[k.Result], width, k.About)
		if len(k.Environments) > 0 {
			fmt.Fprintf(&b, "%s: ", strings.Join(k.Environments, ", "))
		}
		b.WriteString(wording.Line(k.Found) + "\n")
		if k.Fix != "" {
			fmt.Fprintf(&b, "%-14s  %-*s  → %s\n", "", width, "", wording.Line(k.Fix))
		}
	}
	fmt.Fprintf(&b, "%d ok, %d to look at, %d failed, %d could not be told\n", count[doctor.OK], count[doctor.Warn], count[doctor.Fail], count[doctor.CannotTell])
	_, err := s.Stdout.Write([]byte(b.String()))
	return err
}
