package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/promptflag/promptflag/action/internal/bundle"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

type bundleCmd struct {
	Names       []string `arg:"" optional:"" name:"name" help:"Prompts, or globs such as 'support.*'. Without any: all that are published."`
	Environment string   `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"The environment; may be left out if there is only one."`
	Out         string   `short:"o" required:"" placeholder:"DIR" help:"The directory to write: new, empty or an earlier bundle."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

func (c bundleCmd) Run(ctx context.Context, s *session) error {
	for _, glob := range c.Names {
		if _, err := path.Match(glob, ""); err != nil {
			return usageError{fmt.Errorf("glob %q: %w", glob, err)}
		}
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	env, err := oneEnvironment(cfg, c.Environment)
	if err != nil {
		return err
	}
	out := s.path(c.Out)
	before, err := bundle.Read(out, env.FlagPrefix)
	if err != nil {
		return foreign(err)
	}
	b, err := s.makeBundle(ctx, env, c.Names)
	if err != nil {
		return err
	}
	if err := b.Write(out); err != nil {
		return foreign(err)
	}
	changes := bundle.Compare(before, b.Prompts)
	if c.JSON {
		return s.json(bundled{Bytes: b.Bytes(), Prompts: changes})
	}
	return s.printBundle(c.Out, b, changes)
}

// bundled is what --json prints. A prompt without versions was in the bundle
// before and is not in this one.
type bundled struct {
	Bytes   int             `json:"bytes"`
	Prompts []bundle.Change `json:"prompts"`
}

// foreign makes a wrong --out out of a directory with something else in it.
func foreign(err error) error {
	if errors.Is(err, bundle.ErrForeign) {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	return err
}

// makeBundle reads feed and bucket with what a service has, its client token.
func (s *session) makeBundle(ctx context.Context, env config.Environment, names []string) (*bundle.Bundle, error) {
	o := unleashflags.Options{
		URL: env.UnleashURL, Token: s.clientToken(env), Environment: env.UnleashEnvironment, Project: env.Project,
		AppName: "promptflag-bundle", Timeout: startTimeout,
	}
	if _, err := unleashflags.New(o); err != nil {
		return nil, usageError{err}
	}
	feed, err := unleashflags.ReadFeed(ctx, o)
	if err != nil {
		return nil, err
	}
	bucket, err := s.bucket(ctx, env.Bucket)
	if err != nil {
		return nil, err
	}
	b, err := bundle.Make(ctx, feed, bundle.Options{Prefix: env.FlagPrefix, Names: names}, bucket.Get)
	var problems *bundle.Problems
	switch {
	case errors.Is(err, bundle.ErrNothing), errors.As(err, &problems) && len(problems.Failed) == 0:
		return nil, refusal{fmt.Errorf("%s: %w", env.Name, err)}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", env.Name, err)
	}
	return b, nil
}

// printBundle prints the sizes and a line for each prompt that changed.
func (s *session) printBundle(dir string, b *bundle.Bundle, changes []bundle.Change) error {
	lines := []string{fmt.Sprintf("%s: %s, %s, %.1f kB", dir,
		wording.Counted(len(b.Prompts), "prompt", "prompts"), wording.Counted(len(b.Blobs), "version", "versions"), float64(b.Bytes())/1000)}
	for _, c := range changes {
		was, now := strings.Join(c.Was, " "), strings.Join(c.Versions, " ")
		switch {
		case c.Same():
		case was == "":
			lines = append(lines, fmt.Sprintf("  + %s  %s", c.Name, now))
		case now == "":
			lines = append(lines, fmt.Sprintf("  - %s  %s", c.Name, was))
		default:
			lines = append(lines, fmt.Sprintf("  ~ %s  %s → %s", c.Name, was, now))
		}
	}
	_, err := fmt.Fprintln(s.Stdout, strings.Join(lines, "\n"))
	return err
}
