package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/history"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
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
	_, err = fs.Stat(root.FS(), cfg.File(c.Name))
	known := !errors.Is(err, fs.ErrNotExist)
	for _, env := range envs {
		p, err := s.openPast(ctx, env, c.Name, since)
		if err != nil {
			return err
		}
		if p.fault != nil {
			faults = append(faults, p.fault)
		}
		doc.Notes = append(doc.Notes, p.notes...)
		if !known {
			if known, err = p.known(ctx); err != nil {
				return fmt.Errorf("environment %s: %w", env.Name, err)
			}
		}
		for e, err := range p.entries(ctx, since, time.Time{}) {
			if err != nil {
				return fmt.Errorf("environment %s: %w", env.Name, err)
			}
			doc.Entries = append(doc.Entries, e)
		}
	}
	if !known && len(faults) == 0 {
		return refusal{fmt.Errorf("there is no prompt %s in %s, no flag of it, and nothing was published under that name", c.Name, cfg.Prompts)}
	}
	newestFirst(doc.Entries)
	if err := c.print(s, doc); err != nil {
		return err
	}
	if broken := unreadable(doc.Entries); broken > 0 {
		faults = append(faults, cannotTell{fmt.Errorf("%s cannot be read", wording.Counted(broken, "record", "records"))})
	}
	return errors.Join(faults...)
}

// newestFirst keeps the entries of one operation in their order.
func newestFirst(entries []history.Entry) {
	slices.SortStableFunc(entries, func(a, b history.Entry) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Environment, b.Environment))
	})
}

func unreadable(entries []history.Entry) int {
	n := 0
	for _, e := range entries {
		if e.Fault != "" {
			n++
		}
	}
	return n
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

// past is what can be found out about one prompt in one environment.
type past struct {
	place  history.Place
	env    config.Environment
	bucket *store.Bucket
	server plan.Flags           // nil: it cannot be asked
	log    *unleashadmin.Log    // nil: there is none
	admin  *unleashadmin.Client // nil without a server
	now    *history.Snapshot    // nil: the flag is archived, gone, or cannot be read
	steps  []history.Step
	notes  []string
	fault  error // why changes by hand are not seen, if they should be
}

// openPast reads the event log of a flag and the flag as it is. A flag server that
// does not answer is no reason to keep the records back: past.fault is for the end.
// Events before since do not matter; the zero time is all.
func (s *session) openPast(ctx context.Context, env config.Environment, name string, since time.Time) (*past, error) {
	bucket, err := s.bucket(ctx, env.Bucket)
	if err != nil {
		return nil, fmt.Errorf("environment %s: %w", env.Name, err)
	}
	p := &past{env: env, bucket: bucket, place: history.Place{Prompt: name, Environment: env.Name, Flag: env.Flag(name)}}
	if p.server, err = s.flags(env); err != nil {
		p.blind(err)
		return p, nil
	}
	p.read(ctx, since)
	return p, ctx.Err()
}

// known reports whether there is, or was, a flag or a record of the prompt.
func (p *past) known(ctx context.Context) (bool, error) {
	if p.now != nil || p.log != nil && len(p.log.Events) > 0 {
		return true, nil
	}
	keys, err := p.bucket.RecordKeys(ctx, p.place.Prompt)
	return len(keys) > 0, err
}

// blind notes that changes by hand are not seen though there is a log.
func (p *past) blind(err error) {
	p.notes = append(p.notes, "changes by hand in "+p.env.Name+" are not seen here: "+err.Error())
	p.fault = fmt.Errorf("environment %s: changes by hand are not seen: %w", p.env.Name, err)
	p.log, p.steps = nil, nil
}

// read asks the server about the flag of the place.
func (p *past) read(ctx context.Context, since time.Time) {
	p.log, p.now, p.steps = nil, nil, nil
	if client, ok := p.server.(*unleashadmin.Client); ok {
		p.admin = client
		log, err := client.Events(ctx, p.place.Flag)
		if err != nil {
			p.blind(err)
			return
		}
		p.log = &log
		if n := len(log.Events); n == 0 || log.Events[n-1].Time.Before(since) {
			return // nothing happened in the time that is asked about
		}
	} else {
		p.notes = append(p.notes, "changes by hand in "+p.env.Name+" are not seen here: the embedded flags document keeps no log; these are the release records")
	}
	f, err := p.server.Read(ctx, p.place.Flag)
	switch {
	case err == nil:
		p.now = &history.Snapshot{Exists: true, Flag: f}
	case !errors.Is(err, flags.ErrNotFound) && !errors.Is(err, flags.ErrArchived) && !errors.Is(err, flags.ErrOtherProject):
		p.blind(err)
		return
	}
	if p.log != nil {
		p.steps = history.Walk(*p.log, p.place.Flag, p.env.UnleashEnvironment, p.now)
	}
}

// entries joins the records of a period with the steps of the flag, the oldest
// first. A zero time is without limit.
func (p *past) entries(ctx context.Context, since, until time.Time) iter.Seq2[history.Entry, error] {
	period := store.Period{Name: p.place.Prompt, Environment: p.env.Name, Until: until}
	if !since.IsZero() {
		period.Since = since.Add(-history.Lead)
	}
	all := history.Join(p.place, p.bucket.Operations(ctx, period), p.steps)
	if p.log == nil {
		all = history.Breaks(all)
	}
	return within(all, since, until)
}

// within passes on what happened in a period.
func within(all iter.Seq2[history.Entry, error], since, until time.Time) iter.Seq2[history.Entry, error] {
	return func(yield func(history.Entry, error) bool) {
		for e, err := range all {
			if err == nil && (e.Time.Before(since) || !until.IsZero() && !e.Time.Before(until)) {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
