package live

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// Named is one place where a flag names a version, whether anybody gets it or
// not: in an environment that is OFF, in a disabled strategy, by whomever.
type Named struct {
	Environment string      `json:"environment"`
	Flag        string      `json:"flag"`
	Role        flags.Role  `json:"role,omitempty"` // "" for a strategy that is not ours
	Strategy    string      `json:"strategy"`       // its title, or its type
	Disabled    bool        `json:"disabled,omitempty"`
	Ref         prompts.Ref `json:"-"`
}

// String is the place in words.
func (n Named) String() string {
	what := fmt.Sprintf("the strategy %q", n.Strategy)
	if n.Role != "" {
		what = string(n.Role)
	}
	if n.Disabled {
		what += ", disabled,"
	}
	return fmt.Sprintf("%s of the flag %s in %s", what, n.Flag, n.Environment)
}

// ReadNamed lists all that the flags of an environment name, of any prompt and
// with any prefix, by flag. It asks the flag server once. Archived flags are not
// part of it.
func ReadNamed(ctx context.Context, env config.Environment, server plan.Flags) ([]Named, error) {
	all, err := server.Export(ctx)
	if err != nil {
		return nil, err
	}
	return NamedOf(env, all), nil
}

// NamedOf is ReadNamed on an export that was read already.
func NamedOf(env config.Environment, all map[string]flags.Flag) (out []Named) {
	for _, f := range all {
		prompt, _ := strings.CutPrefix(f.Name, env.FlagPrefix)
		r := flags.Recognise(f, prompt, env.Name)
		for _, s := range f.Strategies {
			n := Named{Environment: env.Name, Flag: f.Name, Strategy: s.Title, Disabled: s.Disabled}
			if n.Strategy == "" {
				n.Strategy = s.Name
			}
			switch {
			case r.Stable != nil && r.Stable.ID == s.ID:
				n.Role = flags.Stable
			case r.Candidate != nil && r.Candidate.ID == s.ID:
				n.Role = flags.Candidate
			}
			for _, v := range s.Variants {
				if v.Payload == nil {
					continue
				}
				if ref, err := prompts.ParseRef(v.Payload.Value); err == nil {
					n.Ref = ref
					out = append(out, n)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Named) int { return strings.Compare(a.Flag, b.Flag) })
	return out
}
