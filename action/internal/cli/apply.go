package cli

import (
	"context"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/plan"
)

// applying says how a plan is carried out. Targets, origin and command are
// required.
type applying struct {
	targets map[string]plan.Target
	origin  plan.Origin
	command string // as the lease names it: publish, rollback, …
	// emergency does not wait for other writers: it takes over.
	emergency bool
	// leaseless: switching an environment does not meddle with what others write.
	leaseless bool
	head      func(context.Context) error
	again     func(context.Context) (*plan.Plan, error) // see plan.Options
}

// apply carries a plan out and says how it went.
func (s *session) apply(ctx context.Context, p *plan.Plan, a applying) error {
	wanted := p.Writes()
	var done []plan.Item
	o := plan.Options{
		Targets: a.targets, Origin: a.origin, Now: s.Now, NewID: s.NewID, Head: a.head,
		Done: func(i plan.Item, err error) {
			if err == nil {
				done = append(done, i)
			}
			if i.Redecided {
				fmt.Fprintf(s.Stderr, "%s in %s: the flag changed after the plan was made; decided again: %s\n", i.Prompt, i.Environment, i.Why)
			}
		},
	}
	if a.again != nil {
		o.Again = func(ctx context.Context) (*plan.Plan, error) {
			fmt.Fprintln(s.Stderr, "what is live is not what the plan was made from: planning again")
			again, err := a.again(ctx)
			if err == nil {
				wanted = again.Writes()
			}
			return again, err
		}
	}
	if !a.leaseless {
		o.Leases = s.leases(a)
	}
	err := plan.Apply(ctx, p, o)
	if wanted > 0 && !stoppedByHead(err) {
		fmt.Fprintf(s.Stderr, "%d of %d done\n", len(done), wanted)
	}
	s.notifyItems(ctx, done, a.origin)
	return err
}

// say prints a line for whoever waits.
func (s *session) say(text string) { fmt.Fprintln(s.Stderr, "promptflag: "+text) }

// warn prints what goes wrong without stopping anything.
func (s *session) warn(text string) {
	fmt.Fprintln(s.Stderr, "promptflag: warning: "+text)
	s.runner.Warning(text)
}
