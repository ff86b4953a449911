package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/publish"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Input of Check.
type Input struct {
	Tree         *prompts.Tree
	Environments []config.Environment
	Targets      map[string]plan.Target
	Origin       plan.Origin
	Now          time.Time
	// OpenFor is how long a candidate may be open.
	OpenFor time.Duration
	// From is the environment that others are promoted from; "" for none.
	From string
	// History reports whether a commit is one of the branch's; nil: not asked.
	History func(ctx context.Context, commit string) (bool, error)
}

// Requests at a time.
const (
	readsAtOnce = 8
	blobsAtOnce = 16
)

// settling is how old an unfinished operation is at least: a younger one may be
// running.
const settling = time.Hour

// Check looks at everything. It writes nothing, and what cannot be read is in the
// report; an error is the end of ctx.
func Check(ctx context.Context, in Input) (*Report, error) {
	r := &Report{Findings: []Finding{}, Unread: []Unread{}}
	r.Looked.At, r.Looked.Prompts, r.Looked.Environments = in.Now.UTC(), len(in.Tree.Definitions()), len(in.Environments)
	var names []string
	records := &records{}
	blobs := &blobs{in: in}
	for _, env := range in.Environments {
		names = append(names, env.Name)
		s := &site{in: in, env: env, target: in.Targets[env.Name], report: r, blobs: blobs, records: records}
		s.server = &once{Flags: s.target.Flags}
		s.target.Flags = s.server
		if err := s.look(ctx); err != nil {
			r.unread(env.Name, "the flags", err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	blobs.check(ctx, r)
	records.check(ctx, r)
	r.sort(names)
	return r, ctx.Err()
}

// site is one environment.
type site struct {
	in      Input
	env     config.Environment
	target  plan.Target
	server  *once
	report  *Report
	blobs   *blobs
	records *records
}

// ours is a flag of a prompt.
type ours struct {
	prompt string
	flag   flags.Flag
	roles  flags.Roles
}

func (s *site) look(ctx context.Context) error {
	all, err := s.server.Export(ctx)
	if err != nil {
		return err
	}
	list := s.ours(all)
	s.report.Looked.Flags += len(list)
	s.plan(ctx)
	s.order(ctx, list)
	for _, o := range list {
		s.shape(o)
		s.state(o)
		s.records.add(s, o)
	}
	s.blobs.add(s, live.NamedOf(s.env, all))
	return nil
}

// ours finds the prompt flags among all flags of a project.
func (s *site) ours(all map[string]flags.Flag) (list []ours) {
	for _, f := range all {
		prompt, ok := strings.CutPrefix(f.Name, s.env.FlagPrefix)
		if !ok || prompts.ValidName(prompt) != nil {
			continue
		}
		is := slices.ContainsFunc(f.Strategies, func(st flags.Strategy) bool {
			ref, err := prompts.ParseRef(st.Ref())
			return st.Parameters[flags.ParamRole] != "" && strings.HasPrefix(st.Parameters[flags.ParamID], f.Name+"/") || err == nil && ref.Name == prompt
		})
		if _, inTree := s.in.Tree.Lookup(prompt); is || inTree && len(f.Strategies) > 0 {
			list = append(list, ours{prompt, f, flags.Recognise(f, prompt, s.env.Name)})
		}
	}
	slices.SortFunc(list, func(a, b ours) int { return strings.Compare(a.prompt, b.prompt) })
	return list
}

func (s *site) add(k Kind, o ours, is, should, mend string) *Finding {
	s.report.Findings = append(s.report.Findings, Finding{
		Kind: k, Prompt: o.prompt, Environment: s.env.Name, Flag: s.env.Flag(o.prompt), Is: is, Should: should, Mend: mend,
	})
	return &s.report.Findings[len(s.report.Findings)-1]
}

// plan asks what publish would do: that is what git has and the flags have not.
func (s *site) plan(ctx context.Context) {
	p, err := publish.Prepare(ctx, publish.Input{
		Tree: s.in.Tree, Environments: []config.Environment{s.env},
		Targets: map[string]plan.Target{s.env.Name: s.target}, Origin: s.in.Origin, From: s.in.From,
	})
	if err != nil {
		s.report.unread(s.env.Name, "what publish would do", err)
		return
	}
	for _, item := range p.Items {
		o := ours{prompt: item.Prompt}
		publish := "promptflag publish -e " + s.env.Name
		switch item.Kind {
		case plan.Create, plan.Canary, plan.Restore, plan.Withdraw:
			s.add(NotPublished, o, "git and flag differ: "+item.Why, "the flag names the version in git", publish)
		case plan.Stopped:
			k := Stopped
			if s.server.archived(item.Flag) {
				k = Archived
			}
			s.add(k, o, item.Why, "publish can go on", item.Problem.Hint)
		case plan.Repair:
			f := s.add(Leftover, o, item.Why+": "+strings.Join(item.Warnings, "; "), "marks and strategies are as publish leaves them", publish)
			switch {
			case len(item.Warnings) == 0:
				f.Is = item.Why
			case strings.HasPrefix(item.Warnings[0], "restore role"):
				f.Kind = RoleLost
			case strings.Contains(item.Warnings[0], "is a copy"):
				f.Kind = Copy
			}
			if harmless(item) {
				f.Repairable, f.repair = true, item
				f.Mend = "promptflag drift --repair"
			}
		}
	}
	for _, orphan := range p.Orphans {
		s.orphan(ctx, orphan)
	}
}

// orphan tells a flag that nobody asks for from one that somebody needs.
func (s *site) orphan(ctx context.Context, orphan plan.Orphan) {
	o := ours{prompt: orphan.Prompt}
	should := "git has the prompt, or nobody asks for it and its flag is archived"
	counts, err := s.server.Exposures(ctx, orphan.Flag)
	switch {
	case err != nil:
		s.report.unread(s.env.Name, "the traffic of "+orphan.Flag, err)
		s.add(Orphan, o, orphan.Note+"; whether anybody asks for it could not be read", should, "promptflag retire "+orphan.Prompt+", when no service asks for it any more")
	case counts == nil:
		s.add(Orphan, o, orphan.Note+"; nobody counts who asks for it", should, "promptflag retire "+orphan.Prompt+" --force --reason …, when no service asks for it any more")
	default:
		var n int64
		for _, c := range counts {
			n += c
		}
		if n > 0 {
			s.add(OrphanTraffic, o, fmt.Sprintf("%s; it was evaluated %d times in the last hour or two", orphan.Note, n), should, "bring the file back, or have the services ask for another prompt, then promptflag retire "+orphan.Prompt)
			return
		}
		s.add(Orphan, o, orphan.Note+"; it was not evaluated in the last hour or two", should, "promptflag retire "+orphan.Prompt)
	}
}

// once reads each thing of a flag server once.
type once struct {
	plan.Flags

	mu     sync.Mutex
	export map[string]flags.Flag
	read   map[string]*answer
}

type answer struct {
	once sync.Once
	flag flags.Flag
	err  error
}

// Export is asked one after the other.
func (c *once) Export(ctx context.Context) (map[string]flags.Flag, error) {
	if c.export != nil {
		return c.export, nil
	}
	all, err := c.Flags.Export(ctx)
	if err == nil {
		c.export = all
	}
	return all, err
}

func (c *once) Read(ctx context.Context, flag string) (flags.Flag, error) {
	c.mu.Lock()
	if c.read == nil {
		c.read = map[string]*answer{}
	}
	a := c.read[flag]
	if a == nil {
		a = &answer{}
		c.read[flag] = a
	}
	c.mu.Unlock()
	a.once.Do(func() { a.flag, a.err = c.Flags.Read(ctx, flag) })
	return a.flag, a.err
}

// archived reports whether a flag that was read is.
func (c *once) archived(flag string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.read[flag]
	return a != nil && errors.Is(a.err, flags.ErrArchived)
}

// order reads the flags whose order of strategies counts, and finds strategies
// that never match.
func (s *site) order(ctx context.Context, list []ours) {
	var group errgroup.Group
	group.SetLimit(readsAtOnce)
	read := make([]*flags.Flag, len(list))
	errs := make([]error, len(list))
	for i, o := range list {
		enabled := 0
		for _, st := range o.flag.Strategies {
			if !st.Disabled {
				enabled++
			}
		}
		if enabled < 2 {
			continue
		}
		group.Go(func() error {
			f, err := s.server.Read(ctx, o.flag.Name)
			read[i], errs[i] = &f, err
			return nil
		})
	}
	group.Wait()
	for i, o := range list {
		switch {
		case errs[i] != nil:
			s.report.unread(s.env.Name, "the order of the strategies of "+o.flag.Name, errs[i])
		case read[i] != nil:
			s.neverMatches(o, *read[i])
		}
	}
}

// key is a version in a bucket.
type key struct {
	bucket *store.Bucket
	digest prompts.Digest
}
