package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/origin"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/report"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// session is one run of a command: what it opened, and what it closes.
type session struct {
	Process
	directory string
	runner    *github.Runner

	root     *os.Root
	settings *config.Config // once it was read
	buckets  map[string]*store.Bucket
}

func (s *session) close() {
	for _, b := range s.buckets {
		b.Close()
	}
	if s.root != nil {
		s.root.Close()
	}
}

// dir is the root of the prompts repository as an absolute path.
func (s *session) dir() string {
	if filepath.IsAbs(s.directory) {
		return filepath.Clean(s.directory)
	}
	return filepath.Join(s.Dir, s.directory)
}

// openRoot confines every read of the repository to it, symbolic links
// included.
func (s *session) openRoot() (*os.Root, error) {
	if s.root != nil {
		return s.root, nil
	}
	root, err := os.OpenRoot(s.dir())
	if err != nil {
		return nil, usageError{fmt.Errorf("open the prompts repository: %w", err)}
	}
	s.root = root
	return root, nil
}

func (s *session) config() (*config.Config, error) {
	if s.settings != nil {
		return s.settings, nil
	}
	root, err := s.openRoot()
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(root.FS(), s.dir())
	if findings := (prompts.Findings)(nil); errors.As(err, &findings) {
		s.annotate(findings)
		return nil, usageError{findings}
	}
	if err != nil {
		if up := s.rootAbove(); up != "" && s.directory == "." {
			err = fmt.Errorf("no %s in %s, there is one in %s: cd %s, or promptflag -C %s", config.FileName, s.dir(), up+string(filepath.Separator), up, up)
		}
		return nil, usageError{err}
	}
	s.settings = cfg
	return cfg, nil
}

// annotate shows findings on the lines of a pull request and in the summary,
// which lists those too for which GitHub has no place: it shows ten per step.
func (s *session) annotate(findings prompts.Findings) {
	if len(findings) == 0 {
		return
	}
	s.runner.Findings(findings, s.prefix())
	if s.runner == nil {
		return
	}
	var b strings.Builder
	report.FindingsMarkdown(&b, findings)
	s.runner.Summary(b.String()) // the findings are the error to report
}

// prefix is the way from the root of the checkout, from which GitHub counts,
// to the prompts repository.
func (s *session) prefix() string {
	for _, base := range []string{s.Getenv("GITHUB_WORKSPACE"), s.Dir} {
		if rel, err := filepath.Rel(base, s.dir()); err == nil && filepath.IsLocal(rel) && rel != "." {
			return filepath.ToSlash(rel)
		}
	}
	return ""
}

// environments are those named, or all.
func environments(cfg *config.Config, names []string) ([]config.Environment, error) {
	if len(names) == 0 {
		return cfg.Environments, nil
	}
	var out []config.Environment
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		e, ok := cfg.Lookup(name)
		if !ok {
			return nil, usageError{fmt.Errorf("there is no environment %q in %s: there are %s", name, config.FileName, strings.Join(cfg.Names(), ", "))}
		}
		if !slices.ContainsFunc(out, func(o config.Environment) bool { return o.Name == e.Name }) {
			out = append(out, e)
		}
	}
	return out, nil
}

// environments are those of promptflag.toml that are named, or all.
func (s *session) environments(names []string) (*config.Config, []config.Environment, error) {
	cfg, err := s.config()
	if err != nil {
		return nil, nil, err
	}
	envs, err := environments(cfg, names)
	return cfg, envs, err
}

// secretless reports whether there is an environment whose server cannot be asked:
// pull requests from forks are given no secrets.
func (s *session) secretless(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.Environments, func(e config.Environment) bool {
		_, embedded := e.Embedded()
		return !embedded && s.adminToken(e) == ""
	})
}

// targets opens flags and bucket of each environment.
func (s *session) targets(ctx context.Context, envs []config.Environment) (map[string]plan.Target, error) {
	targets := map[string]plan.Target{}
	for _, e := range envs {
		bucket, err := s.bucket(ctx, e.Bucket)
		if err != nil {
			return nil, fmt.Errorf("environment %s: %w", e.Name, err)
		}
		server, err := s.flags(e)
		if err != nil {
			return nil, fmt.Errorf("environment %s: %w", e.Name, err)
		}
		targets[e.Name] = plan.Target{Flags: server, Bucket: bucket}
	}
	return targets, nil
}

// bucketPatience is the longest that one call of a bucket may take.
const bucketPatience = time.Minute

func (s *session) bucket(ctx context.Context, url string) (*store.Bucket, error) {
	if b, ok := s.buckets[url]; ok {
		return b, nil
	}
	b, err := openBucket(ctx, url)
	if err != nil {
		return nil, err
	}
	b = b.Within(bucketPatience)
	if s.buckets == nil {
		s.buckets = map[string]*store.Bucket{}
	}
	s.buckets[url] = b
	return b, nil
}

func (s *session) flags(e config.Environment) (plan.Flags, error) {
	if dir, ok := e.Embedded(); ok {
		return flagsfile.New(dir, e.UnleashEnvironment, &flagsfile.Options{Project: e.Project})
	}
	token := s.adminToken(e)
	if token == "" {
		return nil, usageError{errors.New("no admin token: set UNLEASH_ADMIN_TOKEN to a personal access token of an Unleash user who may edit flags")}
	}
	client, err := unleashadmin.New(unleashadmin.Options{
		URL: e.UnleashURL, Project: e.Project, Environment: e.UnleashEnvironment, Token: token,
	})
	if err != nil {
		return nil, err
	}
	return client, nil
}

// adminToken is for writing flags.
func (s *session) adminToken(e config.Environment) string {
	return s.token("UNLEASH_ADMIN_TOKEN", e)
}

// token prefers the variable that names the environment, such as
// UNLEASH_CLIENT_TOKEN_PRODUCTION: backend tokens are for one environment, and
// environments may be on different servers.
func (s *session) token(variable string, e config.Environment) string {
	token, _ := s.namedToken(variable, e)
	return token
}

// namedToken is token, and the variable that it is or should be in.
func (s *session) namedToken(variable string, e config.Environment) (token, name string) {
	if t := s.Getenv(ofEnvironment(variable, e)); t != "" {
		return t, ofEnvironment(variable, e)
	}
	return s.Getenv(variable), variable
}

func ofEnvironment(variable string, e config.Environment) string {
	return variable + "_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", "~", "_").Replace(e.Name))
}

func (s *session) origin(ctx context.Context, reason string) (plan.Origin, origin.Finder) {
	f := s.finder(s.dir())
	return f.Find(ctx, reason), f
}
