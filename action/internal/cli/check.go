package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/prompts"
)

type checkCmd struct {
	JSON bool `name:"json" help:"Print prompts and findings as JSON."`
}

// checked is the JSON of check.
type checked struct {
	Prompts  []checkedPrompt  `json:"prompts"`
	Findings prompts.Findings `json:"findings"`
}

type checkedPrompt struct {
	Name string `json:"name"`
	File string `json:"file"`
	Ref  string `json:"ref"`
}

func (c checkCmd) Run(_ context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	tree, err := s.tree(cfg)
	var findings prompts.Findings
	if err != nil && !errors.As(err, &findings) {
		return err
	}
	if c.JSON {
		out := checked{Prompts: []checkedPrompt{}, Findings: prompts.Findings{}}
		out.Findings = append(out.Findings, findings...)
		if tree != nil {
			for _, d := range tree.Definitions() {
				out.Prompts = append(out.Prompts, checkedPrompt{d.Prompt.Name(), d.File, d.Prompt.Ref().String()})
			}
		}
		if err := s.json(out); err != nil {
			return err
		}
		if len(findings) > 0 {
			return refusal{errPrinted}
		}
		return nil
	}
	if len(findings) > 0 {
		return findings
	}
	n := len(tree.Definitions())
	_, err = fmt.Fprintf(s.Stdout, "%s, no findings\n", counted(n, "prompt", "prompts"))
	return err
}

// flagFindings are what only the configuration makes wrong: a name that is too
// long with its prefix, a rollout for an environment that does not exist.
func flagFindings(cfg *config.Config, tree *prompts.Tree) prompts.Findings {
	const limit = 100 // of a flag name on the server
	var out prompts.Findings
	for _, d := range tree.Definitions() {
		for _, e := range cfg.Environments {
			if name := e.Flag(d.Prompt.Name()); len(name) > limit {
				out = append(out, prompts.Finding{File: d.File, Message: fmt.Sprintf("the flag name %q has %d characters, Unleash takes %d", name, len(name), limit), Hint: "shorten the path of the file, or flag_prefix"})
				break
			}
		}
		for name := range d.Rollout {
			if _, ok := cfg.Lookup(name); !ok {
				out = append(out, prompts.Finding{File: d.File, Message: fmt.Sprintf("[rollout.%s] names an environment that %s does not have", name, config.FileName), Hint: "there are " + strings.Join(cfg.Names(), ", ")})
			}
		}
	}
	return out
}

func (s *session) json(v any) error {
	e := json.NewEncoder(s.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
