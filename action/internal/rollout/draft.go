package rollout

import (
	"cmp"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// Place is one prompt in one environment.
type Place struct {
	Prompt string
	Env    config.Environment
	// Percent and Stickiness of a new candidate: the prompt's own [rollout]
	// before the environment's.
	Percent    int
	Stickiness string
	Origin     plan.Origin
	// From is the environment that versions come from where they are promoted to
	// this one; "" where a merge publishes them, or if none is known.
	From string
	// History is asked only when a rule needs it: it costs a listing.
	History func() (History, error)
}

// At returns the place of a prompt in an environment; def is nil for a prompt
// that the tree does not have.
func At(prompt string, def *prompts.Definition, env config.Environment, origin plan.Origin, history func() (History, error)) Place {
	p := Place{
		Prompt: prompt, Env: env, Percent: env.Percent, Stickiness: env.Stickiness,
		Origin: origin, History: history,
	}
	if def == nil {
		return p
	}
	own := def.Rollout[env.Name]
	if own.Percent != nil {
		p.Percent = *own.Percent
	}
	if own.Stickiness != "" {
		p.Stickiness = own.Stickiness
	}
	return p
}

// publish is the command that brings a new version here.
func (p Place) publish() string {
	if p.merges() {
		return "publish"
	}
	return Promotion(p.Prompt, p.From, p.Env.Name)
}

// retry is the command that ends a hold.
func (p Place) retry() string {
	if p.merges() {
		return "publish --retry " + p.Prompt
	}
	return p.publish() + " --retry"
}

func (p Place) merges() bool { return p.From == "" && !p.Env.Manual() }

// Promotion is the command that brings a version from one environment to another.
// from may be "": unknown.
func Promotion(prompt, from, to string) string {
	return fmt.Sprintf("promote %s --from %s --to %s", prompt, cmp.Or(from, "ENVIRONMENT"), to)
}

// Flag is the name of the prompt's flag.
func (p Place) Flag() string { return p.Env.Flag(p.Prompt) }

// draft is an item in the making: the place, the flag as it was read, and who
// owns its strategies.
type draft struct {
	at Place
	plan.Item
	flag  *flags.Flag
	roles flags.Roles
}

func (p Place) draft(f *flags.Flag) *draft {
	d := &draft{at: p, flag: f}
	if f != nil {
		d.roles = flags.Recognise(*f, p.Prompt, p.Env.Name)
	}
	state := plan.StateOf(f, d.roles)
	d.Item = plan.Item{
		Prompt: p.Prompt, Environment: p.Env.Name, Flag: p.Flag(),
		Kind: plan.Unchanged, Before: state, After: state, Seen: f,
	}
	return d
}

// strategy builds one of our strategies for a version.
func (d *draft) strategy(role flags.Role, ref prompts.Ref, subject string, percent int) flags.Strategy {
	id := flags.ID(d.Flag, d.at.Env.Name, d.at.Origin.Commit, d.at.Origin.Run)
	s := flags.Build(role, d.Flag, id, ref.String(), ref.Version(), subject, percent, d.at.Stickiness)
	if role == flags.Stable && d.flag != nil {
		if purged := flags.PurgedText(flags.Purged(d.flag.Strategies)); purged != "" {
			s.Parameters[flags.ParamPurged] = purged // services go on forgetting them
		}
	}
	return s
}

func (d *draft) step(s plan.Step) { d.Steps = append(d.Steps, s) }

func (d *draft) event(a plan.Action, ref prompts.Ref) {
	d.Events = append(d.Events, plan.Event{Action: a, Ref: ref})
}

func (d *draft) warn(format string, args ...any) {
	d.Warnings = append(d.Warnings, fmt.Sprintf(format, args...))
}

// stop turns the item into one that waits for a person.
func (d *draft) stop(message, hint string) {
	d.Item.Stop(message, hint)
}

// active reports whether the candidate serves anybody who is dialled in.
func (d *draft) active() bool {
	return d.roles.Candidate != nil && !d.roles.Candidate.Disabled
}

// promoted reports whether the candidate was dialled to everybody. One that is
// constrained serves only those it matches, whatever its percentage.
func (d *draft) promoted() bool {
	return d.active() && !d.roles.Candidate.Constrained() && d.roles.Candidate.Rollout() >= 100
}

func (d *draft) stableRef() prompts.Ref    { return refOf(d.roles.Stable) }
func (d *draft) candidateRef() prompts.Ref { return refOf(d.roles.Candidate) }

func refOf(s *flags.Strategy) prompts.Ref {
	if s == nil {
		return prompts.Ref{}
	}
	ref, err := prompts.ParseRef(s.Ref())
	if err != nil {
		return prompts.Ref{}
	}
	return ref
}
