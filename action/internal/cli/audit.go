package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/promptflag/promptflag/action/internal/history"
	"github.com/promptflag/promptflag/action/internal/wording"
)

type auditCmd struct {
	Export auditExportCmd `cmd:"" help:"Write every change of a period, of all prompts: one row for each, records and changes by hand, by environment, prompt and time."`
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
	a := &history.Audit{Since: since, Until: until}
	var notes []string
	var faults []error
	err = s.written(c.Output, func(w io.Writer) error {
		out, err := history.NewExporter(c.Format, w)
		if err != nil {
			return err
		}
		for _, env := range envs {
			site, err := s.site(ctx, env)
			if err == nil {
				err = a.Environment(ctx, site, out)
			}
			if err != nil {
				return err
			}
			notes, faults = append(notes, site.Notes...), append(faults, site.Fault)
		}
		return out.Close()
	})
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintln(s.Stderr, "note: "+n)
	}
	fmt.Fprintf(s.Stderr, "%s from %s to %s\n", wording.Counted(a.Rows, "row", "rows"), history.Stamp(since), history.Stamp(until))
	if a.Broken > 0 {
		faults = append(faults, cannotTell{fmt.Errorf("%s cannot be read", wording.Counted(a.Broken, "record", "records"))})
	}
	return errors.Join(faults...)
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
	switch {
	case since.IsZero():
		err = usageError{errors.New("--since: say when, for example --since 2026-10-01")}
	case !since.Before(until):
		err = usageError{fmt.Errorf("--since %s is not before --until %s", history.Stamp(since), history.Stamp(until))}
	}
	return since, until, err
}

// written writes to a file that the command line names, or else to standard output.
func (s *session) written(name string, write func(io.Writer) error) error {
	if name == "" {
		return write(s.Stdout)
	}
	return s.streamFile(name, write)
}

// streamFile is writeFile for what does not fit into memory. Only the user may read
// the file: it names people.
func (s *session) streamFile(name string, write func(io.Writer) error) error {
	full := s.path(name)
	f, err := os.CreateTemp(filepath.Dir(full), "."+filepath.Base(full)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // nothing, once it was renamed
	buffer := bufio.NewWriterSize(f, 1<<16)
	if err := write(buffer); err != nil {
		f.Close()
		return err
	}
	err = buffer.Flush()
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), full)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
