package doctor

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// models looks whether there are keys for the models that suites ask. The keys
// themselves are not looked at.
func (d *doctor) models(context.Context) []Check {
	const about = "model keys"
	if _, err := fs.Stat(d.FS, d.Config.Prompts); errors.Is(err, fs.ErrNotExist) {
		return one("prompts", Warn, "write the first one, or let promptflag init do it", "there is no folder %s", d.Config.Prompts)
	}
	tree, err := prompts.Load(d.FS, d.Config.Prompts, nil)
	if err != nil || tree == nil {
		return one(about, CannotTell, "run promptflag check", "the prompts cannot be read: %v", err)
	}
	files, err := suite.Find(d.FS, d.Config.Prompts)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return one(about, CannotTell, "run promptflag check", "the suites cannot be read: %v", err)
	}
	if len(files) == 0 {
		return one(about, OK, "", "no prompt has a suite, so no model is asked")
	}
	needed := map[string][]string{} // variable -> models
	var broken []string
	for _, file := range files {
		s, err := suite.Load(d.FS, d.Config.Prompts, file)
		if err != nil {
			broken = append(broken, file)
			continue
		}
		models := s.Models
		if def, ok := tree.Lookup(s.Prompt); ok {
			models = append(slices.Clone(models), def.Prompt.Model())
		}
		for _, m := range models {
			if key := d.Config.Evaluation.Lookup(m).KeyEnv; m != "" && key != "-" && key != "" && !slices.Contains(needed[key], m) {
				needed[key] = append(needed[key], m)
			}
		}
	}
	var checks []Check
	if len(broken) > 0 {
		checks = one(about, CannotTell, "run promptflag check", "%s cannot be read", list(broken))
	}
	for _, key := range slices.Sorted(maps.Keys(needed)) {
		models := slices.Sorted(slices.Values(needed[key]))
		switch value := d.Getenv(key); {
		case value == "":
			checks = append(checks, one(about, Warn, "set "+key+" to ask the models; eval --replay needs no key for what is recorded", "%s is not set, which %s needs", key, list(models))...)
		case strings.TrimSpace(value) != value:
			checks = append(checks, one(about, Fail, "set it again without the line end that was pasted along", "%s begins or ends with white space", key)...)
		default:
			checks = append(checks, one(about, OK, "", "%s is set, for %s", key, list(models))...)
		}
	}
	if len(checks) == 0 {
		checks = one(about, OK, "", "the models of the suites need none")
	}
	return checks
}
