package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/history"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/store"
)

type auditCmd struct {
	Export auditExportCmd `cmd:"" help:"Write every change of a period, of all prompts: one row for each, records and changes by hand."`
}

type auditExportCmd struct {
	Since       string   `required:"" placeholder:"TIME" help:"The first moment: 2026-10-01, 2026-11-17T15:00:00Z."`
	Until       string   `placeholder:"TIME" help:"The first moment that does not count any more; default: now."`
	Environment []string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Only these environments."`
	Format      string   `enum:"jsonl,csv" default:"jsonl" help:"jsonl or csv."`
	Output      string   `short:"o" placeholder:"FILE" help:"Where to write to; default: standard output."`
	JSON        bool     `name:"json" help:"The same as --format jsonl."`
	moments
}

func (c auditExportCmd) Run(ctx context.Context, s *session) error {
	since, until, err := c.period(s)
	if err != nil {
		return err
	}
	if c.JSON {
		c.Format = history.FormatJSONL
	}
	_, envs, err := s.environments(c.Environment)
	if err != nil {
		return err
	}
	a := &audit{session: s, since: since, until: until}
	if c.Output == "" {
		err = a.to(ctx, envs, c.Format, s.Stdout)
	} else {
		err = s.streamFile(c.Output, func(w io.Writer) error { return a.to(ctx, envs, c.Format, w) })
	}
	if err != nil {
		return err
	}
	for _, n := range a.notes {
		fmt.Fprintln(s.Stderr, "note: "+n)
	}
	fmt.Fprintf(s.Stderr, "%s from %s to %s\n", wording.Counted(a.rows, "row", "rows"), history.Stamp(since), history.Stamp(until))
	if a.broken > 0 {
		a.faults = append(a.faults, cannotTell{fmt.Errorf("%s cannot be read", wording.Counted(a.broken, "record", "records"))})
	}
	return errors.Join(a.faults...)
}

func (c auditExportCmd) period(s *session) (since, until time.Time, err error) {
	if since, err = c.parse(s, "--since", c.Since); err != nil {
		return since, until, err
	}
	if until, err = c.parse(s, "--until", c.Until); err != nil {
		return since, until, err
	}
	if until.IsZero() {
		until = s.Now().UTC()
	}
	if c.Since == "" || !since.Before(until) {
		err = usageError{fmt.Errorf("--since %s is not before --until %s", history.Stamp(since), history.Stamp(until))}
	}
	return since, until, err
}

// audit writes one export. Rows are by environment in the order of promptflag.toml,
// then by prompt in the order of the bucket, then by time.
type audit struct {
	*session
	since, until time.Time
	rows, broken int
	notes        []string
	faults       []error
}

func (a *audit) to(ctx context.Context, envs []config.Environment, format string, w io.Writer) error {
	out, err := history.NewExporter(format, w)
	if err != nil {
		return err
	}
	for _, env := range envs {
		if err := a.environment(ctx, env, out); err != nil {
			return fmt.Errorf("environment %s: %w", env.Name, err)
		}
	}
	return out.Close()
}

// environment goes through all names in the bucket and, at the same pace, through
// the operations of the period: nothing is kept but what one prompt needs.
func (a *audit) environment(ctx context.Context, env config.Environment, out history.Exporter) error {
	bucket, err := a.bucket(ctx, env.Bucket)
	if err != nil {
		return err
	}
	all := bucket.Operations(ctx, store.Period{Environment: env.Name, Since: a.since.Add(-history.Lead), Until: a.until})
	next, stop := iter.Pull2(all)
	defer stop()
	ops := &lookahead{next: next}
	ops.step()
	var p *past
	for name, err := range bucket.ReleasedNames(ctx) {
		if err != nil {
			return err
		}
		// A prompt that was published for the first time after the names were listed.
		for ops.more && ops.op.Key.Name+"/" < name+"/" {
			if p, err = a.prompt(ctx, p, env, ops.op.Key.Name, ops, out); err != nil {
				return err
			}
		}
		if p, err = a.prompt(ctx, p, env, name, ops, out); err != nil {
			return err
		}
	}
	for ops.more {
		if p, err = a.prompt(ctx, p, env, ops.op.Key.Name, ops, out); err != nil {
			return err
		}
	}
	if p != nil {
		a.notes = append(a.notes, p.notes...)
		if p.fault != nil {
			a.faults = append(a.faults, p.fault)
		}
	}
	return ops.err
}

// of turns to another prompt of the same environment. A server that could not be
// asked is not asked again: the export says so once.
func (p *past) of(ctx context.Context, name string, since time.Time) {
	p.place.Prompt, p.place.Flag = name, p.env.Flag(name)
	if p.fault != nil || p.admin == nil {
		p.log, p.now, p.steps = nil, nil, nil
		return
	}
	p.read(ctx, since)
}

// prompt writes the rows of one prompt. p is what the prompt before it was asked
// with, nil for the first one; it is returned for the next one.
func (a *audit) prompt(ctx context.Context, p *past, env config.Environment, name string, ops *lookahead, out history.Exporter) (*past, error) {
	if p == nil {
		var err error
		if p, err = a.openPast(ctx, env, name, a.since); err != nil {
			return nil, err
		}
	} else {
		p.of(ctx, name, a.since)
	}
	for e, err := range within(history.Join(p.place, ops.of(name), p.steps), a.since, a.until) {
		if err != nil {
			return p, err
		}
		if e.Fault != "" {
			a.broken++
		}
		a.rows++
		if err := out.Write(e); err != nil {
			return p, err
		}
	}
	return p, ctx.Err()
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

// streamFile is writeFile for what does not fit into memory.
func (s *session) streamFile(name string, write func(io.Writer) error) (err error) {
	full := s.path(name)
	temp := full + ".tmp"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it names people
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	buffer := bufio.NewWriterSize(f, 1<<16)
	if err = write(buffer); err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp, full)
	}
	if err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
