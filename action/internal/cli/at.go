package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/history"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/rollout"
	"github.com/promptflag/promptflag/prompts"
)

type atCmd struct {
	Name        string            `arg:"" help:"The prompt, for example support.triage."`
	Time        string            `required:"" placeholder:"TIME" help:"When: 2026-11-17T15:00:00Z, \"2026-11-17 15:00\", \"tuesday 15:00\", \"2 hours ago\"."`
	User        []string          `required:"" sep:"none" placeholder:"ID" help:"The targeting key (userId) that the service asked with; may be repeated."`
	Environment string            `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"The environment; may be left out if there is only one."`
	Context     map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Further context of the call, such as tenantId=acme; KEY= is one that the service did not send."`
	Lag         time.Duration     `default:"5s" help:"How long a change takes to reach services: their poll interval, plus 1 s of the server. A change within it before the time makes two answers."`
	JSON        bool              `name:"json" help:"Print JSON."`
	moments
}

// maxLag bounds a typing error.
const maxLag = 24 * time.Hour

func (c atCmd) Run(ctx context.Context, s *session) error {
	if err := prompts.ValidName(c.Name); err != nil {
		return usageError{err}
	}
	at, err := c.parse(s, "--time", c.Time)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(c.Time) == "":
		return usageError{errors.New("--time: say when, for example --time \"2 hours ago\"")}
	case slices.Contains(c.User, ""):
		return usageError{errors.New("--user: say who; a caller without an id gets the candidate only at 100 %")}
	case at.After(s.Now()):
		return usageError{fmt.Errorf("--time %s is to come: promptflag split shows who gets what now", history.Stamp(at))}
	case c.Lag < 0 || c.Lag > maxLag:
		return usageError{fmt.Errorf("--lag %s: from 0s to 24h", c.Lag)}
	}
	if _, both := c.Context["userId"]; both {
		return usageError{errors.New("--context userId: the user is given with --user")}
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	env, err := oneEnvironment(cfg, c.Environment)
	if err != nil {
		return err
	}
	site, err := s.site(ctx, env)
	if err != nil {
		return err
	}
	p, err := site.Prompt(ctx, c.Name, time.Time{})
	if err != nil {
		return err
	}
	if usage := (usageError{}); errors.As(site.Fault, &usage) {
		return site.Fault
	}
	client, err := s.newUnleashClient(env.UnleashEnvironment)
	if err != nil {
		return err
	}
	defer client.close()
	place := rollout.At(c.Name, s.definition(cfg, c.Name), env, plan.Origin{}, nil)
	answer, err := p.Answer(ctx, history.Inquiry{
		Users: c.User, Context: c.Context, Time: at, Lag: c.Lag, Stickiness: place.Stickiness,
	}, client)
	if errors.Is(err, history.ErrNotThere) {
		root, err := s.openRoot()
		if err != nil {
			return err
		}
		_, known := cfg.File(root.FS(), c.Name)
		if !known {
			if known, err = p.Known(ctx); err != nil {
				return err
			}
		}
		if !known && site.Fault == nil {
			return s.unheardOf(cfg, c.Name)
		}
		return refusal{fmt.Errorf("%s was not published in %s at %s: a service got its own default", c.Name, env.Name, history.Stamp(at))}
	}
	if err != nil {
		return err
	}
	return c.print(s, answer)
}

// print shows the answers; one that is not sure is exit 4.
func (c atCmd) print(s *session, doc history.Answer) error {
	var err error
	if c.JSON {
		err = s.json(doc)
	} else {
		err = c.text(s, doc)
	}
	if err != nil {
		return err
	}
	for _, a := range doc.Users {
		if !a.Sure {
			return cannotTell{fmt.Errorf("which version %s got cannot be told: %s", history.Clean(a.User), strings.Join(a.Missing, "; "))}
		}
	}
	return nil
}

func (c atCmd) text(s *session, doc history.Answer) error {
	var b strings.Builder
	for _, a := range doc.Users {
		fmt.Fprintf(&b, "%s in %s at %s, asked by %s\n", doc.Prompt, doc.Environment, history.Stamp(doc.Time), history.Clean(a.User))
		c.one(&b, doc, a)
	}
	if e := doc.Cause; e != nil {
		fmt.Fprintf(&b, "so since %s: %s\n", history.Stamp(e.Time), history.Headline([]history.Entry{*e}))
		if who := history.Origin(*e); who != "" {
			fmt.Fprintf(&b, "  %s\n", who)
		}
		if e.Reason != "" {
			fmt.Fprintf(&b, "  reason: %s\n", history.Clean(e.Reason))
		}
	}
	for _, n := range doc.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	_, err := s.Stdout.Write([]byte(b.String()))
	return err
}

// publishedAs is what a version became by an action of a record.
func publishedAs(action string) string {
	switch plan.Action(action) {
	case plan.ActionCreate:
		return "a new prompt"
	case plan.ActionFold:
		return "stable, after it was promoted"
	case plan.ActionRestore:
		return "stable again"
	case plan.ActionAdopt:
		return "stable of a flag that was adopted"
	}
	return action
}

func (c atCmd) one(b *strings.Builder, doc history.Answer, a history.UserAnswer) {
	for _, o := range a.Outcomes {
		lead := ""
		if !a.Sure {
			lead = "possible: "
		}
		fmt.Fprintf(b, "  %s%s\n    %s\n", lead, outcomeWords(o), history.Clean(o.Why))
	}
	for _, o := range a.Earlier {
		fmt.Fprintf(b, "  or still %s\n    the flag changed less than %s before, which services notice one poll later; %s\n", outcomeWords(o), c.Lag, history.Clean(o.Why))
	}
	if !a.Sure || a.Outcomes[0].Version == "" {
		return
	}
	if e := a.Published; e != nil {
		fmt.Fprintf(b, "  published %s as %s\n    %s\n", history.Stamp(e.Time), publishedAs(e.Action), history.Origin(*e))
	} else {
		b.WriteString("  no release record tells who published it\n")
	}
	fmt.Fprintf(b, "  its text: promptflag show %s --at %s -e %s\n", doc.Prompt, a.Outcomes[0].Version, doc.Environment)
}

func outcomeWords(o history.Outcome) string {
	if o.Version == "" {
		return "no version of the flag (" + o.Reason + ")"
	}
	role := o.Role
	if role == "" {
		role = "a strategy of people"
	}
	return fmt.Sprintf("version %s, %s (%s)", o.Version, role, o.Reason)
}
