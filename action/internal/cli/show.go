package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// which picks one version of a prompt; show and render share it.
type which struct {
	Name        string `arg:"" help:"The prompt, for example support.triage; NAME@VERSION is one that was published."`
	At          string `name:"at" placeholder:"VERSION" help:"A published version (digits of status), \"stable\" or \"candidate\"; default: the file here."`
	Environment string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Where the version is looked up; may be left out if there is only one, and for digits if all have one bucket."`
}

type showCmd struct {
	which
	JSON bool `name:"json" help:"Print the artifact, the exact bytes that the digest names."`
}

func (c showCmd) Run(ctx context.Context, s *session) error {
	p, err := c.prompt(ctx, s)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := s.Stdout.Write(append(p.Artifact(), '\n'))
		return err
	}
	return showPrompt(s.Stdout, p)
}

func (w which) prompt(ctx context.Context, s *session) (*prompts.Prompt, error) {
	if name, version, _ := strings.Cut(w.Name, "@"); version != "" {
		if w.At != "" {
			return nil, usageError{fmt.Errorf("%s and --at %s: say one version", w.Name, w.At)}
		}
		w.Name, w.At = name, version
	}
	if err := prompts.ValidName(w.Name); err != nil {
		return nil, usageError{err}
	}
	cfg, err := s.config()
	if err != nil {
		return nil, err
	}
	if w.At == "" {
		tree, err := s.tree(cfg)
		if err != nil {
			return nil, err
		}
		def, ok := tree.Lookup(w.Name)
		if !ok {
			return nil, refusal{hinted(fmt.Errorf("there is no prompt %s in %s", w.Name, cfg.Prompts), s.meantPrompt(w.Name))}
		}
		return def.Prompt, nil
	}
	if role := flags.Role(w.At); role == flags.Stable || role == flags.Candidate {
		t, err := target{Name: w.Name, Environment: w.Environment}.open(ctx, s)
		if err != nil {
			return nil, err
		}
		at, err := t.live(ctx, s, role)
		if err != nil {
			return nil, err
		}
		return s.published(ctx, t.bucket(), w.Name, at)
	}
	env, err := w.holder(cfg)
	if err != nil {
		return nil, err
	}
	bucket, err := s.bucket(ctx, env.Bucket)
	if err != nil {
		return nil, err
	}
	return s.published(ctx, bucket, w.Name, w.At)
}

// holder is an environment whose bucket has the version: any, where all have one bucket.
func (w which) holder(cfg *config.Config) (config.Environment, error) {
	first := cfg.Environments[0]
	other := func(e config.Environment) bool { return e.Bucket != first.Bucket }
	if w.Environment == "" && !slices.ContainsFunc(cfg.Environments, other) {
		return first, nil
	}
	return oneEnvironment(cfg, w.Environment)
}

// live is the ref that a role serves now.
func (w work) live(ctx context.Context, s *session, role flags.Role) (string, error) {
	f, err := plan.Find(ctx, w.targets[w.place.Env.Name].Flags, w.place.Flag())
	switch {
	case err != nil:
		return "", err
	case f == nil:
		return "", refusal{hinted(fmt.Errorf("%s is not published in %s yet", w.place.Prompt, w.place.Env.Name), s.meantPrompt(w.place.Prompt))}
	}
	roles := flags.Recognise(*f, w.place.Prompt, w.place.Env.Name)
	strategy := roles.Stable
	if role == flags.Candidate {
		strategy = roles.Candidate
	}
	if strategy == nil {
		return "", refusal{fmt.Errorf("%s has no %s in %s", w.place.Prompt, role, w.place.Env.Name)}
	}
	return strategy.Ref(), nil
}

// showPrompt prints a prompt for people.
func showPrompt(w io.Writer, p *prompts.Prompt) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nversion %s\n", p.Ref(), p.Version())
	if p.Model() != "" {
		fmt.Fprintf(&b, "model %s\n", p.Model())
	}
	if params := p.Parameters(); len(params) > 0 {
		fmt.Fprintf(&b, "parameters %s\n", compact(params))
	}
	for _, v := range p.Variables() {
		fmt.Fprintf(&b, "variable %s %s%s\n", v.Name, v.Type, necessity(v))
	}
	for _, t := range p.Tools() {
		fmt.Fprintf(&b, "tool %s: %s\n", t.Name, t.Description)
	}
	if o, ok := p.Output(); ok {
		fmt.Fprintf(&b, "output %s\n", o.Format)
	}
	writeMessages(&b, p.Messages(), p.Examples())
	_, err := io.WriteString(w, b.String())
	return err
}

// necessity is what callers may leave out.
func necessity(v prompts.Variable) string {
	switch {
	case v.Required:
		return ""
	case v.Default == nil:
		return ", optional"
	}
	return ", default " + compact(v.Default)
}

// writeMessages prints messages, rendered or not. What is no text stands in
// angle brackets.
func writeMessages(b *strings.Builder, messages []prompts.Message, examples []prompts.Example) {
	for _, m := range messages {
		switch {
		case m.Placeholder != "":
			fmt.Fprintf(b, "\n--- messages of the caller: %s\n", m.Placeholder)
		case m.Examples:
			for _, e := range examples {
				fmt.Fprintf(b, "\n--- example, user\n%s\n\n--- example, assistant\n%s\n", e.Input, e.Output)
			}
		default:
			fmt.Fprintf(b, "\n--- %s\n%s\n", m.Role, content(m))
		}
	}
}

func content(m prompts.Message) string {
	lines := []string{}
	if m.Parts == nil {
		lines = append(lines, m.Content)
	}
	for _, p := range m.Parts {
		switch {
		case p.Image != nil:
			lines = append(lines, "<image "+p.Image.URL+">")
		case p.File != nil:
			lines = append(lines, strings.TrimSpace("<file "+p.File.Name+" "+p.File.ID)+">")
		default:
			lines = append(lines, p.Text)
		}
	}
	if len(m.Other) > 0 {
		lines = append(lines, compact(m.Other))
	}
	return strings.Join(lines, "\n")
}

func compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "?"
	}
	return strings.TrimSpace(b.String())
}
