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
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
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

// atDoc is the JSON of at.
type atDoc struct {
	Prompt      string            `json:"prompt"`
	Environment string            `json:"environment"`
	Time        time.Time         `json:"time"`
	Context     map[string]string `json:"context,omitempty"`
	Source      string            `json:"source"`          // event log, or release records
	Since       *time.Time        `json:"since,omitempty"` // the flag was so since then
	Cause       *history.Entry    `json:"cause,omitempty"` // the change that made it so
	Notes       []string          `json:"notes,omitempty"`
	Answers     []atAnswer        `json:"answers"` // in the order of --user
}

// atAnswer is what one user got.
type atAnswer struct {
	User string `json:"user"`
	// Sure: there is one outcome, and perhaps Earlier ones, which services may still
	// have had.
	Sure bool `json:"sure"`
	history.Verdict
	// Earlier are outcomes of what the flag was less than the lag before.
	Earlier   []history.Outcome `json:"earlier,omitempty"`
	Published *history.Entry    `json:"published,omitempty"` // how the version came here
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
	p, err := s.openPast(ctx, env, c.Name, time.Time{})
	if err != nil {
		return err
	}
	if usage := (usageError{}); errors.As(p.fault, &usage) {
		return p.fault
	}
	client, err := s.newUnleashClient(env.UnleashEnvironment)
	if err != nil {
		return err
	}
	defer client.close()
	place := rollout.At(c.Name, s.definition(cfg, c.Name), env, plan.Origin{}, nil)
	doc, err := c.answer(ctx, p, client, place.Stickiness, at)
	if errors.Is(err, history.ErrNotThere) {
		return refusal{fmt.Errorf("%s was not published in %s at %s: a service got its own default", c.Name, env.Name, history.Stamp(at))}
	}
	if err != nil {
		return err
	}
	return c.print(s, doc)
}

func (c atCmd) answer(ctx context.Context, p *past, client history.Matcher, stickiness string, at time.Time) (atDoc, error) {
	doc := atDoc{Prompt: c.Name, Environment: p.env.Name, Context: c.Context, Time: at, Source: "event log"}
	// All entries up to then: a version may have been published long before.
	var entries []history.Entry
	for e, err := range p.entries(ctx, time.Time{}, time.Time{}) {
		if err != nil {
			return doc, err
		}
		entries = append(entries, e)
	}
	if p.fault == nil && p.log == nil {
		doc.Source, doc.Notes = "release records", p.notes
	}
	flag, err := p.flagAt(entries, stickiness, at, c.Lag)
	q := history.Question{Place: p.place, Context: c.Context, Time: at}
	if err == nil {
		err = c.surroundings(ctx, p, &q, flag)
	}
	if away := (*unleashadmin.Error)(nil); errors.As(err, &away) {
		err = &history.Gap{Message: away.Error()}
	}
	if g := (*history.Gap)(nil); errors.As(err, &g) {
		v := history.Verdict{Outcomes: history.Possible(entries, at), Missing: []string{g.Message}}
		for _, user := range c.User {
			doc.Answers = append(doc.Answers, atAnswer{User: user, Verdict: v})
		}
		return doc, nil
	}
	if err != nil {
		return doc, err
	}
	if !flag.Since.IsZero() {
		doc.Since = &flag.Since
	}
	doc.Cause = history.Cause(entries, at)
	for _, q.User = range c.User {
		a := atAnswer{User: q.User}
		if a.Verdict, err = q.Who(flag.Snapshot, client); err != nil {
			return doc, err
		}
		if a.Sure = a.Verdict.Sure(); a.Sure {
			a.Published = history.Published(entries, a.Outcomes[0].Ref, at)
		}
		if err := a.earlier(q, flag, client); err != nil {
			return doc, err
		}
		doc.Answers = append(doc.Answers, a)
	}
	return doc, nil
}

// flagAt is what the flag was, by the log where there is one, else by the records.
func (p *past) flagAt(entries []history.Entry, stickiness string, at time.Time, lag time.Duration) (history.Past, error) {
	switch {
	case p.fault != nil:
		return history.Past{}, &history.Gap{Message: p.fault.Error()}
	case p.log != nil:
		return history.At(p.steps, *p.log, p.now, at, lag)
	}
	return history.Records{Place: p.place, Stickiness: stickiness, Now: p.now}.At(entries, at, lag)
}

// surroundings reads what a flag depends on besides itself.
func (c atCmd) surroundings(ctx context.Context, p *past, q *history.Question, flag history.Past) (err error) {
	if p.admin == nil {
		return nil
	}
	if p.now != nil {
		parents, err := p.admin.Parents(ctx, p.place.Flag)
		if err != nil {
			return err
		}
		if len(parents) > 0 {
			return &history.Gap{Message: "the flag depends on other flags: " + list(parents)}
		}
	}
	for _, s := range append([]history.Snapshot{flag.Snapshot}, flag.Earlier...) {
		for _, x := range s.Strategies {
			if len(x.Segments) > 0 && q.Segments == nil {
				if q.Segments, err = p.admin.Segments(ctx, q.Time); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// earlier asks about what the flag was shortly before.
func (a *atAnswer) earlier(q history.Question, flag history.Past, client history.Matcher) error {
	for _, s := range flag.Earlier {
		v, err := q.Who(s, client)
		if errors.Is(err, history.ErrNotThere) {
			v, err = history.Verdict{Outcomes: []history.Outcome{{Reason: "ERROR", Percent: -1, Why: "the flag was not there: the service's own default"}}}, nil
		}
		if err != nil {
			return err
		}
		for _, o := range v.Outcomes {
			if !slices.ContainsFunc(append(a.Earlier, a.Outcomes...), o.Same) {
				a.Earlier = append(a.Earlier, o)
			}
		}
	}
	return nil
}

// print shows the answers; one that is not sure is exit 4.
func (c atCmd) print(s *session, doc atDoc) error {
	var err error
	if c.JSON {
		err = s.json(doc)
	} else {
		err = c.text(s, doc)
	}
	if err != nil {
		return err
	}
	for _, a := range doc.Answers {
		if !a.Sure {
			return cannotTell{fmt.Errorf("which version %s got cannot be told: %s", history.Clean(a.User), strings.Join(a.Missing, "; "))}
		}
	}
	return nil
}

func (c atCmd) text(s *session, doc atDoc) error {
	var b strings.Builder
	for _, a := range doc.Answers {
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

func (c atCmd) one(b *strings.Builder, doc atDoc, a atAnswer) {
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
