package history

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/unleashadmin"
)

// Inquiry asks which version users got.
type Inquiry struct {
	Users   []string
	Context map[string]string // as in [Question]
	Time    time.Time
	// Lag is how long a change may take to reach services.
	Lag time.Duration
	// Stickiness of a candidate, where nothing tells: see [Records].
	Stickiness string
}

// Answer is what users got at a moment.
type Answer struct {
	Prompt      string            `json:"prompt"`
	Environment string            `json:"environment"`
	Time        time.Time         `json:"time"`
	Context     map[string]string `json:"context,omitempty"`
	Source      string            `json:"source"`          // event log, or release records
	Since       *time.Time        `json:"since,omitempty"` // the flag was so since then
	Cause       *Entry            `json:"cause,omitempty"` // the change that made it so
	Notes       []string          `json:"notes,omitempty"`
	Users       []UserAnswer      `json:"answers"` // in the order of Inquiry.Users
}

// UserAnswer is what one user got.
type UserAnswer struct {
	User string `json:"user"`
	// Sure: there is one outcome, and perhaps Earlier ones, which services may still
	// have had.
	Sure bool `json:"sure"`
	Verdict
	// Earlier are outcomes of what the flag was less than the lag before.
	Earlier   []Outcome `json:"earlier,omitempty"`
	Published *Entry    `json:"published,omitempty"` // how the version came here
}

// Answer finds out which version users got. Where that cannot be told, the answers
// list what is possible and what is missing. ErrNotThere: there was no flag.
func (p *Prompt) Answer(ctx context.Context, in Inquiry, m Matcher) (Answer, error) {
	out := Answer{Prompt: p.place.Prompt, Environment: p.place.Environment, Context: in.Context, Time: in.Time, Source: "event log"}
	// All entries up to then: a version may have been published long before.
	var entries []Entry
	for e, err := range p.Entries(ctx, time.Time{}, time.Time{}) {
		if err != nil {
			return out, err
		}
		entries = append(entries, e)
	}
	if p.site.Fault == nil && p.log == nil {
		out.Source, out.Notes = "release records", p.site.Notes
	}
	q := Question{Place: p.place, Context: in.Context, Time: in.Time}
	flag, err := p.past(entries, in)
	if err == nil {
		err = p.surroundings(ctx, &q, flag)
	}
	if away := (*unleashadmin.Error)(nil); errors.As(err, &away) {
		err = gap("%s", away)
	}
	if g := (*Gap)(nil); errors.As(err, &g) {
		v := Verdict{Outcomes: Possible(entries, in.Time), Missing: []string{g.Message}}
		for _, user := range in.Users {
			out.Users = append(out.Users, UserAnswer{User: user, Verdict: v})
		}
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if !flag.Since.IsZero() {
		out.Since = &flag.Since
	}
	out.Cause = Cause(entries, in.Time)
	for _, q.User = range in.Users {
		a := UserAnswer{User: q.User}
		if a.Verdict, err = q.Who(flag.Snapshot, m); err != nil {
			return out, err
		}
		if a.Sure = a.Verdict.Sure(); a.Sure {
			a.Published = Published(entries, a.Outcomes[0].Ref, in.Time)
		}
		if err := a.earlier(q, flag, m); err != nil {
			return out, err
		}
		out.Users = append(out.Users, a)
	}
	return out, nil
}

// past is the flag at the moment, by the source there is.
func (p *Prompt) past(entries []Entry, in Inquiry) (Past, error) {
	switch {
	case p.site.Fault != nil:
		return Past{}, gap("%s", p.site.Fault)
	case p.log != nil:
		return At(p.steps, *p.log, p.now, in.Time, in.Lag)
	}
	return Records{Place: p.place, Stickiness: in.Stickiness, Now: p.now}.At(entries, in.Time, in.Lag)
}

// surroundings reads what a flag depends on besides itself.
func (p *Prompt) surroundings(ctx context.Context, q *Question, flag Past) (err error) {
	admin := p.site.admin
	if admin == nil {
		return nil
	}
	if p.now != nil {
		parents, err := admin.Parents(ctx, p.place.Flag)
		if err != nil {
			return err
		}
		if len(parents) > 0 {
			return gap("the flag depends on other flags: %s", strings.Join(parents, ", "))
		}
	}
	for _, s := range append([]Snapshot{flag.Snapshot}, flag.Earlier...) {
		for _, x := range s.Strategies {
			if len(x.Segments) > 0 && q.Segments == nil {
				if q.Segments, err = admin.Segments(ctx, q.Time); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// earlier asks about what the flag was shortly before.
func (a *UserAnswer) earlier(q Question, flag Past, m Matcher) error {
	for _, s := range flag.Earlier {
		v, err := q.Who(s, m)
		if errors.Is(err, ErrNotThere) {
			v, err = Verdict{Outcomes: []Outcome{{Reason: "ERROR", Percent: -1, Why: "the flag was not there: the service's own default"}}}, nil
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
