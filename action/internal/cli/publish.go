package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/origin"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/publish"
	"github.com/promptflag/promptflag/action/internal/report"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// wanted says what to publish where; plan and publish share it.
type wanted struct {
	Environment []string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Only these environments; default all of promptflag.toml."`
	Retry       []string `placeholder:"PROMPT" help:"End the hold of these prompts: they become candidate again."`
	All         bool     `short:"a" help:"Print unchanged prompts too."`
	JSON        bool     `name:"json" help:"Print the plan as JSON."`
}

type planCmd struct {
	wanted
}

type publishCmd struct {
	wanted
	Reason  string `env:"INPUT_REASON" help:"Why, for the release records."`
	NotHead bool   `help:"Publish although this may not be the head of the branch: another commit, or files that are not committed."`
}

// Help is the end of promptflag publish --help.
func (publishCmd) Help() string {
	return `Only the head of the branch publishes, and nothing that is not committed (in a GitHub workflow the checkout is taken as it is). Anything else says "nothing published" and ends with exit code 0, so that a run that a newer commit overtook is not red: that commit's own run publishes.`
}

func (c planCmd) Run(ctx context.Context, s *session) error {
	p, err := c.prepare(ctx, s, "")
	if err != nil {
		return err
	}
	if err := p.markSuites(s); err != nil {
		return err
	}
	if err := c.print(s, p.Plan); err != nil {
		return err
	}
	p.warnOfUncommitted(ctx, s)
	if err := s.summarise("What merging will do", "", p.Plan); err != nil {
		return err
	}
	return stopped(p.Plan, "")
}

func (c publishCmd) Run(ctx context.Context, s *session) error {
	p, err := c.prepare(ctx, s, c.Reason)
	if err != nil {
		return err
	}
	var head func(context.Context) error
	if !c.NotHead {
		head = func(ctx context.Context) error { return s.checkHead(ctx, p) }
	}
	g, err := c.judge(ctx, s, p, head)
	if err != nil {
		return err
	}
	if err := c.print(s, p.Plan); err != nil {
		return err
	}
	s.notifyItems(ctx, p.Stopped(), p.origin)
	again := func(ctx context.Context) (*plan.Plan, error) {
		p, err := c.prepare(ctx, s, c.Reason)
		if err != nil {
			return nil, err
		}
		owed, err := c.judge(ctx, s, p, head)
		if err != nil {
			return nil, err
		}
		g = owed
		return p.Plan, nil
	}
	if err := s.apply(ctx, p.Plan, applying{targets: p.targets, origin: p.origin, command: "publish", head: head, again: again}); err != nil {
		title := "Not everything was published"
		if stoppedByHead(err) {
			title = "Nothing was published"
		}
		return errors.Join(err, g.tell(ctx, title, err.Error(), p))
	}
	if err := g.tell(ctx, "What was published", "", p); err != nil {
		return err
	}
	others := ""
	if p.Writes() > 0 {
		others = "; the others are done"
	}
	err = stopped(p.Plan, others)
	if err != nil && untold(p.Plan) {
		return cannotTell{errors.New(err.Error())}
	}
	return err
}

// judge asks for what is owed, and evaluates what would be published. A run that
// may not publish at all does not pay for it.
func (c publishCmd) judge(ctx context.Context, s *session, p *prepared, head func(context.Context) error) (*guard, error) {
	if head != nil && p.Writes() > 0 {
		if err := head(ctx); err != nil {
			return nil, errors.Join(err, s.summarise("Nothing was published", err.Error(), p.Plan))
		}
	}
	owed, err := s.protect(ctx, p)
	if err != nil {
		return nil, err
	}
	g, err := s.newGate(p.config, p.targets, p.origin)
	if err != nil {
		return nil, err
	}
	defer g.run.Close()
	if before := owed.before.config; before != nil {
		g.rules = before.Gate
	}
	err = g.publishing(ctx, p)
	owed.verdict, owed.evals = g.verdict(), g.reports
	if len(g.reports) > 0 {
		if err := s.writeReports(g.run, g.reports); err != nil {
			s.warn(err.Error())
		}
	}
	return owed, err
}

// stoppedByHead: the question for the head of the branch, or somebody else who
// writes, stopped the run before it wrote anything.
func stoppedByHead(err error) bool {
	return errors.Is(err, origin.ErrNotHead) || errors.Is(err, origin.ErrCannotTell) || errors.Is(err, store.ErrLeaseHeld)
}

// prepared is a plan with what it takes to apply it.
type prepared struct {
	*plan.Plan
	config  *config.Config
	targets map[string]plan.Target
	origin  plan.Origin
	finder  origin.Finder
	tree    *prompts.Tree
}

func (w wanted) prepare(ctx context.Context, s *session, reason string) (*prepared, error) {
	cfg, envs, err := s.environments(w.Environment)
	if err != nil {
		return nil, err
	}
	tree, err := s.tree(cfg)
	if err != nil {
		return nil, err
	}
	for _, name := range w.Retry {
		if _, ok := tree.Lookup(name); !ok {
			return nil, usageError{hinted(fmt.Errorf("--retry %s: there is no such prompt", name), s.meantPrompt(name))}
		}
	}
	targets, err := s.targets(ctx, envs)
	if err != nil {
		return nil, err
	}
	return s.prepare(ctx, cfg, publish.Input{Tree: tree, Environments: envs, Targets: targets, Retry: w.Retry}, reason)
}

// prepare makes the plan; origin and configuration complete the input.
func (s *session) prepare(ctx context.Context, cfg *config.Config, in publish.Input, reason string) (*prepared, error) {
	from, finder := s.origin(ctx, reason)
	in.Origin, in.From = from, promotedFrom(cfg)
	p, err := publish.Prepare(ctx, in)
	if err != nil {
		return nil, err
	}
	return &prepared{p, cfg, in.Targets, from, finder, in.Tree}, nil
}

// summarise puts the plan into the step summary, under what became of it.
func (s *session) summarise(title, note string, p *plan.Plan) error {
	var b strings.Builder
	if err := report.PlanMarkdown(&b, title, note, p); err != nil {
		return err
	}
	return s.runner.Summary(b.String())
}

// print shows the plan on the terminal and as output.
func (w wanted) print(s *session, p *plan.Plan) error {
	line, err := outputOf(p)
	if err != nil {
		return err
	}
	if err := s.runner.Output("plan", line); err != nil {
		return err
	}
	if w.JSON {
		return s.json(p)
	}
	return report.Plan(s.Stdout, p, w.All)
}

// outputOf is a plan as an output of the step: without the prompts that stay
// as they are, and only the number of changes if that is still too long.
func outputOf(p *plan.Plan) (string, error) {
	type output struct {
		Items   []plan.Item   `json:"items"`
		Orphans []plan.Orphan `json:"orphans,omitempty"`
		Changes int           `json:"changes"`
		TooLong bool          `json:"tooLong,omitempty"`
	}
	o := output{Items: []plan.Item{}, Orphans: p.Orphans, Changes: p.Writes()}
	for _, i := range p.Items {
		if i.Kind != plan.Unchanged {
			o.Items = append(o.Items, i)
		}
	}
	line, err := json.Marshal(o)
	if err == nil && len(line) > github.MaxOutput {
		line, err = json.Marshal(output{Items: []plan.Item{}, Changes: o.Changes, TooLong: true})
	}
	return string(line), err
}

// stopped turns flags that wait for a person into exit code 1; others says
// what became of the rest.
func stopped(p *plan.Plan, others string) error {
	if n := len(p.Stopped()); n > 0 {
		return refusal{fmt.Errorf("%s%s", wording.Counted(n, "flag waits for a person", "flags wait for a person"), others)}
	}
	return nil
}

// checkHead asks GitHub in a workflow, git elsewhere.
func (s *session) checkHead(ctx context.Context, p *prepared) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if !p.finder.OnGitHub() {
		files, err := p.files(s)
		if err != nil {
			return err
		}
		return p.finder.CheckHead(ctx, p.config.Branch, files, []string{p.config.Prompts})
	}
	return p.finder.CheckHeadOnGitHub(ctx, func(ctx context.Context, branch string) (string, error) {
		client, err := s.github()
		if err != nil {
			return "", err
		}
		return client.Head(ctx, branch)
	}, p.config.Branch)
}

// files are those that the plan is made from, and its gate: suites and what they
// read, too.
func (p *prepared) files(s *session) ([]string, error) {
	root, err := s.openRoot()
	if err != nil {
		return nil, err
	}
	out := []string{config.FileName}
	for _, d := range p.tree.Definitions() {
		out = append(slices.Concat(out, d.Partials, d.Files), d.File)
		if file, exists := suite.File(root.FS(), p.config.Prompts, d.Prompt.Name()); exists {
			read := opened{root.FS(), map[string]bool{}}
			_, _ = suite.Load(read, p.config.Prompts, file) // the gate says what is wrong
			out = slices.AppendSeq(out, maps.Keys(read.names))
		}
	}
	return out, nil
}

// opened notes the files that are asked for.
type opened struct {
	fs.FS
	names map[string]bool
}

func (o opened) Open(name string) (fs.File, error) {
	o.names[name] = true
	return o.FS.Open(name)
}

// markSuites marks the items that publish evaluates.
func (p *prepared) markSuites(s *session) error {
	root, err := s.openRoot()
	if err != nil {
		return err
	}
	for n := range p.Items {
		item := &p.Items[n]
		if bring(*item) != "" {
			_, item.ToEvaluate = suite.File(root.FS(), p.config.Prompts, item.Prompt)
		}
	}
	return nil
}

// warnOfUncommitted says beforehand what publish will refuse. That another commit
// is the head is no news to who plans a branch.
func (p *prepared) warnOfUncommitted(ctx context.Context, s *session) {
	if p.Writes() == 0 || p.finder.OnGitHub() || p.finder.Checkout(ctx).Remote == "" {
		return
	}
	files, err := p.files(s)
	if err != nil {
		return // publish says so
	}
	if changed, err := p.finder.Uncommitted(ctx, files, []string{p.config.Prompts}); err == nil && len(changed) > 0 {
		s.warn("publish refuses what is not committed: " + wording.Few(changed))
	}
}
