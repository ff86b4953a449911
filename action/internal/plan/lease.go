package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/store"
)

// Lease is the right to write to one environment. It is used by several
// goroutines at a time.
type Lease interface {
	// Hold is asked before every write to a flag; an error stops it.
	Hold(context.Context) error
	// Owed are prompts that a holder before wrote to and did not finish.
	Owed() []string
	// Release gives the right back; undone are prompts that were not finished.
	Release(ctx context.Context, undone ...string) error
}

// Leases are how Apply gets the right to write; all functions are required.
type Leases struct {
	// Take waits until nobody else has that of the environment. It is about the
	// prompts named.
	Take func(ctx context.Context, environment string, prompts []string) (Lease, error)
	// Left reports whether a holder before left something undone. It is asked
	// for a plan that writes nothing.
	Left func(ctx context.Context, environment string) (bool, error)
	// Urgent: what others left undone is done at the end.
	Urgent bool
	// Warn is told what does not stop anything.
	Warn func(string)
}

// releaseTimeout bounds giving back, which an interrupted run does, too.
const releaseTimeout = 10 * time.Second

// holding is a lease and what has to be said when it is given back.
type holding struct {
	Lease
	prefix string   // of flags
	owed   []string // prompts, by others
	undone []string // prompts, by us
	lost   bool
}

// hold asks before a write. Without leases nobody else writes.
func (h *holding) hold(ctx context.Context) error {
	if h == nil {
		return nil
	}
	return h.Hold(ctx)
}

// take gets the leases of all environments that have writes, or where something
// was left. Everybody asks for them in the same order, so that no two wait for
// each other.
func (o Options) take(ctx context.Context, p *Plan) (map[string]*holding, error) {
	held := map[string]*holding{}
	if o.Leases == nil {
		return held, nil
	}
	about, prefix := map[string][]string{}, map[string]string{}
	var environments []string
	for _, i := range p.Items {
		if _, ok := prefix[i.Environment]; !ok {
			prefix[i.Environment] = strings.TrimSuffix(i.Flag, i.Prompt)
			environments = append(environments, i.Environment)
		}
		if i.Writes() {
			about[i.Environment] = append(about[i.Environment], i.Prompt)
		}
	}
	slices.Sort(environments)
	for _, environment := range environments {
		if len(about[environment]) == 0 {
			left, err := o.Leases.Left(ctx, environment)
			if err != nil {
				o.release(ctx, held)
				return nil, err
			}
			if !left {
				continue
			}
		}
		l, err := o.Leases.Take(ctx, environment, about[environment])
		if err != nil {
			o.release(ctx, held)
			return nil, err
		}
		held[environment] = &holding{Lease: l, prefix: prefix[environment], owed: l.Owed()}
	}
	return held, nil
}

// release gives everything back. That it fails costs others some time, and
// changes nothing about what was done.
func (o Options) release(ctx context.Context, held map[string]*holding) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	for _, h := range held {
		if h.lost {
			continue
		}
		if err := h.Release(ctx, slices.Concat(h.owed, h.undone)...); err != nil {
			o.Leases.Warn(err.Error() + "; others wait until it expires")
		}
	}
}

// refresh plans again if what the plan was made from is not true any more: forced,
// or because somebody published before the leases were taken. A flag that the plan
// wants to leave as it is may need something now; flags that it writes are read
// again by themselves.
func (o Options) refresh(ctx context.Context, p *Plan, held map[string]*holding, forced bool) error {
	if o.Again == nil {
		for i := range p.Items {
			if forced {
				p.Items[i].Seen = nil // decides again
			}
		}
		return nil
	}
	outdated := forced
	for environment := range held {
		if outdated {
			break
		}
		all, err := o.Targets[environment].Flags.Export(ctx)
		if err != nil {
			return fmt.Errorf("environment %s: %w", environment, err)
		}
		outdated = p.outdated(environment, all)
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
