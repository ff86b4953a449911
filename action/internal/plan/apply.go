package plan

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Plan is everything that one command is going to do.
type Plan struct {
	Items []Item `json:"items"`
	// Orphans are flags of prompts that the tree does not have.
	Orphans []Orphan `json:"orphans,omitempty"`
}

// Orphan is a flag of ours whose prompt is not in the tree. Nothing happens
// to it: services may still ask for it.
type Orphan struct {
	Prompt      string `json:"prompt"`
	Environment string `json:"environment"`
	Flag        string `json:"flag"`
	Note        string `json:"note"`
	Uncounted   bool   `json:"-"` // nobody counts who asks for it, so retire has to be forced
}

// Writes counts the items that change something.
func (p *Plan) Writes() int {
	n := 0
	for _, i := range p.Items {
		if i.Writes() {
			n++
		}
	}
	return n
}

// Stopped lists the items that wait for a person.
func (p *Plan) Stopped() []Item {
	var out []Item
	for _, i := range p.Items {
		if i.Kind == Stopped {
			out = append(out, i)
		}
	}
	return out
}

// Target is one environment: its flags and its bucket.
type Target struct {
	Flags  Flags
	Bucket *store.Bucket
}

// Origin says on whose behalf a plan is applied. It goes into every release
// record and, as commit and run, into the id of every strategy.
type Origin struct {
	Actor, Commit, Subject, PullRequest, Run, RunURL, Reason, Tool string
	// Author of the pull request, and the people who approved what was merged; ""
	// and nil where nobody could tell.
	Author    string
	Approvers []string
}

// Options of Apply. All functions are required but Again, Head and Done;
// Now and NewID are called from several goroutines at a time.
type Options struct {
	Targets map[string]Target // by environment
	Origin  Origin
	Now     func() time.Time
	NewID   func() string // lower-case hex, different at each call
	// Leases are how to get the right to write; nil: nobody else writes.
	Leases *Leases
	// Again makes the plan anew, when somebody else published between planning
	// and taking the leases; nil: the plan is about single flags, which are
	// decided on again by themselves.
	Again func(context.Context) (*Plan, error)
	// Head returns an error if this commit may not publish any more. It is
	// asked before anything is written and again before the first flag.
	Head func(context.Context) error
	// Done is told about each item that was applied, from any goroutine but
	// never two at a time.
	Done func(Item, error)
}

// limits of parallel work: requests to the bucket, flags on the server.
const (
	blobsAtOnce = 32
	flagsAtOnce = 8
)

// Apply carries the plan out. It goes on after a flag that fails, so that one
// broken flag does not hold up the others, and returns all failures joined. A
// lease that was lost ends the writing to its environment. A plan that has to be
// made anew replaces p.
func Apply(ctx context.Context, p *Plan, o Options) (err error) {
	if o.Leases == nil && p.Writes() == 0 {
		return nil
	}
	held, err := o.take(ctx, p)
	if err != nil {
		return err
	}
	defer o.release(ctx, held)
	late := o.Leases != nil && o.Leases.Urgent
	recovered := false
	if !late {
		if recovered, err = o.settle(ctx, held); err != nil {
			return err
		}
	}
	if len(held) > 0 {
		if err := o.refresh(ctx, p, held, recovered); err != nil {
			return err
		}
	}
	if p.Writes() == 0 {
		return nil
	}
	if err := o.write(ctx, p, held); err != nil || !late {
		return err
	}
	if _, err := o.settle(ctx, held); err != nil {
		o.Leases.Warn(err.Error())
	}
	return nil
}

// write is Apply with the leases in hand.
func (o Options) write(ctx context.Context, p *Plan, held map[string]*holding) error {
	if err := o.head(ctx); err != nil {
		return err
	}
	if err := refusePurged(ctx, p, o); err != nil {
		return err
	}
	if err := putBlobs(ctx, p, o); err != nil {
		return err
	}
	if err := o.head(ctx); err != nil {
		return err
	}
	return applyItems(ctx, p, o, held)
}

// applyItems carries out the items, some at a time.
func applyItems(ctx context.Context, p *Plan, o Options, held map[string]*holding) error {
	var (
		mu       sync.Mutex
		failures []error
		skipped  int
		group    errgroup.Group
	)
	group.SetLimit(flagsAtOnce)
	for _, item := range p.Items {
		if !item.Writes() {
			continue
		}
		h := held[item.Environment]
		group.Go(func() error {
			mu.Lock()
			giveUp := len(failures) >= maxFailures || ctx.Err() != nil || h != nil && h.lost
			if giveUp {
				skipped++
			}
			mu.Unlock()
			if giveUp {
				return nil
			}
			applied, err := applyItem(ctx, item, o, h)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case lost(err) && h.lost: // said once
			case lost(err):
				h.lost = true
				failures = append(failures, fmt.Errorf("%w; nothing more is written there", err))
			case err != nil:
				failures = append(failures, fmt.Errorf("%s in %s: %w", item.Prompt, item.Environment, err))
				if h != nil {
					h.undone = append(h.undone, item.Prompt)
				}
			}
			if o.Done != nil {
				o.Done(applied, err)
			}
			return nil
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		failures = append(failures, err)
	} else if skipped > 0 {
		failures = append(failures, fmt.Errorf("after %d failures %d more were not tried", len(failures), skipped))
	}
	return errors.Join(failures...)
}

// maxFailures is how many flags may fail before a server counts as broken.
const maxFailures = 3

func (o Options) head(ctx context.Context) error {
	if o.Head == nil {
		return nil
	}
	return o.Head(ctx)
}

// putBlobs writes every artifact that is about to be named, once per bucket.
func putBlobs(ctx context.Context, p *Plan, o Options) error {
	type key struct {
		bucket *store.Bucket
		digest prompts.Digest
	}
	var todo []Item
	seen := map[key]bool{}
	for _, item := range p.Items {
		if !item.Writes() || item.Blob == nil {
			continue
		}
		k := key{o.Targets[item.Environment].Bucket, prompts.DigestOf(item.Blob)}
		if !seen[k] {
			seen[k] = true
			todo = append(todo, item)
		}
	}
	// Not a goroutine for each: calls of an SDK are deep, and a stack that has
	// grown for one serves the next.
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range min(blobsAtOnce, len(todo)) {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(todo) || ctx.Err() != nil {
					return ctx.Err()
				}
				item := todo[i]
				if _, _, err := o.Targets[item.Environment].Bucket.Put(ctx, item.Blob); err != nil {
					return fmt.Errorf("%s: %w", item.Prompt, err)
				}
			}
		})
	}
	return group.Wait()
}

// applyItem looks at the flag once more, decides again if it changed, and
// writes: intents, steps, dones.
func applyItem(ctx context.Context, item Item, o Options, held *holding) (Item, error) {
	target := o.Targets[item.Environment]
	now, err := readFlag(ctx, target.Flags, item.Flag)
	if err != nil {
		return item, err
	}
	if !sameFlag(now, item.Seen) && item.Decide != nil {
		again, err := item.Decide(now)
		if err != nil {
			return item, err
		}
		again.Redecided = true
		item = again
		if item.Problem != nil {
			problem := *item.Problem
			problem.Untold = item.Untold
			return item, &problem
		}
		if !item.Writes() {
			return item, nil
		}
		if item.Blob != nil {
			if err := refusePurged(ctx, &Plan{Items: []Item{item}}, o); err != nil {
				return item, err
			}
			if _, _, err := target.Bucket.Put(ctx, item.Blob); err != nil {
				return item, err
			}
		}
	}
	id, at := o.NewID(), o.Now().UTC()
	if err := putRecords(ctx, item, o, id, at, store.Intent); err != nil {
		return item, err
	}
	if err := item.do(ctx, target.Flags, held, false); err != nil {
		return item, err
	}
	if err := readBack(ctx, target.Flags, item); err != nil {
		return item, err
	}
	if err := putRecords(ctx, item, o, id, at, store.Done); err != nil {
		return item, err
	}
	return item, item.do(ctx, target.Flags, held, true)
}

// do carries out the steps that are links, or those that are not. A link is an
// ornament: what was done is on record before one can fail.
func (i Item) do(ctx context.Context, on Flags, held *holding, links bool) error {
	for _, step := range i.Steps {
		if (step.Link != nil) != links {
			continue
		}
		if err := held.hold(ctx); err != nil {
			return err
		}
		if err := step.do(ctx, on, i.Flag); err != nil {
			return err
		}
	}
	return nil
}

// readFlag returns nil for a flag that does not exist.
func readFlag(ctx context.Context, server Flags, name string) (*flags.Flag, error) {
	f, err := server.Read(ctx, name)
	switch {
	case errors.Is(err, flags.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &f, nil
}

func sameFlag(a, b *flags.Flag) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Enabled == b.Enabled && reflect.DeepEqual(a.Strategies, b.Strategies)
}

// readBack compares what the flag says now with what was promised. A dial may
// have been turned by a person in the meantime; a version may not.
func readBack(ctx context.Context, server Flags, item Item) error {
	f, err := readFlag(ctx, server, item.Flag)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if f == nil {
		return fmt.Errorf("read back: flag %s is gone", item.Flag)
	}
	got := StateOf(f, flags.Recognise(*f, item.Prompt, item.Environment))
	want := item.After
	if got.Stable != want.Stable || got.Candidate != want.Candidate {
		return fmt.Errorf("read back: flag %s says stable %s candidate %s, expected stable %s candidate %s: somebody else wrote at the same time; run the command again",
			item.Flag, orNone(Version(got.Stable)), orNone(Version(got.Candidate)), orNone(Version(want.Stable)), orNone(Version(want.Candidate)))
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
