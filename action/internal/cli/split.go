package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

type splitCmd struct {
	Name        string            `arg:"" help:"The prompt, for example support.triage."`
	Environment string            `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"The environment; may be left out if there is only one."`
	Users       int               `default:"1000" help:"How many users to ask for, user-1 to user-N."`
	Attribute   map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Attribute of every user, such as tenantId=acme."`
	List        bool              `help:"Print a line per user instead of counts."`
	JSON        bool              `name:"json" help:"Print a JSON object per user."`
}

// maxUsers bounds the loop of a typing error.
const maxUsers = 1_000_000

func (c splitCmd) Run(ctx context.Context, s *session) error {
	if c.Users < 1 || c.Users > maxUsers {
		return usageError{fmt.Errorf("--users %d: from 1 to %d", c.Users, maxUsers)}
	}
	if err := prompts.ValidName(c.Name); err != nil {
		return usageError{err}
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	env, err := oneEnvironment(cfg, c.Environment)
	if err != nil {
		return err
	}
	attributes := map[string]any{}
	for k, v := range c.Attribute {
		attributes[k] = v
	}
	answers, err := s.resolve(ctx, env, c.Name, userIDs(c.Users), attributes)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		return s.json(answers)
	case c.List:
		for _, a := range answers {
			if _, err := fmt.Fprintf(s.Stdout, "%s %s %s %s\n", a.User, a.Version, a.Role, a.Reason); err != nil {
				return err
			}
		}
		return nil
	}
	return printSplit(s.Stdout, answers)
}

func userIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("user-%d", i+1)
	}
	return ids
}

// share is how many users got a version for the same reason.
type share struct {
	version, role, reason string
	users                 int
}

// shares counts answers; the candidate comes first, then by size.
func shares(answers []answer) []share {
	var out []share
	for _, a := range answers {
		i := slices.IndexFunc(out, func(s share) bool {
			return s.version == a.Version && s.role == a.Role && s.reason == a.Reason
		})
		if i < 0 {
			out = append(out, share{version: a.Version, role: a.Role, reason: a.Reason})
			i = len(out) - 1
		}
		out[i].users++
	}
	slices.SortStableFunc(out, func(a, b share) int {
		if a.role != b.role {
			return strings.Compare(a.role, b.role) // candidate before stable
		}
		return b.users - a.users
	})
	return out
}

// printSplit draws a bar per version, 40 characters for all users.
func printSplit(w io.Writer, answers []answer) error {
	const width = 40
	for _, s := range shares(answers) {
		full := (s.users*width + len(answers)/2) / len(answers)
		if full == 0 {
			full = 1
		}
		bar := strings.Repeat("█", full) + strings.Repeat("░", width-full)
		if _, err := fmt.Fprintf(w, "  %s  %s %5d of %d  %-9s  %s\n", s.version, bar, s.users, len(answers), s.role, s.reason); err != nil {
			return err
		}
	}
	return nil
}
