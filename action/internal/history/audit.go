package history

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/promptflag/promptflag/store"
)

// Audit exports every change of a period. The order of the rows does not depend on
// the format, nor on who asks: by environment, in the order in which they are
// exported; then by prompt, in the order of the bucket's keys, which has a.b before
// a; then by time. At one time records come before changes by hand, records in the
// order of their keys, changes by hand in that of the event log.
type Audit struct {
	Since, Until time.Time // Until does not count any more
	// Rows were written; of Broken ones the record could not be read.
	Rows, Broken int
}

// Environment writes the rows of one environment. It goes through all names in the
// bucket and, at the same pace, through the operations of the period: nothing is
// kept but what one prompt needs.
func (a *Audit) Environment(ctx context.Context, s *Site, out Exporter) error {
	period := store.Period{Environment: s.env.Name, Since: a.Since.Add(-Lead), Until: a.Until}
	next, stop := iter.Pull2(s.bucket.Operations(ctx, period))
	defer stop()
	ops := &lookahead{next: next}
	ops.step()
	for name, err := range s.bucket.ReleasedNames(ctx) {
		if err != nil {
			return fmt.Errorf("environment %s: %w", s.env.Name, err)
		}
		// A prompt that was published for the first time after the names were listed.
		for ops.more && ops.op.Key.Name+"/" < name+"/" {
			if err := a.prompt(ctx, s, ops.op.Key.Name, ops, out); err != nil {
				return err
			}
		}
		if err := a.prompt(ctx, s, name, ops, out); err != nil {
			return err
		}
	}
	for ops.more {
		if err := a.prompt(ctx, s, ops.op.Key.Name, ops, out); err != nil {
			return err
		}
	}
	if ops.err != nil {
		return fmt.Errorf("environment %s: %w", s.env.Name, ops.err)
	}
	return nil
}

// prompt writes the rows of one prompt.
func (a *Audit) prompt(ctx context.Context, s *Site, name string, ops *lookahead, out Exporter) error {
	p := s.prompt(name)
	if s.admin != nil { // without a log the flag as it is says nothing
		var err error
		if p, err = s.Prompt(ctx, name, a.Since); err != nil {
			return err
		}
	}
	for e, err := range p.entries(ops.of(name), a.Since, a.Until) {
		if err != nil {
			return fmt.Errorf("environment %s: %w", s.env.Name, err)
		}
		if e.Fault != "" {
			a.Broken++
		}
		a.Rows++
		if err := out.Write(e); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// lookahead is a sequence of operations of which the next one is known.
type lookahead struct {
	next func() (store.Operation, error, bool)
	op   store.Operation
	err  error
	more bool
}

func (l *lookahead) step() {
	l.op, l.err, l.more = l.next()
	if l.err != nil {
		l.more = false
	}
}

// of yields the operations of the name, if those come next.
func (l *lookahead) of(name string) iter.Seq2[store.Operation, error] {
	return func(yield func(store.Operation, error) bool) {
		for l.more && l.op.Key.Name == name {
			op := l.op
			l.step()
			if !yield(op, nil) {
				return
			}
		}
		if l.err != nil {
			yield(store.Operation{}, l.err)
		}
	}
}
