package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/store"
)

// Lease is the right to write to one environment. It is used by several
// goroutines at a time.
type Lease interface {
	// Hold is asked before every write to a flag; an error stops it.
	Hold(context.Context) error
	// Release gives the right back.
	Release(context.Context) error
}

// releaseTimeout bounds giving back, which an interrupted run does, too.
const releaseTimeout = 10 * time.Second

// take gets the leases of all environments that have writes. Everybody asks for
// them in the same order, so that no two wait for each other.
func (o Options) take(ctx context.Context, p *Plan) (map[string]Lease, error) {
	held := map[string]Lease{}
	if o.Lease == nil {
		return held, nil
	}
	for _, environment := range writtenTo(p) {
		l, err := o.Lease(ctx, environment)
		if err != nil {
			o.release(ctx, held)
			return nil, err
		}
		held[environment] = l
	}
	return held, nil
}

// writtenTo lists environments in alphabetical order.
func writtenTo(p *Plan) []string {
	var names []string
	for _, i := range p.Items {
		if i.Writes() {
			names = append(names, i.Environment)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// release gives everything back. That it fails costs others some time, and
// changes nothing about what was done.
func (o Options) release(ctx context.Context, held map[string]Lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	for _, l := range held {
		if err := l.Release(ctx); err != nil && o.Warn != nil {
			o.Warn(err.Error() + "; others wait until it expires")
		}
	}
}

// refresh plans again if, before the leases were taken, somebody published what
// the plan does not know of: a flag that it wants to leave as it is may need
// something now. Flags that it writes are read again by themselves.
func (o Options) refresh(ctx context.Context, p *Plan, held map[string]Lease) error {
	if o.Again == nil {
		return nil
	}
	outdated := false
	for environment := range held {
		all, err := o.Targets[environment].Flags.Export(ctx)
		if err != nil {
			return fmt.Errorf("environment %s: %w", environment, err)
		}
		outdated = outdated || p.outdated(environment, all)
	}
	if !outdated {
		return nil
	}
	again, err := o.Again(ctx)
	if err != nil {
		return err
	}
	// What has no lease was not to be written to, and stays like that.
	for i, item := range again.Items {
		if _, ok := held[item.Environment]; ok || !item.Writes() {
			continue
		}
		j := slices.IndexFunc(p.Items, func(old Item) bool {
			return old.Environment == item.Environment && old.Prompt == item.Prompt
		})
		if j >= 0 {
			again.Items[i] = p.Items[j]
		}
	}
	*p = *again
	return nil
}

// outdated reports whether a flag of which nothing is to be written names other
// versions than it did.
func (p *Plan) outdated(environment string, all map[string]flags.Flag) bool {
	return slices.ContainsFunc(p.Items, func(i Item) bool {
		if i.Environment != environment || i.Writes() || i.Decide == nil {
			return false
		}
		now := State{}
		if f, ok := all[i.Flag]; ok {
			now = StateOf(&f, flags.Recognise(f, i.Prompt, environment))
		}
		was := i.Before
		return now.Stable != was.Stable || now.Candidate != was.Candidate || now.CandidateDisabled != was.CandidateDisabled
	})
}

// lost is why nothing is written to an environment any more.
func lost(err error) bool { return errors.Is(err, store.ErrLeaseLost) }
