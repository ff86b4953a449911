package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Entry is one prompt in one environment.
type Entry struct {
	Prompt      string `json:"prompt"`
	Environment string `json:"environment"`
	Flag        string `json:"flag"`
	// Exists is false when there is no flag yet, or it is archived.
	Exists   bool `json:"exists"`
	Archived bool `json:"archived,omitempty"`
	Enabled  bool `json:"enabled"`
	// Stable and Candidate are nil if the flag has none.
	Stable    *Version `json:"stable,omitempty"`
	Candidate *Version `json:"candidate,omitempty"`
	// OffServes is the version that everybody gets while the environment is
	// OFF, and KillTarget the one that candidate users get when it is disabled.
	OffServes  string `json:"offServes,omitempty"`
	KillTarget string `json:"killTarget,omitempty"`
	// Notes are what a release manager should know besides.
	Notes []string `json:"notes,omitempty"`
}

// Version is one live version.
type Version struct {
	Version string `json:"version"`
	Ref     string `json:"ref"`
	// Percent of callers that get it; of the candidate: as dialled, also while
	// it is disabled or the environment is OFF.
	Percent     int  `json:"percent"`
	Disabled    bool `json:"disabled,omitempty"`
	Constrained bool `json:"constrained,omitempty"`
	// Since is when it got its role; nil if no release record tells.
	Since *time.Time `json:"since,omitempty"`
	// Commit, Subject, Author of the pull request and Actor who published are those
	// that the version came with; absent if no release record tells.
	Commit  string `json:"commit,omitempty"`
	Subject string `json:"subject,omitempty"`
	Author  string `json:"author,omitempty"`
	Actor   string `json:"actor,omitempty"`
	// Placed is what gave it its role, if that is not what it came with.
	Placed *Placed `json:"placed,omitempty"`
	// Exposures counts evaluations of this hour and the one before; nil: not measured.
	Exposures *int64 `json:"exposures,omitempty"`
}

// Placed is an operation that gave a version its role some time after it came.
type Placed struct {
	Action  string `json:"action"` // as in release records: fold, restore, candidate, …
	Actor   string `json:"actor,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Commit  string `json:"commit,omitempty"` // of a publish
	Subject string `json:"subject,omitempty"`
}

// Input of Read.
type Input struct {
	Prompts      []string
	Environments []config.Environment
	Targets      map[string]plan.Target
}

const readsAtOnce = 8

// Read returns the entries by prompt, then environment, in the order given.
func Read(ctx context.Context, in Input) ([]Entry, error) {
	entries := make([]Entry, len(in.Prompts)*len(in.Environments))
	group, ctx := errgroup.WithContext(ctx)
	var r reader
	group.SetLimit(readsAtOnce)
	for j, env := range in.Environments {
		t := in.Targets[env.Name]
		// A wrong address answers "not found", too: asked once, if a flag is not.
		ping := sync.OnceValue(func() error { return t.Flags.Ping(ctx) })
		for i, prompt := range in.Prompts {
			group.Go(func() error {
				e, err := r.read(ctx, prompt, env, t, ping)
				if err != nil {
					return fmt.Errorf("%s in %s: %w", prompt, env.Name, err)
				}
				entries[i*len(in.Environments)+j] = e
				return nil
			})
		}
	}
	return entries, group.Wait()
}

// reader asks a bucket once for what entries of several environments and roles need.
type reader struct {
	records memo[[]store.RecordKey]
	blobs   memo[struct{}]
}

// object is what has a name in a bucket.
type object struct {
	bucket *store.Bucket
	name   string
}

// memo keeps answers; those who ask for the same meanwhile wait for it.
type memo[V any] struct{ answers sync.Map }

func (m *memo[V]) once(o object, ask func() (V, error)) (V, error) {
	answer, _ := m.answers.LoadOrStore(o, sync.OnceValues(ask))
	return answer.(func() (V, error))()
}

// recordKeys are the keys of a prompt's records, the newest first.
func (r *reader) recordKeys(ctx context.Context, bucket *store.Bucket, prompt string) ([]store.RecordKey, error) {
	return r.records.once(object{bucket, prompt}, func() ([]store.RecordKey, error) { return bucket.RecordKeys(ctx, prompt) })
}

// blob says whether services could load a version.
func (r *reader) blob(ctx context.Context, bucket *store.Bucket, digest prompts.Digest) error {
	_, err := r.blobs.once(object{bucket, string(digest)}, func() (struct{}, error) {
		_, err := bucket.Get(ctx, string(digest))
		return struct{}{}, err
	})
	return err
}

func (r *reader) read(ctx context.Context, prompt string, env config.Environment, t plan.Target, ping func() error) (Entry, error) {
	e := Entry{Prompt: prompt, Environment: env.Name, Flag: env.Flag(prompt)}
	f, err := t.Flags.Read(ctx, e.Flag)
	switch {
	case errors.Is(err, flags.ErrNotFound):
		e.Notes = append(e.Notes, "not published here yet")
		return e, ping()
	case errors.Is(err, flags.ErrArchived):
		e.Archived = true
		e.Notes = append(e.Notes, "the flag is archived: services get their last version for a day, then none")
		return e, nil
	case err != nil:
		return e, err
	}
	roles := flags.Recognise(f, prompt, env.Name)
	e.Exists, e.Enabled = true, f.Enabled
	e.Stable, e.Candidate = version(roles.Stable), version(roles.Candidate)
	keys, err := r.recordKeys(ctx, t.Bucket, prompt)
	if err != nil {
		return e, err
	}
	if err := e.addRecords(ctx, t.Bucket, keys); err != nil {
		return e, err
	}
	if err := e.addHold(ctx, t.Bucket, keys); err != nil {
		return e, err
	}
	if err := r.addMissing(ctx, &e, t.Bucket); err != nil {
		return e, err
	}
	if err := e.addExposures(ctx, t.Flags); err != nil {
		return e, err
	}
	e.conclude(f, roles)
	return e, nil
}

func version(s *flags.Strategy) *Version {
	if s == nil {
		return nil
	}
	return &Version{
		Version: plan.Version(s.Ref()), Ref: s.Ref(), Percent: s.Rollout(),
		Disabled: s.Disabled, Constrained: s.Constrained(),
	}
}

// addRecords looks up, for each live version, what it came with, and the newest
// finished operation that gave it its role.
func (e *Entry) addRecords(ctx context.Context, bucket *store.Bucket, keys []store.RecordKey) error {
	roles := []struct {
		v    *Version
		from []plan.Action
	}{
		{e.Stable, plan.StableActions()},
		{e.Candidate, []plan.Action{plan.ActionCandidate}},
	}
	for _, role := range roles {
		if role.v == nil {
			continue
		}
		came := plan.Came(keys, e.Environment, role.v.Version)
		if came >= 0 {
			r, err := bucket.Record(ctx, keys[came])
			if err != nil {
				return err
			}
			role.v.Commit, role.v.Subject, role.v.Author, role.v.Actor = r.Commit, r.Subject, r.Author, r.Actor
		}
		at := plan.Newest(keys, e.Environment, role.v.Version, role.from...)
		if at < 0 {
			continue
		}
		role.v.Since = &keys[at].Time
		if came >= 0 && keys[at].ID == keys[came].ID {
			continue
		}
		r, err := bucket.Record(ctx, keys[at])
		if err != nil {
			return err
		}
		role.v.Placed = placed(r)
	}
	return nil
}

// placed tells of a record. The commit of a command, which has no subject, is
// where somebody stood who gave it.
func placed(r store.Record) *Placed {
	p := &Placed{Action: r.Action, Actor: r.Actor, Reason: r.Reason}
	if r.Subject != "" {
		p.Commit, p.Subject = r.Commit, r.Subject
	}
	return p
}

// addMissing says which of the versions services could not load.
func (r *reader) addMissing(ctx context.Context, e *Entry, bucket *store.Bucket) error {
	for _, v := range []*Version{e.Stable, e.Candidate} {
		if v == nil {
			continue
		}
		ref, err := prompts.ParseRef(v.Ref)
		if err != nil {
			return err // flags.Recognise parsed it
		}
		switch err := r.blob(ctx, bucket, ref.Digest); {
		case errors.Is(err, store.ErrNotFound):
			e.Notes = append(e.Notes, v.Version+" is not in the bucket: services that do not have it cannot load it; promptflag drift says what to do")
		case errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrTooLarge):
			e.Notes = append(e.Notes, v.Version+" is damaged in the bucket: services that do not have it cannot load it; promptflag drift says what to do")
		case err != nil:
			return err
		}
	}
	return nil
}

// addHold says who disabled the candidate. A person who did it on the flag
// server left no record here.
func (e *Entry) addHold(ctx context.Context, bucket *store.Bucket, keys []store.RecordKey) error {
	c := e.Candidate
	if c == nil || !c.Disabled {
		return nil
	}
	at := plan.Newest(keys, e.Environment, c.Version, plan.ActionReject, plan.ActionReplace, plan.ActionCandidate)
	if at < 0 || plan.Action(keys[at].Action) == plan.ActionCandidate {
		e.Notes = append(e.Notes, "candidate "+c.Version+" is held: no record tells by whom")
		return nil
	}
	r, err := bucket.Record(ctx, keys[at])
	if err != nil {
		return err
	}
	e.Notes = append(e.Notes, "candidate "+c.Version+" is held "+plan.Decided(r))
	return nil
}

func (e *Entry) addExposures(ctx context.Context, server plan.Flags) error {
	counts, err := server.Exposures(ctx, e.Flag)
	if err != nil || counts == nil {
		return err
	}
	for _, v := range []*Version{e.Stable, e.Candidate} {
		if v != nil {
			n := counts[v.Version]
			v.Exposures = &n
		}
	}
	return nil
}

// conclude says in words what follows from the state.
func (e *Entry) conclude(f flags.Flag, r flags.Roles) {
	note := func(format string, args ...any) { e.Notes = append(e.Notes, fmt.Sprintf(format, args...)) }
	if e.Stable == nil {
		note("no stable strategy of this prompt: callers outside the candidate get nothing from the flag")
	} else {
		e.OffServes = e.Stable.Version
		e.Stable.Percent = 100
		if e.Stable.Disabled {
			note("the stable strategy is disabled: services fall back to the last stable version that they loaded")
		}
	}
	switch c := e.Candidate; {
	case e.Stable == nil:
	case c == nil:
		note("no kill target: there is only stable")
	case c.Disabled:
	default:
		e.KillTarget = e.Stable.Version
		if e.Enabled && !c.Constrained {
			e.Stable.Percent = 100 - c.Percent
		}
	}
	e.noteStrategies(f, r, note)
}

func (e *Entry) noteStrategies(f flags.Flag, r flags.Roles, note func(string, ...any)) {
	if n := len(r.Leftovers); n > 0 {
		what := "1 leftover strategy of an interrupted run; the next publish removes it"
		if n > 1 {
			what = fmt.Sprintf("%d leftover strategies of an interrupted run; the next publish removes them", n)
		}
		note("%s", what)
	}
	if len(r.Lost) > 0 {
		note("a strategy lost its role mark; the next publish restores it")
	}
	behind := false
	for _, s := range f.Strategies {
		mine := r.Candidate != nil && s.ID == r.Candidate.ID ||
			slices.ContainsFunc(r.Leftovers, func(l flags.Strategy) bool { return l.ID == s.ID })
		if r.Stable != nil && s.ID == r.Stable.ID {
			behind = !r.Stable.Disabled
			continue
		}
		if mine || s.Disabled {
			continue
		}
		name := s.Title
		if name == "" {
			name = s.Name
		}
		if behind {
			note("the strategy %q stands behind stable and never matches", name)
			continue
		}
		what := "no version"
		if ref, err := prompts.ParseRef(s.Ref()); err == nil {
			what = ref.Version()
		}
		note("people's strategy %q comes first and serves %s to whom it matches", name, what)
	}
}
