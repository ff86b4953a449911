package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/drift"
	"github.com/promptflag/promptflag/action/internal/gitfs"
)

type driftCmd struct {
	Environment []string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Only these environments."`
	Repair      bool     `help:"Mend what can be mended without anybody getting another version."`
	OpenDays    int      `default:"14" placeholder:"DAYS" help:"For how many days a candidate may be open; 0: any."`
	Issue       bool     `help:"Open or update an issue on GitHub, and close it when there is no drift any more; a scheduled run does."`
	Reason      string   `env:"INPUT_REASON" help:"Why, for the release records of a repair."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

func (c driftCmd) Run(ctx context.Context, s *session) error {
	if c.OpenDays < 0 {
		return usageError{fmt.Errorf("--open-days %d: 0 or more", c.OpenDays)}
	}
	cfg, envs, err := s.environments(c.Environment)
	if err != nil {
		return err
	}
	tree, err := s.tree(cfg)
	if err != nil {
		return err
	}
	targets, err := s.targets(ctx, envs)
	if err != nil {
		return err
	}
	from, _ := s.origin(ctx, c.Reason)
	in := drift.Input{
		Tree: tree, Environments: envs, Targets: targets, Origin: from, From: promotedFrom(cfg), Now: s.Now(),
		OpenFor: time.Duration(c.OpenDays) * 24 * time.Hour, History: s.branchHistory(from.Commit),
	}
	r, err := drift.Check(ctx, in)
	if err != nil {
		return err
	}
	var broken error
	if c.Repair {
		if r, broken, err = c.repair(ctx, s, in, r); err != nil {
			return err
		}
	}
	if c.JSON {
		err = s.json(r)
	} else {
		err = r.Print(s.Stdout)
	}
	if err == nil {
		err = s.runner.Summary("### Drift\n\n" + r.Markdown(""))
	}
	if err == nil && broken == nil && (c.Issue || s.runner != nil && s.Getenv("GITHUB_EVENT_NAME") == "schedule") {
		err = s.driftIssue(ctx, cfg, envs, r, from.RunURL)
	}
	s.notifyDrift(ctx, r, from)
	return c.verdict(s, r, errors.Join(err, broken))
}

// verdict is what the exit code says: what could not be read comes first, for
// nobody knows what is there.
func (c driftCmd) verdict(s *session, r *drift.Report, err error) error {
	switch {
	case err != nil:
		return err
	case len(r.Unread) > 0:
		return cannotTell{errors.New(r.Summary())}
	case len(r.Findings) > 0:
		s.runner.Error(r.Summary())
		return refusal{errPrinted}
	}
	return nil
}

// repair mends and looks again. broken is what went wrong while mending.
func (c driftCmd) repair(ctx context.Context, s *session, in drift.Input, r *drift.Report) (again *drift.Report, broken, err error) {
	var done []string
	if marks := r.Marks(); marks.Writes() > 0 {
		broken = s.apply(ctx, marks, applying{targets: in.Targets, origin: in.Origin, command: "drift"})
		if broken == nil {
			for _, i := range marks.Items {
				done = append(done, i.Prompt+" in "+i.Environment+": "+i.Why)
			}
		}
	}
	if len(done) == 0 && broken == nil && !slices.ContainsFunc(r.Findings, func(f drift.Finding) bool { return f.Repairable }) {
		return r, nil, nil
	}
	held, err := s.lease(ctx, in.Environments, in.Targets, in.Origin, "drift")
	if err != nil {
		return r, nil, errors.Join(broken, err)
	}
	defer held.release(ctx, s)
	more, failed := r.Repair(ctx, held.hold)
	again, err = drift.Check(ctx, in)
	if err != nil {
		return r, nil, errors.Join(broken, failed, err)
	}
	again.Done = append(done, more...)
	return again, errors.Join(broken, failed), nil
}

// driftKey is the hidden name of the one issue.
const driftKey = "drift"

// driftIssue keeps one issue that says how things are. Where something could not
// be read nothing is closed.
func (s *session) driftIssue(ctx context.Context, cfg *config.Config, envs []config.Environment, r *drift.Report, run string) error {
	key := driftKey
	if len(envs) < len(cfg.Environments) { // runs about single environments have issues of their own
		for _, e := range envs {
			key += "-" + e.Name
		}
	}
	hub, err := s.github()
	if err != nil {
		return usageError{fmt.Errorf("the issue about drift: %w", err)}
	}
	var url string
	if len(r.Findings)+len(r.Unread) == 0 {
		url, err = hub.CloseIssue(ctx, key, "There is no drift any more.\n\n"+r.Markdown(run))
	} else {
		title := "promptflag: drift"
		if len(r.Findings) == 0 {
			title = "promptflag: could not tell whether there is drift"
		}
		url, err = hub.Issue(ctx, key, title, r.Markdown(run), nil)
	}
	if err == nil && url != "" {
		fmt.Fprintln(s.Stderr, "issue: "+url)
	}
	return err
}

// branchHistory asks git, or GitHub where the checkout has no history or no git,
// about each commit once.
func (s *session) branchHistory(head string) func(context.Context, string) (bool, error) {
	hub := sync.OnceValues(s.github)
	known := map[string]bool{}
	return func(ctx context.Context, commit string) (bool, error) {
		if in, ok := known[commit]; ok {
			return in, nil
		}
		in, err := gitfs.Contains(ctx, s.dir(), commit)
		if err != nil && s.runner != nil && head != "" {
			client, noClient := hub()
			if noClient != nil {
				return false, errors.Join(err, noClient)
			}
			in, err = client.Contains(ctx, head, commit)
		}
		if err == nil {
			known[commit] = in
		}
		return in, err
	}
}
