package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/promptflag/promptflag/action/internal/check"
	"github.com/promptflag/promptflag/action/internal/comment"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/policy"
	"github.com/promptflag/promptflag/action/internal/publish"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

type pullCmd struct {
	Environment []string `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Plan only these environments; default all of promptflag.toml."`
	Base        string   `placeholder:"WHAT" help:"What the change is compared with: a revision of git or a folder; default: the base of the pull request, elsewhere the branch of promptflag.toml."`
	Queue       bool     `help:"For a merge queue: check and evaluate, without plan and comment."`
}

// pull is one look at what a pull request changes.
type pull struct {
	*session
	pullCmd
	event  github.Event // zero outside of a workflow
	config *config.Config
	base   *before
	report *check.Report
	told   comment.Input
	envs   []config.Environment      // that a plan is made for
	open   map[string]plan.Target    // of all environments, as look found them
	served map[string][]live.Version // by prompt; nil: not asked for, or unserved
	// unserved is why it is not known what is served.
	unserved error
	secret   bool  // there are no secrets: from a fork, not set, or not for the places that the change names
	failed   error // of a service that the answer needs; the rest is told all the same
	plan     *prepared
	evals    []*evalkit.Report
}

// Run checks, evaluates and plans, and tells everything that it found out: also
// where one of them fails.
func (c pullCmd) Run(ctx context.Context, s *session) error {
	p := &pull{session: s, pullCmd: c}
	if s.runner != nil && s.Getenv("GITHUB_EVENT_PATH") != "" {
		event, err := github.ReadEvent(s.Getenv)
		if err != nil {
			return usageError{err}
		}
		p.event = event
	}
	defer func() {
		if p.base != nil {
			p.base.close()
		}
	}()
	if err := p.look(ctx); err != nil {
		var findings prompts.Findings
		if !errors.As(err, &findings) {
			return err
		}
		p.told.Findings = findings // of promptflag.toml: nothing else can be told
		return errors.Join(err, p.tell(ctx))
	}
	if err := p.evaluateChanged(ctx); err != nil {
		p.failed = errors.Join(p.failed, err)
	}
	if !p.Queue {
		p.planned(ctx)
	}
	return errors.Join(p.tell(ctx), p.result())
}

// look reads both sides and checks the new one.
func (p *pull) look(ctx context.Context) error {
	cfg, err := p.session.config()
	if err != nil {
		return err
	}
	p.config = cfg
	if p.base, err = p.openBase(ctx); err != nil {
		return err
	}
	if p.envs, err = environments(cfg, p.Environment); err != nil {
		return err
	}
	p.told.Environments = environmentNames(p.envs)
	p.told.PublishInconclusive = p.rules().Gate.PublishInconclusive
	against := &check.Against{Name: "the base", Versions: p.base.versions(), FS: p.base.fs, Prompts: p.base.folder}
	if why := p.withoutSecrets(); why != "" {
		p.secret = true
		p.noSecrets(why)
	} else if p.unserved = p.ask(ctx); p.unserved != nil {
		p.unreachable(p.unserved)
	} else {
		against = againstLive(p.served)
	}
	if p.event.Fork && !p.secret {
		p.told.NotRun = append(p.told.NotRun, noModel)
	}
	if p.report, err = p.check(cfg, nil, against); err != nil {
		return err
	}
	if err := p.compare(ctx); err != nil {
		return err
	}
	p.told.Findings = p.ownFindings()
	p.runner.Findings(p.told.Findings, p.prefix())
	return nil
}

// ask reads what every environment serves, for all that follows: the comment is
// about one moment, and nothing of it is written.
func (p *pull) ask(ctx context.Context) (err error) {
	if p.open, err = p.targets(ctx, p.config.Environments); err != nil {
		return err
	}
	for name, t := range p.open {
		server := t.Flags
		t.Flags = exported{server, sync.OnceValues(func() (map[string]flags.Flag, error) { return server.Export(ctx) })}
		p.open[name] = t
	}
	p.served, err = readLive(ctx, p.config.Environments, p.open, nil)
	return err
}

// exported is a flag server that is asked for all of its flags once.
type exported struct {
	plan.Flags
	once func() (map[string]flags.Flag, error)
}

func (e exported) Export(context.Context) (map[string]flags.Flag, error) { return e.once() }

// ownFindings are all mistakes, and the warnings about what the change touches.
func (p *pull) ownFindings() (out prompts.Findings) {
	files, names := map[string]bool{config.FileName: true}, map[string]bool{}
	for _, one := range p.told.Prompts {
		files[one.File], names[one.Name] = true, true
	}
	for _, one := range p.told.Partials {
		files[one.File] = true
	}
	for _, f := range p.report.Findings {
		if f.Severity == prompts.Error || files[f.File] || names[suite.PromptOf(p.config.Prompts, f.File)] {
			out = append(out, f)
		}
	}
	return out
}

// rules are the settings that judge the change: those of before it.
func (p *pull) rules() *config.Config {
	if p.base != nil && p.base.config != nil {
		return p.base.config
	}
	return p.config
}

// withoutSecrets is why this run may use no secrets; "" if it may.
func (p *pull) withoutSecrets() string {
	places := p.strange()
	switch missing := p.secretless(p.config); {
	case missing && p.event.Fork:
		return "this pull request comes from a fork, which is given no secrets"
	case missing:
		return "UNLEASH_ADMIN_TOKEN is not set"
	case len(places) > 0:
		return noSecretsThere(places)
	}
	return ""
}

// noModel is said of runs without keys.
const noModel = "No model was asked. Where answers are recorded in the repository, they were used; this pull request could have changed them."

func (p *pull) noSecrets(why string) {
	p.told.PlanUnknown = why
	p.told.NotRun = []string{
		"The prompts were checked. More was not possible: " + why + ".",
		"What production serves was not asked for. So it is not known who would get this change, and nothing was compared with production.",
		noModel,
		"After the merge, what has an evaluation is evaluated with secrets, and publishing it is refused until it has passed.",
	}
}

// unreachable keeps why a service did not answer. What it would have said is not
// known then.
func (p *pull) unreachable(err error) {
	p.failed = errors.Join(p.failed, err)
	p.told.PlanUnknown = "a service did not answer: " + err.Error()
	p.told.NotRun = append(p.told.NotRun, "What production serves is not known, because a service did not answer: "+err.Error())
}

// planned finds out what a merge does.
func (p *pull) planned(ctx context.Context) {
	if p.told.PlanUnknown != "" {
		return
	}
	if p.mistakes() {
		p.told.PlanUnknown = "there are mistakes to be mended first"
		return
	}
	made, err := p.prepare(ctx, p.config, publish.Input{Tree: p.report.Tree, Environments: p.envs, Targets: p.open}, "")
	if err != nil {
		p.unreachable(fmt.Errorf("plan: %w", err))
		return
	}
	p.plan = made
	if len(p.told.Prompts) > 0 {
		p.told.Notes = append(p.told.Notes, policy.Notes(p.rules().Environments, p.Now())...)
	}
	others := map[string]bool{}
	p.conditions()
	for n := range made.Items {
		p.judgedByBefore(&made.Items[n])
		i := made.Items[n]
		if at := p.find(i.Prompt); at != nil {
			at.Items = append(at.Items, i)
		} else if i.Writes() {
			others[i.Prompt] = true
		}
	}
	if len(others) > 0 {
		p.told.Notes = append(p.told.Notes, "A merge also brings "+wording.Counted(len(others), "prompt", "prompts")+" up to date that this pull request does not touch: "+wording.Few(sorted(others))+".")
	}
}

// conditions are what publish will ask for, by the rules of before.
func (p *pull) conditions() {
	p.told.Conditions = map[string]comment.Condition{}
	for _, e := range p.config.Environments {
		var c comment.Condition
		for _, rule := range (basis{config: p.rules()}).rulesFor(e) {
			if r := policy.Frozen(rule, p.Now()); r != nil && c.Frozen == "" {
				c.Frozen = r.Message
			}
			if needs := policy.Needs(rule); needs != "" && c.Needs == "" {
				c.Needs = rule.Name + " " + needs
			}
		}
		p.told.Conditions[e.Name] = c
	}
}

// judgedByBefore leaves what publish will leave because an environment was manual
// before the change.
func (p *pull) judgedByBefore(i *plan.Item) {
	env, ok := p.config.Lookup(i.Environment)
	if !ok || env.Manual() || bring(*i) == "" {
		return
	}
	for _, rule := range (basis{config: p.rules()}).rulesFor(env) {
		if rule.Manual() {
			i.Leave(plan.Manual, "it is manual here until this is merged: the next publish after that brings it")
			return
		}
	}
}

// find is a prompt that the change touches, or nil. They are sorted.
func (p *pull) find(name string) *comment.Prompt {
	i, ok := slices.BinarySearchFunc(p.told.Prompts, name, func(one comment.Prompt, name string) int { return strings.Compare(one.Name, name) })
	if !ok {
		return nil
	}
	return &p.told.Prompts[i]
}

// mistakes reports whether something is not in order that an evaluation or a
// plan needs. A break of callers is none of that.
func (p *pull) mistakes() bool {
	for _, f := range p.report.Errors() {
		if f.Rule != check.Breaking && f.Rule != check.Unread {
			return true
		}
	}
	return false
}

// result is the exit code: a no counts before what could not be told, and that
// before a service that failed.
func (p *pull) result() error {
	v := p.told.Verdict()
	switch {
	case len(p.report.Errors()) > 0:
		return p.report.Findings
	case v == comment.Fail:
		return refusal{errors.New("the evaluation says no, or is missing where it has to be: see above")}
	case p.plan != nil && len(p.plan.Stopped()) > 0:
		return stopped(p.plan.Plan, "")
	case v == comment.Inconclusive && !p.told.PublishInconclusive:
		return cannotTell{errors.New("the evaluation could not tell: see above")}
	}
	return p.failed
}

// outputFolder is where the files of a pull request are, below the root.
const outputFolder = ".promptflag"

// file is a path below the root of the checkout, as an output of the step has it.
func (p *pull) file(name string) string {
	return strings.TrimPrefix(p.prefix()+"/"+filepath.ToSlash(name), "/")
}
