package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/policy"
	"github.com/promptflag/promptflag/action/internal/report"
	"github.com/promptflag/promptflag/action/internal/rollout"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// target is the one prompt and environment that a command is about.
type target struct {
	Name        string `arg:"" help:"The prompt, for example support.triage."`
	Environment string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"The environment; may be left out if there is only one."`
	Reason      string `env:"INPUT_REASON" help:"Why, for the release records."`
}

type dialCmd struct {
	target
	Percent percentage `arg:"" help:"Percentage of users who get the candidate, 0 to 100."`
}

// percentage is written 10 or 10%. A flag server has no fractions of it.
type percentage int

func (p *percentage) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(string(text), "%")))
	if err != nil || n < 0 || n > 100 {
		return fmt.Errorf("%q: a whole percentage from 0 to 100, such as 10", text)
	}
	*p = percentage(n)
	return nil
}

type (
	offCmd struct{ target }
	onCmd  struct{ target }
)

type rollbackCmd struct {
	target
	To string `placeholder:"VERSION" help:"An earlier version, as plan and status print it; default: disable the candidate."`
}

func (c dialCmd) Run(ctx context.Context, s *session) error {
	dial := func(p rollout.Place, f *flags.Flag) (plan.Item, error) { return p.Dial(f, int(c.Percent)) }
	if c.Percent == 100 {
		return c.judged(ctx, s, dial)
	}
	return c.do(ctx, s, s.unfrozen(dial))
}

func (c offCmd) Run(ctx context.Context, s *session) error {
	return c.do(ctx, s, func(p rollout.Place, f *flags.Flag) (plan.Item, error) { return p.Switch(f, false) })
}

func (c onCmd) Run(ctx context.Context, s *session) error {
	return c.do(ctx, s, func(p rollout.Place, f *flags.Flag) (plan.Item, error) { return p.Switch(f, true) })
}

func (c rollbackCmd) Run(ctx context.Context, s *session) error {
	if c.To == "" {
		return c.do(ctx, s, rollout.Place.Kill)
	}
	w, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	to, err := s.published(ctx, w.bucket(), c.Name, c.To)
	if err != nil {
		return err
	}
	return w.apply(ctx, s, func(p rollout.Place, f *flags.Flag) (plan.Item, error) { return p.RollbackTo(f, to) })
}

// decision computes what a command does to a flag as it was read.
type decision func(rollout.Place, *flags.Flag) (plan.Item, error)

func (t target) do(ctx context.Context, s *session, decide decision) error {
	w, err := t.open(ctx, s)
	if err != nil {
		return err
	}
	return w.apply(ctx, s, decide)
}

// judged is do for what gives everybody the candidate: its evaluation must let it
// pass.
func (t target) judged(ctx context.Context, s *session, decide decision) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	w, err := t.open(ctx, s)
	if err != nil {
		return err
	}
	g, err := s.newGate(cfg, w.targets, w.place.Origin)
	if err != nil {
		return err
	}
	defer g.run.Close()
	return w.gated(ctx, s, s.unfrozen(decide).then(func(item *plan.Item) error { return g.promoting(ctx, item) }))
}

// gated carries out a decision that may have to wait for an evaluation.
func (w work) gated(ctx context.Context, s *session, decide decision) error {
	untold := false
	err := w.apply(ctx, s, decide.then(func(item *plan.Item) error {
		untold = item.Untold
		return nil
	}))
	if no := (refusal{}); errors.As(err, &no) && untold {
		return cannotTell{errors.New("nothing was done: could not tell whether this may go out")}
	}
	return err
}

// then looks at each item that a decision comes to, also when it is taken again.
func (d decision) then(look func(*plan.Item) error) decision {
	return func(p rollout.Place, f *flags.Flag) (plan.Item, error) {
		item, err := d(p, f)
		if err == nil {
			err = look(&item)
		}
		if item.Decide != nil {
			item.Decide = func(f *flags.Flag) (plan.Item, error) { return d.then(look)(p, f) }
		}
		return item, err
	}
}

// unfrozen stops what gives more users the candidate while a freeze is on.
func (s *session) unfrozen(decide decision) decision {
	return func(p rollout.Place, f *flags.Flag) (plan.Item, error) {
		return decide.then(func(item *plan.Item) error {
			up := item.Writes() && (item.Kind == plan.Promote || item.Kind == plan.Dial && item.After.Percent > item.Before.Percent)
			if r := policy.Frozen(p.Env, s.Now()); up && r != nil {
				refuse(item, []policy.Refusal{*r})
			}
			return nil
		})(p, f)
	}
}

// work is an opened target.
type work struct {
	place   rollout.Place
	targets map[string]plan.Target
	command string // as the lease names it; "" is the kind of what is done
}

func (w work) bucket() *store.Bucket { return w.targets[w.place.Env.Name].Bucket }

// open never loads the whole tree: a broken prompt elsewhere must not stand in
// the way of a rollback.
func (t target) open(ctx context.Context, s *session) (work, error) {
	cfg, err := s.config()
	if err != nil {
		return work{}, err
	}
	env, err := oneEnvironment(cfg, t.Environment)
	if err != nil {
		return work{}, err
	}
	if err := prompts.ValidName(t.Name); err != nil {
		return work{}, usageError{err}
	}
	targets, err := s.targets(ctx, []config.Environment{env})
	if err != nil {
		return work{}, err
	}
	history := sync.OnceValues(func() (rollout.History, error) {
		return rollout.ReadHistory(ctx, targets[env.Name].Bucket, t.Name, env.Name)
	})
	from, _ := s.origin(ctx, t.Reason)
	from.Subject = "" // no commit is what this is about
	place := rollout.At(t.Name, s.definition(cfg, t.Name), env, from, history)
	if env.Manual() {
		place.From = promotedFrom(cfg)
	}
	return work{place, targets, ""}, nil
}

// definition is the prompt's file if it is there and valid, for its own
// [rollout]; without it the environment's settings hold.
func (s *session) definition(cfg *config.Config, name string) *prompts.Definition {
	root, err := s.openRoot()
	if err != nil {
		return nil
	}
	tree, _ := prompts.Load(root.FS(), cfg.Prompts, &prompts.LoadOptions{Names: []string{name}})
	if tree == nil {
		return nil
	}
	def, _ := tree.Lookup(name)
	return def
}

func oneEnvironment(cfg *config.Config, name string) (config.Environment, error) {
	if name == "" && len(cfg.Environments) > 1 {
		return config.Environment{}, usageError{fmt.Errorf("say which environment: --environment with one of %s", list(cfg.Names()))}
	}
	if name == "" {
		return cfg.Environments[0], nil
	}
	envs, err := environments(cfg, []string{name})
	if err != nil {
		return config.Environment{}, err
	}
	return envs[0], nil
}

// applying: what helps at once waits for nobody.
func (w work) applying(kind plan.Kind) applying {
	return applying{
		targets: w.targets, origin: w.place.Origin, command: cmp.Or(w.command, string(kind)),
		emergency: kind == plan.Rollback, leaseless: kind == plan.Off || kind == plan.On,
	}
}

// read reads the flag; nil if there is none yet.
func (w work) read(ctx context.Context) (*flags.Flag, error) {
	f, err := plan.Find(ctx, w.targets[w.place.Env.Name].Flags, w.place.Flag())
	if errors.Is(err, flags.ErrArchived) || errors.Is(err, flags.ErrOtherProject) {
		return nil, refusal{fmt.Errorf("nothing was done: %w", err)}
	}
	return f, err
}

func (w work) apply(ctx context.Context, s *session, decide decision) error {
	found, err := w.read(ctx)
	if err != nil {
		return err
	}
	item, err := decide(w.place, found)
	if err != nil {
		return err
	}
	if found == nil && item.Problem != nil {
		if hint := s.meantPrompt(item.Prompt); hint != "" {
			item.Problem.Hint = hint
		}
	}
	p := &plan.Plan{Items: []plan.Item{item}}
	if err := report.Plan(s.Stdout, p, true); err != nil {
		return err
	}
	if item.Problem != nil {
		s.runner.Error(item.Problem.Error())
		s.notifyItems(ctx, p.Items, w.place.Origin)
		return errors.Join(refusal{errPrinted}, s.summarise("Nothing was done", "", p))
	}
	if err := s.apply(ctx, p, w.applying(item.Kind)); err != nil {
		return errors.Join(err, s.summarise("This was not finished", err.Error(), p))
	}
	return s.summarise("What was done", "", p)
}
