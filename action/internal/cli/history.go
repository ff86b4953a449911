package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/history"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
)

// moments is how commands about the past read times.
type moments struct {
	UTC bool `name:"utc" help:"Times without a zone are in UTC; default: the zone of this machine. Printed are all in UTC."`
}

func (m moments) parse(s *session, option, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	zone := time.Local
	if m.UTC {
		zone = time.UTC
	}
	at, err := history.ParseTime(text, s.Now(), zone)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("%s %w", option, err)}
	}
	return at, nil
}

type historyCmd struct {
	Name        string   `arg:"" help:"The prompt, for example support.triage."`
	Environment []string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Only these environments."`
	Since       string   `placeholder:"TIME" help:"Only from then on: 2026-11-17T15:00:00Z, \"2026-11-17 15:00\", \"tuesday 15:00\", \"2 hours ago\"."`
	JSON        bool     `name:"json" help:"Print JSON."`
	moments
}

// historyDoc is the JSON of history.
type historyDoc struct {
	Prompt  string          `json:"prompt"`
	Entries []history.Entry `json:"entries"` // newest first
	// Notes say what is not in the entries, and why.
	Notes []string `json:"notes"`
}

func (c historyCmd) Run(ctx context.Context, s *session) error {
	if err := prompts.ValidName(c.Name); err != nil {
		return usageError{err}
	}
	since, err := c.parse(s, "--since", c.Since)
	if err != nil {
		return err
	}
	cfg, envs, err := s.environments(c.Environment)
	if err != nil {
		return err
	}
	root, err := s.openRoot()
	if err != nil {
		return err
	}
	doc := historyDoc{Prompt: c.Name, Entries: []history.Entry{}, Notes: []string{}}
	var faults []error
	_, known := cfg.File(root.FS(), c.Name)
	for _, env := range envs {
		site, err := s.site(ctx, env)
		if err != nil {
			return err
		}
		p, err := site.Prompt(ctx, c.Name, since)
		if err != nil {
			return err
		}
		for e, err := range p.Entries(ctx, since, time.Time{}) {
			if err != nil {
				return fmt.Errorf("environment %s: %w", env.Name, err)
			}
			doc.Entries = append(doc.Entries, e)
		}
		known = known || len(doc.Entries) > 0
		if !known {
			if known, err = p.Known(ctx); err != nil {
				return fmt.Errorf("environment %s: %w", env.Name, err)
			}
		}
		doc.Notes = append(doc.Notes, site.Notes...)
		faults = append(faults, site.Fault)
	}
	if !known && errors.Join(faults...) == nil {
		return s.unheardOf(cfg, c.Name)
	}
	history.NewestFirst(doc.Entries)
	if err := c.print(s, doc); err != nil {
		return err
	}
	if broken := history.Unreadable(doc.Entries); broken > 0 {
		faults = append(faults, cannotTell{fmt.Errorf("%s cannot be read", wording.Counted(broken, "record", "records"))})
	}
	return errors.Join(faults...)
}

func (c historyCmd) print(s *session, doc historyDoc) error {
	if c.JSON {
		return s.json(doc)
	}
	if len(doc.Entries) == 0 {
		when := ""
		if c.Since != "" {
			when = " since then"
		}
		fmt.Fprintf(s.Stdout, "nothing is recorded of %s%s\n", c.Name, when)
	}
	if err := history.Print(s.Stdout, doc.Entries); err != nil {
		return err
	}
	for _, n := range doc.Notes {
		if _, err := fmt.Fprintln(s.Stdout, "note: "+n); err != nil {
			return err
		}
	}
	return nil
}

// site is an environment whose past is asked about.
func (s *session) site(ctx context.Context, env config.Environment) (*history.Site, error) {
	bucket, err := s.bucket(ctx, env.Bucket)
	if err != nil {
		return nil, fmt.Errorf("environment %s: %w", env.Name, err)
	}
	server, err := s.flags(env)
	return history.NewSite(env, bucket, server, err), nil
}
