package retire

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// Errors that callers branch on.
var (
	// ErrAsked: services ask for the flag.
	ErrAsked = errors.New("services ask for it")
	// ErrUnknown: nobody can tell whether services ask for the flag.
	ErrUnknown = errors.New("nobody can tell whether services ask for it")
	// ErrNotOurs: there is no flag of that prompt, or not one of ours.
	ErrNotOurs = errors.New("not a prompt flag")
)

// server is what archiving needs of a flag server besides plan.Flags.
type server interface {
	Archive(ctx context.Context, flag string) error
	Asked(ctx context.Context, flag string, since time.Time) (flags.Asked, error)
}

// Input of Run.
type Input struct {
	Prompt       string
	Environments []config.Environment // all there are: a flag has one archive
	Targets      map[string]plan.Target
	Origin       plan.Origin
	Now          func() time.Time
	NewID        func() string
	// Quiet is for how long no service must have asked.
	Quiet time.Duration
	// Force archives although services ask, or nobody can tell.
	Force bool
	// Hold is asked before every write to an environment.
	Hold func(ctx context.Context, environment string) error
}

// place is the flag in one environment.
type place struct {
	env    config.Environment
	flag   *flags.Flag // nil: archived there already
	roles  flags.Roles
	asked  flags.Asked
	unread error // why asked is not known
}

// Result says what was done.
type Result struct {
	Prompt   string   `json:"prompt"`
	Archived []string `json:"archived"` // environments where there was a flag
	Already  []string `json:"already"`  // environments where it was archived
	Notes    []string `json:"notes,omitempty"`
}

// Run archives the flag in every environment, and may be repeated.
func Run(ctx context.Context, in Input) (Result, error) {
	r := Result{Prompt: in.Prompt, Archived: []string{}, Already: []string{}}
	places, err := in.read(ctx)
	if err != nil {
		return r, err
	}
	if len(places) == 0 {
		return r, fmt.Errorf("no environment has a flag of %s: %w", in.Prompt, ErrNotOurs)
	}
	if err := in.quiet(places, &r); err != nil {
		return r, err
	}
	id, at := in.NewID(), in.Now()
	for _, p := range places {
		if p.flag == nil {
			r.Already = append(r.Already, p.env.Name)
			continue
		}
		if err := in.archive(ctx, p, id, at); err != nil {
			return r, fmt.Errorf("environment %s: %w", p.env.Name, err)
		}
		r.Archived = append(r.Archived, p.env.Name)
	}
	return r, nil
}

func (in Input) read(ctx context.Context) (places []place, err error) {
	for _, env := range in.Environments {
		target, name := in.Targets[env.Name].Flags, env.Flag(in.Prompt)
		f, err := plan.Find(ctx, target, name)
		switch {
		case errors.Is(err, flags.ErrArchived):
			places = append(places, place{env: env})
			continue
		case err != nil:
			return nil, fmt.Errorf("environment %s: %w", env.Name, err)
		case f == nil:
			continue
		}
		p := place{env: env, flag: f, roles: flags.Recognise(*f, in.Prompt, env.Name)}
		s, ok := target.(server)
		if !ok {
			return nil, fmt.Errorf("environment %s: this kind of flag server cannot archive", env.Name)
		}
		p.asked, p.unread = s.Asked(ctx, name, in.Now().Add(-in.Quiet))
		if p.unread != nil && !in.Force {
			return nil, fmt.Errorf("environment %s: %w: %w", env.Name, ErrUnknown, p.unread)
		}
		places = append(places, p)
	}
	return places, nil
}

// quiet refuses a flag that services ask for, or of which nobody can tell. Where
// somebody insists, what speaks against it is noted.
func (in Input) quiet(places []place, r *Result) error {
	left, ours, known := false, false, true
	asked := map[string]int64{} // by environment of the server, which counts for all it has
	for _, p := range places {
		if p.flag == nil {
			continue
		}
		left, ours = true, ours || p.ref() != ""
		if p.unread != nil {
			r.Notes = append(r.Notes, p.env.Name+": whether services ask for it could not be read: "+p.unread.Error())
			continue
		}
		known = known && p.asked.Known
		for environment, n := range p.asked.By {
			if n > 0 {
				asked[environment] = n
			}
		}
	}
	switch {
	case !left:
		return nil
	case !ours:
		return fmt.Errorf("no strategy of the flag serves a version of %s: %w", in.Prompt, ErrNotOurs)
	}
	for _, environment := range slices.Sorted(maps.Keys(asked)) {
		text := fmt.Sprintf("%s: asked for in the last %s (evaluations: %d or more)", environment, in.Quiet, asked[environment])
		if !in.Force {
			return fmt.Errorf("%s: %w", text, ErrAsked)
		}
		r.Notes = append(r.Notes, text)
	}
	switch {
	case known || len(asked) > 0:
	case in.Force:
		r.Notes = append(r.Notes, "nobody counts who asks for it: a service that does gets its last version for a day, and the caller's default after that")
	default:
		return fmt.Errorf("no service ever reported that it evaluated the flag: %w", ErrUnknown)
	}
	return nil
}

// ref is what a record about the flag is about.
func (p place) ref() string {
	switch {
	case p.roles.Stable != nil:
		return p.roles.Stable.Ref()
	case p.roles.Candidate != nil:
		return p.roles.Candidate.Ref()
	case len(p.roles.Lost) > 0:
		return p.roles.Lost[0].Strategy.Ref()
	}
	return ""
}

func (in Input) archive(ctx context.Context, p place, id string, at time.Time) error {
	target := in.Targets[p.env.Name]
	record := store.Record{
		ID: id, Phase: store.Intent, Time: at, Name: in.Prompt, Environment: p.env.Name,
		Action: string(plan.ActionRetire), Ref: p.ref(),
		Actor: in.Origin.Actor, Commit: in.Origin.Commit, Run: in.Origin.RunURL, Reason: in.Origin.Reason, Tool: in.Origin.Tool,
		Before: plan.StateOf(p.flag, p.roles).Record(),
	}
	told := record.Ref != "" // an environment that the flag was never published to has nothing to tell
	if told {
		if err := target.Bucket.PutRecord(ctx, record); err != nil {
			return err
		}
	}
	if err := in.Hold(ctx, p.env.Name); err != nil {
		return err
	}
	if err := target.Flags.(server).Archive(ctx, p.flag.Name); err != nil {
		return err
	}
	if _, err := target.Flags.Read(ctx, p.flag.Name); !errors.Is(err, flags.ErrArchived) {
		return fmt.Errorf("read back: the flag %s is not archived: %w", p.flag.Name, err)
	}
	if !told {
		return nil
	}
	record.Phase = store.Done
	return target.Bucket.PutRecord(ctx, record)
}
