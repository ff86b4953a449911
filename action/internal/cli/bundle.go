package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/bundle"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

type bundleCmd struct {
	Names       []string `arg:"" optional:"" name:"name" help:"Prompts, or globs such as 'support.*'. Without any: all that are published."`
	Environment string   `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"The environment; may be left out if there is only one."`
	Out         string   `short:"o" required:"" placeholder:"DIR" help:"The directory to write: new, empty or an earlier bundle."`
	JSON        bool     `name:"json" help:"Print a JSON object per prompt."`
}

func (c bundleCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	env, err := oneEnvironment(cfg, c.Environment)
	if err != nil {
		return err
	}
	out := c.Out
	if !filepath.IsAbs(out) {
		out = filepath.Join(s.Dir, out)
	}
	before, err := bundle.Read(out, env.FlagPrefix)
	if errors.Is(err, bundle.ErrForeign) {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	if err != nil {
		return err
	}
	feed, err := unleashflags.ReadFeed(ctx, unleashflags.Options{
		URL: env.UnleashURL, Token: s.clientToken(env), Environment: env.UnleashEnvironment, Project: env.Project,
		AppName: "promptflag-bundle",
	})
	if err != nil {
		return err
	}
	bucket, err := s.bucket(ctx, env.Bucket)
	if err != nil {
		return err
	}
	b, err := bundle.Make(ctx, feed, bundle.Options{Prefix: env.FlagPrefix, Names: c.Names}, bucket.Get)
	if errors.Is(err, bundle.ErrNothing) {
		return refusal{fmt.Errorf("%s: %w", env.Name, err)}
	}
	if err != nil {
		return err
	}
	if err := b.Write(out); err != nil {
		return err
	}
	if c.JSON {
		return s.json(b.Prompts)
	}
	return s.printBundle(c.Out, before, b)
}

func (s *session) printBundle(dir string, before []bundle.Prompt, b *bundle.Bundle) error {
	size := len(b.Feed)
	for _, data := range b.Blobs {
		size += len(data)
	}
	lines := []string{fmt.Sprintf("%s: %d prompts, %d versions, %.1f kB", dir, len(b.Prompts), len(b.Blobs), float64(size)/1000)}
	versions := map[string]string{}
	for _, p := range before {
		versions[p.Name] = strings.Join(p.Versions, " ")
	}
	for _, p := range b.Prompts {
		now := strings.Join(p.Versions, " ")
		was, there := versions[p.Name]
		delete(versions, p.Name)
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("  + %s  %s", p.Name, now))
		case was != now:
			lines = append(lines, fmt.Sprintf("  ~ %s  %s → %s", p.Name, was, now))
		}
	}
	var gone []string
	for name, was := range versions {
		gone = append(gone, fmt.Sprintf("  - %s  %s", name, was))
	}
	slices.Sort(gone)
	_, err := fmt.Fprintln(s.Stdout, strings.Join(append(lines, gone...), "\n"))
	return err
}
