package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/prompts"
)

// elsewhere are commands of other tools, and what does it here. The parser would
// name the command that is spelt most like them.
var elsewhere = map[string]string{
	"restore": "promptflag rollback NAME --to VERSION brings an earlier version back",
	"revert":  "promptflag rollback NAME --to VERSION brings an earlier version back",
	"undo":    "promptflag rollback NAME takes the candidate back, with --to VERSION it brings an earlier version back",
	"retry":   "promptflag publish --retry NAME lets a version that is held go out again",
}

var negative = regexp.MustCompile(`^-[0-9]`)

// meant puts what people need in the place of what the parser says.
func meant(err error, args []string) error {
	p, ok := errors.AsType[*kong.ParseError](err)
	if !ok || p.Context == nil {
		return err
	}
	command := p.Context.Selected()
	if rest, ok := strings.CutPrefix(err.Error(), "unexpected argument "); ok && command == nil {
		word, _, _ := strings.Cut(rest, ",")
		if instead := elsewhere[word]; instead != "" {
			return fmt.Errorf("there is no command %s: %s", word, instead)
		}
	}
	if command != nil && command.Name == "dial" && strings.HasPrefix(err.Error(), "unknown flag -") {
		for _, a := range args { // the parser takes it for options
			if no := new(percentage).UnmarshalText([]byte(a)); no != nil && negative.MatchString(a) {
				return fmt.Errorf("<percent>: %w", no)
			}
		}
	}
	return err
}

// meantPrompt is a hint with the prompt that a name that nothing knows was probably
// meant for, "did you mean support.triage?", or "".
func (s *session) meantPrompt(name string) string {
	cfg, err := s.config()
	if err != nil {
		return ""
	}
	root, err := s.openRoot()
	if err != nil {
		return ""
	}
	if _, exists := cfg.File(root.FS(), name); exists {
		return ""
	}
	tree, _ := prompts.Load(root.FS(), cfg.Prompts, nil)
	if tree == nil {
		return ""
	}
	var names, ends []string
	for _, d := range tree.Definitions() {
		n := d.Prompt.Name()
		names = append(names, n)
		if strings.HasSuffix(n, "."+name) {
			ends = append(ends, n)
		}
	}
	hint := prompts.Suggest(name, names)
	if hint == "" && len(ends) == 1 {
		hint = "did you mean " + ends[0] + "?"
	}
	return hint
}

// hinted is an error that ends with a hint, if there is one.
func hinted(err error, hint string) error {
	if hint == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, hint)
}

// unheardOf is the error about a name that neither the tree, a flag nor a record
// knows.
func (s *session) unheardOf(cfg *config.Config, name string) error {
	err := fmt.Errorf("there is no prompt %s in %s, no flag of it, and nothing was published under that name", name, cfg.Prompts)
	return refusal{hinted(err, s.meantPrompt(name))}
}

// rootAbove is the way up to the next folder of the checkout, or without git of
// all, that has a promptflag.toml; "" if this one has it, or none.
func (s *session) rootAbove() string {
	up := ""
	for dir := s.dir(); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, config.FileName)); err == nil {
			return up
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil || dir == filepath.Dir(dir) {
			return ""
		}
		up = filepath.Join(up, "..")
	}
}
