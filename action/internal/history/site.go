package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/store"
)

// Site is one environment, as both sources tell of it. One goroutine uses it at a
// time.
type Site struct {
	// Notes say what is not in the entries, and why.
	Notes []string
	// Fault is why changes by hand are not seen, if they should be. It is no reason
	// to keep the records back.
	Fault error

	env    config.Environment
	bucket *store.Bucket
	server plan.Flags
	admin  *unleashadmin.Client // the server, if it keeps a log
}

// NewSite returns the site of an environment. away is why its server cannot be
// asked, nil if it can.
func NewSite(env config.Environment, bucket *store.Bucket, server plan.Flags, away error) *Site {
	s := &Site{env: env, bucket: bucket, server: server}
	if away != nil {
		s.blind(away)
		return s
	}
	if s.admin, _ = server.(*unleashadmin.Client); s.admin == nil {
		s.note("the embedded flags document keeps no log; these are the release records")
	}
	return s
}

// blind notes that changes by hand are not seen though there is a log. The server
// is not asked any more.
func (s *Site) blind(err error) {
	s.note(err.Error())
	s.Fault = fmt.Errorf("environment %s: changes by hand are not seen: %w", s.env.Name, err)
}

func (s *Site) note(why string) {
	s.Notes = append(s.Notes, "changes by hand in "+s.env.Name+" are not seen here: "+why)
}

// Prompt is what can be found out about one prompt of a site.
type Prompt struct {
	site  *Site
	place Place
	log   *unleashadmin.Log // nil: there is none, or it could not be read
	now   *Snapshot         // nil: the flag is archived, gone, or was not read
	steps []Step
}

func (s *Site) prompt(name string) *Prompt {
	return &Prompt{site: s, place: Place{Prompt: name, Environment: s.env.Name, Flag: s.env.Flag(name)}}
}

// Prompt reads the event log of a prompt's flag and the flag as it is. Events
// before since do not matter; the zero time is all. What cannot be read is noted in
// the site; the error is the end of ctx.
func (s *Site) Prompt(ctx context.Context, name string, since time.Time) (*Prompt, error) {
	p := s.prompt(name)
	if s.Fault == nil {
		if err := p.ask(ctx, since); err != nil {
			p.log, p.steps = nil, nil
			s.blind(err)
		}
	}
	return p, ctx.Err()
}

func (p *Prompt) ask(ctx context.Context, since time.Time) error {
	s := p.site
	if s.admin != nil {
		log, err := s.admin.Events(ctx, p.place.Flag)
		if err != nil {
			return err
		}
		p.log = &log
		if n := len(log.Events); n == 0 || log.Events[n-1].Time.Before(since) {
			return nil // nothing happened in the time that is asked about
		}
	}
	f, err := s.server.Read(ctx, p.place.Flag)
	switch {
	case err == nil:
		p.now = &Snapshot{Exists: true, Flag: f}
	case !errors.Is(err, flags.ErrNotFound) && !errors.Is(err, flags.ErrArchived) && !errors.Is(err, flags.ErrOtherProject):
		return err
	}
	if p.log != nil {
		p.steps = Walk(*p.log, p.place.Flag, s.env.UnleashEnvironment, p.now)
	}
	return nil
}

// Known reports whether there is, or was, a flag or a record of the prompt.
func (p *Prompt) Known(ctx context.Context) (bool, error) {
	if p.now != nil || p.log != nil && len(p.log.Events) > 0 {
		return true, nil
	}
	keys, err := p.site.bucket.RecordKeys(ctx, p.place.Prompt)
	return len(keys) > 0, err
}

// Entries are what happened in a period, the oldest first. A zero time is without
// limit.
func (p *Prompt) Entries(ctx context.Context, since, until time.Time) iter.Seq2[Entry, error] {
	period := store.Period{Name: p.place.Prompt, Environment: p.place.Environment, Until: until}
	if !since.IsZero() {
		period.Since = since.Add(-Lead)
	}
	return p.entries(p.site.bucket.Operations(ctx, period), since, until)
}

// entries joins operations with the steps of the flag.
func (p *Prompt) entries(operations iter.Seq2[store.Operation, error], since, until time.Time) iter.Seq2[Entry, error] {
	all := Join(p.place, operations, p.steps)
	if p.log == nil {
		all = Breaks(all)
	}
	return within(all, since, until)
}

// within passes on what happened in a period.
func within(all iter.Seq2[Entry, error], since, until time.Time) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
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
