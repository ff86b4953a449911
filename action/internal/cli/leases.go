package cli

import (
	"context"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/lease"
	"github.com/promptflag/promptflag/action/internal/plan"
)

// asking says who asks for a lease, and what for.
func (s *session) asking(from plan.Origin, command string) lease.Options {
	return lease.Options{Origin: from, Command: command, NewID: s.NewID, Now: s.Now, Say: s.say}
}

// leases are how a plan gets the leases of its environments.
func (s *session) leases(a applying) *plan.Leases {
	o := s.asking(a.origin, a.command)
	o.Emergency = a.emergency
	return &plan.Leases{
		Take: func(ctx context.Context, environment string, prompts []string) (plan.Lease, error) {
			o := o
			o.Prompts = prompts
			return lease.Take(ctx, a.targets[environment].Bucket, environment, o)
		},
		Left: func(ctx context.Context, environment string) (bool, error) {
			return lease.Left(ctx, a.targets[environment].Bucket, environment, o)
		},
		Urgent: a.emergency, Warn: s.warn,
	}
}

// heldLeases are those of several environments, for a command that is no plan.
type heldLeases map[string]*lease.Held

// lease takes the leases of environments, in the order in which everybody asks
// for them.
func (s *session) lease(ctx context.Context, envs []config.Environment, targets map[string]plan.Target, from plan.Origin, command string) (heldLeases, error) {
	names := environmentNames(envs)
	slices.Sort(names)
	held := heldLeases{}
	for _, name := range names {
		l, err := lease.Take(ctx, targets[name].Bucket, name, s.asking(from, command))
		if err != nil {
			held.release(ctx, s)
			return nil, err
		}
		held[name] = l
	}
	return held, nil
}

// hold is asked before a write to one environment.
func (l heldLeases) hold(ctx context.Context, environment string) error {
	return l[environment].Hold(ctx)
}

// all is asked before a write that concerns all of them.
func (l heldLeases) all(ctx context.Context) error {
	for _, held := range l {
		if err := held.Hold(ctx); err != nil {
			return err
		}
	}
	return nil
}

// release gives them back. What a holder before left undone stays so: nobody who
// takes leases this way finishes it.
func (l heldLeases) release(ctx context.Context, s *session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, held := range l {
		if err := held.Release(ctx, held.Owed()...); err != nil {
			s.warn(err.Error() + "; others wait until it expires")
		}
	}
}
