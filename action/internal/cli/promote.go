package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/policy"
	"github.com/promptflag/promptflag/action/internal/rollout"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

type promoteCmd struct {
	target
	From  string `placeholder:"NAME" help:"With --to: bring what everybody gets in this environment to the other one, as a new version there."`
	To    string `placeholder:"NAME" help:"The environment to bring it to."`
	Retry bool   `help:"With --to: end the hold of the version there."`
}

func (c promoteCmd) Run(ctx context.Context, s *session) error {
	switch {
	case c.From == "" && c.To == "" && c.Retry:
		return usageError{errors.New("promote --retry: only with --from and --to; where a merge publishes, publish --retry starts a held version again")}
	case c.From == "" && c.To == "":
		return c.judged(ctx, s, rollout.Place.Promote)
	case c.From == "" || c.To == "":
		return usageError{errors.New("promote: --from and --to belong together")}
	case c.From == c.To:
		return usageError{fmt.Errorf("promote: --from and --to are both %s; without them the candidate goes to everybody", c.To)}
	case c.Environment != "" && c.Environment != c.To:
		return usageError{fmt.Errorf("promote: --to %s and --environment %s; give only --to", c.To, c.Environment)}
	}
	return c.between(ctx, s)
}

// between brings the version that is live in one environment to another one, by
// the rules by which a merge would.
func (c promoteCmd) between(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	envs, err := environments(cfg, []string{c.From, c.To})
	if err != nil {
		return err
	}
	target := c.target
	target.Environment = c.To
	w, err := target.open(ctx, s)
	if err != nil {
		return err
	}
	all, err := s.targets(ctx, envs)
	if err != nil {
		return err
	}
	v, err := s.liveIn(ctx, envs[0], all[c.From], c.Name)
	if err != nil {
		return err
	}
	w.command = "promote"
	w.place.From = c.From
	w.place.Origin = onBehalf(w.place.Origin, v.record)
	head := rollout.Head{Place: w.place, Version: v.prompt, Retry: c.Retry}
	def := s.definition(cfg, c.Name)
	if def != nil {
		head.Description = def.Description
	} else { // of the files only the path is asked
		root, err := s.openRoot()
		if err != nil {
			return err
		}
		file, _ := cfg.File(root.FS(), c.Name)
		def = &prompts.Definition{File: file}
	}
	owed := s.owedBy(ctx, cfg, w.place, def, v)
	g, err := s.newGate(cfg, all, w.place.Origin)
	if err != nil {
		return err
	}
	defer g.run.Close()
	g.source = all[c.From].Bucket
	if err := w.gated(ctx, s, c.bringing(ctx, head, v.behind, owed, g)); err != nil {
		return err
	}
	s.copyReceipts(ctx, all[c.From].Bucket, all[c.To].Bucket, v.prompt.Ref())
	return nil
}

// bringing decides as a merge would; what brings a version that callers do not have
// needs the approvals that are owed and the word of the gate.
func (c promoteCmd) bringing(ctx context.Context, head rollout.Head, behind string, owed []policy.Refusal, g *gate) decision {
	var decide decision = func(_ rollout.Place, f *flags.Flag) (plan.Item, error) {
		item, err := head.Decide(f)
		item.Decide = head.Decide
		return item, err
	}
	return decide.then(func(item *plan.Item) error {
		c.inItsWords(item, head.Version.Version())
		if behind != "" {
			item.Warnings = append(item.Warnings, behind)
		}
		if bring(*item) == "" {
			return nil
		}
		refuse(item, owed)
		return g.promoting(ctx, item)
	})
}

// brought is a version that is live in an environment, and how it came there.
type brought struct {
	prompt *prompts.Prompt
	to     string        // the environment
	record *store.Record // nil: there is none
	behind string        // a warning of a newer one that is not brought; "" for none
}

// liveIn finds the version that everybody gets in an environment.
func (s *session) liveIn(ctx context.Context, e config.Environment, t plan.Target, name string) (brought, error) {
	ref, behind, err := serving(ctx, e, t.Flags, name)
	if errors.Is(err, errNoFlag) {
		bring := "publish"
		if e.Manual() {
			bring = "promote"
		}
		return brought{}, refusal{hinted(err, cmp.Or(s.meantPrompt(name), bring+" the prompt there first"))}
	}
	if err != nil {
		return brought{}, err
	}
	p, err := s.published(ctx, t.Bucket, name, string(ref.Digest))
	if err != nil {
		return brought{}, err
	}
	record, err := broughtBy(ctx, t.Bucket, ref, e.Name)
	return brought{p, e.Name, record, behind}, err
}

// inItsWords says of a promotion what the rules say of a merge. A person who asks
// for a version is told no where a merge just passes it by.
func (c promoteCmd) inItsWords(item *plan.Item, version string) {
	switch item.Kind {
	case plan.Unchanged, plan.Repair:
		if plan.Version(item.After.Stable) == version {
			item.Why = version + " is stable in " + c.To + " already"
		}
	case plan.Withdraw:
		item.Why = version + " is stable in " + c.To + ": the candidate goes"
	case plan.Held:
		item.Stop(item.Why, "with --retry it becomes candidate again")
	case plan.Waiting:
		item.Stop(item.Why, "promote or roll back the open candidate first")
	}
}

var errNoFlag = errors.New("there is no flag")

// serving is the version that everybody gets in an environment who gets no
// candidate: stable, or the candidate once it is dialled to everybody. behind is a
// warning of the candidate that others get.
func serving(ctx context.Context, e config.Environment, server plan.Flags, name string) (live prompts.Ref, behind string, err error) {
	f, err := plan.Find(ctx, server, e.Flag(name))
	switch {
	case err != nil:
		return prompts.Ref{}, "", err
	case f == nil:
		return prompts.Ref{}, "", refusal{fmt.Errorf("%w %s in %s", errNoFlag, e.Flag(name), e.Name)}
	}
	state := plan.StateOf(f, flags.Recognise(*f, name, e.Name))
	dialled := state.Candidate != "" && !state.CandidateDisabled
	everybody := state.Stable
	if dialled && !state.Constrained && state.Percent >= 100 && state.Enabled {
		everybody = state.Candidate
	} else if state.StableDisabled {
		everybody = ""
	}
	live, err = prompts.ParseRef(everybody)
	if err != nil {
		return prompts.Ref{}, "", refusal{fmt.Errorf("%s has no version in %s that everybody gets: promptflag status %s shows what is there", name, e.Name, name)}
	}
	if dialled && state.Candidate != everybody {
		behind = fmt.Sprintf("%s, the candidate in %s, is not brought: not everybody gets it there yet (%s)", plan.Version(state.Candidate), e.Name, reach(state))
	}
	return live, behind, nil
}

// reach is who gets a candidate that not everybody gets.
func reach(s plan.State) string {
	switch {
	case !s.Enabled:
		return "OFF"
	case s.Constrained:
		return "some callers only"
	}
	return fmt.Sprintf("%d %%", s.Percent)
}

// broughtBy is the record with which a version came to an environment; nil if there
// is none.
func broughtBy(ctx context.Context, b *store.Bucket, ref prompts.Ref, environment string) (*store.Record, error) {
	keys, err := b.RecordKeys(ctx, ref.Name)
	if err != nil {
		return nil, err
	}
	at := plan.Came(keys, environment, ref.Version())
	if at < 0 {
		return nil, nil
	}
	r, err := b.Record(ctx, keys[at])
	if err != nil || r.Ref != ref.String() {
		return nil, err
	}
	return &r, nil
}

// onBehalf puts the change that a version came with into the records of its
// promotion: who promotes it is the actor.
func onBehalf(o plan.Origin, r *store.Record) plan.Origin {
	if r == nil {
		return o
	}
	o.Commit, o.Subject, o.PullRequest, o.Author, o.Approvers = r.Commit, r.Subject, r.PullRequest, r.Author, r.Approvers
	return o
}

var pullURL = regexp.MustCompile(`/pull/([0-9]+)$`)

// owedBy asks who approved a version, in its records or on GitHub. def is its file
// here.
func (s *session) owedBy(ctx context.Context, cfg *config.Config, at rollout.Place, def *prompts.Definition, b brought) []policy.Refusal {
	c := policy.Case{Environment: at.Env, Now: s.Now()}
	v := s.provenance(s.hub(), at.Origin.Commit, cfg.Branch)
	c.Files = v.files(def)
	base := ""
	if policy.Asks(at.Env) {
		var m *merged
		none := "there is no release record of " + b.prompt.Version() + " in " + b.to
		if m, c.Origin.Unknown = v.recorded(ctx, b.record, def, none); m != nil {
			c.Origin.Pull, base = &m.Pull, m.base
			c.Files = v.judged(def, m)
		}
	}
	v.fill(ctx, &c, base)
	return policy.Judge(c)
}

// recorded is the pull request of a release record. One that GitHub told of when
// the record was written names its author; any other was read from a message,
// which anybody can write.
func (v *provenance) recorded(ctx context.Context, r *store.Record, def *prompts.Definition, none string) (m *merged, unknown string) {
	if r == nil {
		return nil, none
	}
	number := 0
	if found := pullURL.FindStringSubmatch(r.PullRequest); found != nil && r.Author != "" {
		number, _ = strconv.Atoi(found[1])
	}
	switch {
	case v.client == nil && number > 0:
		return &merged{url: r.PullRequest, Pull: policy.Pull{Number: number, Author: r.Author, Approved: r.Approvers}}, ""
	case v.client == nil:
		return nil, "its release record does not say who approved it, and " + v.why
	case number > 0:
		p, err := v.client.Pull(ctx, number)
		if err == nil && (!p.Merged || p.BaseRef != v.branch) {
			return nil, ""
		}
		if err == nil {
			m, err = v.pull(ctx, p)
		}
		if err != nil {
			return nil, err.Error()
		}
		return m, ""
	case r.Commit == "":
		return nil, "its release record names no commit"
	}
	// It is the head that was published, which may be about something else.
	then := *v
	then.head = r.Commit
	return then.of(ctx, def, mostChanges)
}

// mostReceipts of a version are taken along.
const mostReceipts = 50

// copyReceipts takes the evaluations of a version along to another bucket, where
// the next promote looks for them. It is evaluated again if that fails.
func (s *session) copyReceipts(ctx context.Context, from, to *store.Bucket, ref prompts.Ref) {
	if from == to {
		return
	}
	keys, err := from.Receipts(ctx, string(ref.Digest))
	for _, k := range keys[:min(len(keys), mostReceipts)] {
		var data []byte
		if data, err = from.Receipt(ctx, k.Key); err == nil {
			_, err = to.PutReceipt(ctx, string(ref.Digest), k.Suite, data)
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		s.warn("the evaluations of " + ref.Version() + " were not copied: " + err.Error())
	}
}
