package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/gc"
	"github.com/promptflag/promptflag/action/internal/status"
)

type gcCmd struct {
	OlderThan    string `placeholder:"90d" help:"Keep what is younger: 90d, 36h; at least a day. Default: keep_days of [retention], 90 days."`
	KeepVersions int    `placeholder:"N" help:"Keep so many versions of each prompt in any case. Default: keep_versions of [retention], 20."`
	Delete       bool   `help:"Delete what is listed; needs credentials that may delete."`
	JSON         bool   `name:"json" help:"Print JSON, with every object."`
}

// shown is how many objects are printed one by one.
const shown = 20

func (c gcCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	age, keep, err := c.retention(cfg.Retention)
	if err != nil {
		return err
	}
	targets, err := s.targets(ctx, cfg.Environments)
	if err != nil {
		return err
	}
	in := gc.Input{
		Environments: cfg.Environments, Targets: targets, Now: s.Now(),
		OlderThan: age, KeepVersions: keep, Delete: c.Delete,
	}
	if c.Delete {
		from, _ := s.origin(ctx, "")
		held, err := s.lease(ctx, cfg.Environments, targets, from, "gc")
		if err != nil {
			return err
		}
		defer held.release(ctx, s)
		in.Hold = held.all
	}
	var objects []gc.Object
	found := 0
	in.Found = func(o gc.Object) {
		found++
		switch {
		case c.JSON:
			objects = append(objects, o)
		case found <= shown:
			fmt.Fprintf(s.Stdout, "%s  %9d bytes  %s\n", o.Time.Format("2006-01-02"), o.Size, o.Key)
		}
	}
	r, err := gc.Run(ctx, in)
	if err != nil {
		if r == nil || !c.Delete { // not all flags, or not all objects, are known
			return cannotTell{fmt.Errorf("nothing was deleted: %w", err)}
		}
		total := r.Total()
		return fmt.Errorf("not finished, %d of %d deleted so far: %w", total.Deleted, total.Found, err)
	}
	if c.JSON {
		return s.json(struct {
			Objects []gc.Object `json:"objects"`
			Kinds   gc.Result   `json:"kinds"`
			Deleted bool        `json:"deleted"`
		}{append([]gc.Object{}, objects...), r, c.Delete})
	}
	return c.print(s, r, age, found)
}

// retention is that of promptflag.toml, where the command line says nothing else.
func (c gcCmd) retention(r config.Retention) (age time.Duration, versions int, err error) {
	age, versions = time.Duration(r.KeepDays)*24*time.Hour, r.KeepVersions
	if c.OlderThan != "" {
		if age, err = days(c.OlderThan); err != nil {
			return 0, 0, usageError{fmt.Errorf("--older-than %w", err)}
		}
		if age < gc.Youngest {
			return 0, 0, usageError{fmt.Errorf("--older-than %s: at least a day (1d): what is younger may belong to a run that has not ended", c.OlderThan)}
		}
	}
	if c.KeepVersions < 0 {
		return 0, 0, usageError{fmt.Errorf("--keep-versions %d: at least 1", c.KeepVersions)}
	}
	if c.KeepVersions > 0 {
		versions = c.KeepVersions
	}
	return age, versions, nil
}

func (c gcCmd) print(s *session, r gc.Result, age time.Duration, found int) error {
	if found > shown {
		fmt.Fprintf(s.Stdout, "… and %d more (--json lists all)\n", found-shown)
	}
	for _, kind := range []string{"blob", "recorded", "pr", "lease"} {
		k := r[kind]
		if k.Looked == 0 {
			continue
		}
		fmt.Fprintf(s.Stdout, "%-8s  %d of %d may go, %d bytes", kind, k.Found, k.Looked, k.Bytes)
		if c.Delete {
			fmt.Fprintf(s.Stdout, ", %d deleted", k.Deleted)
		}
		fmt.Fprintln(s.Stdout)
	}
	if found == 0 {
		fmt.Fprintf(s.Stdout, "nothing may go: the rest is needed, or younger than %s\n", status.Age(max(age, gc.Youngest)))
	}
	if !c.Delete && found > 0 {
		fmt.Fprintln(s.Stdout, "nothing was deleted: --delete does it")
	}
	return nil
}

// days reads a duration that may be in days: 90d, or as Go has them.
func days(text string) (time.Duration, error) {
	if n, err := strconv.Atoi(strings.TrimSuffix(text, "d")); err == nil && strings.HasSuffix(text, "d") && n >= 0 && n <= 36500 {
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q: a number of days such as 90d, or hours such as 36h", text)
	}
	return d, nil
}
