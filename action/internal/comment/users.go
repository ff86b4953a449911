package comment

import (
	"fmt"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
)

// now is what an environment serves, in words.
func (p Prompt) now(environment string) string {
	var parts []string
	off := false
	for _, v := range p.Live {
		if v.Environment != environment {
			continue
		}
		which := p.version(v.Ref.Version())
		promoted := v.Role == flags.Candidate && v.Percent == 100 && !v.Constrained
		if (v.Role == flags.Stable || promoted) && v.Ref.Version() != p.Version {
			which = "today's version (" + which + ")"
		} else if v.Role == flags.Candidate && v.Ref.Version() != p.Version {
			which = "an earlier change (" + which + ")"
		}
		switch {
		case !v.On && v.Role == flags.Stable:
			return "switched OFF, so everybody gets " + which
		case !v.On:
			off = true
		case v.Percent == 0 && v.Role == flags.Stable:
			continue
		case v.Percent == 100 && !v.Constrained:
			parts = append(parts, "everybody gets "+which)
		default:
			parts = append(parts, share(v)+" get "+which)
		}
	}
	switch {
	case off:
		return "switched OFF"
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case p.Known:
		return "not published here yet"
	}
	return "not known"
}

func share(v live.Version) string {
	text := fmt.Sprintf("%d %%", v.Percent)
	switch {
	case v.Role == "" && v.Constrained:
		text += " of some users, by a rule that somebody made in Unleash,"
	case v.Role == "":
		text += ", by a rule that somebody made in Unleash,"
	case v.Constrained:
		text += " of the users that a rule in Unleash chooses"
	}
	return text
}

// version names one: that of the change in words.
func (p Prompt) version(v string) string {
	if v == p.Version && v != "" {
		return "this version (" + code(v) + ")"
	}
	return code(v)
}

// blocked: the item would bring the version to users, and its evaluation does
// not let it.
func (in Input) blocked(p Prompt, i plan.Item) bool {
	v := p.verdict()
	return (i.Kind == plan.Canary || i.Kind == plan.Create) && (v == Fail || v == Inconclusive && !in.PublishInconclusive)
}

// merging is what a merge does in one environment, short: "5 % of users get it".
func (in Input) merging(p Prompt, i plan.Item) string {
	text := merging(i)
	if in.blocked(p, i) {
		return "**nobody** gets it, because it " + map[Verdict]string{Fail: "failed", Inconclusive: "could not be judged"}[p.verdict()] +
			" (else: " + strings.ReplaceAll(text, "**", "") + ")"
	}
	if i.Kind != plan.Canary && i.Kind != plan.Create {
		return text
	}
	c := in.Conditions[i.Environment]
	if c.Needs != "" {
		text += " (" + prose(c.Needs) + ")"
	}
	if c.Frozen != "" {
		return "**nobody** gets it now, because " + prose(c.Frozen) + ". Published after that: " + strings.ReplaceAll(text, "**", "")
	}
	return text
}

func merging(i plan.Item) string {
	a := i.After
	switch i.Kind {
	case plan.Unchanged:
		return "nothing changes"
	case plan.Create:
		return "**everybody** gets it: it is new here"
	case plan.Restore:
		return "**everybody** goes back to it"
	case plan.Canary:
		switch {
		case !a.Enabled:
			return "nobody: the environment is switched OFF"
		case a.Constrained:
			return fmt.Sprintf("**%d %%** of the users that a rule in Unleash chooses get it", a.Percent)
		case a.Percent == 0:
			return "nobody gets it until somebody dials it up"
		case a.Percent == 100:
			return "**everybody** gets it"
		}
		if len(i.Moves) == 1 && i.Moves[0].Percent == a.Percent {
			return fmt.Sprintf("**%d %% of users** get it, the others keep theirs", a.Percent)
		}
		return fmt.Sprintf("**%d %% of users** get it", a.Percent)
	case plan.Withdraw:
		return "the candidate is taken away"
	case plan.Held:
		return "nobody gets it: somebody rejected this version"
	case plan.Waiting:
		return "nobody yet: it waits until the other new version is through"
	case plan.Repair:
		return "nobody's version changes"
	case "manual":
		return "nobody gets it by the merge alone: somebody has to promote it"
	case plan.Stopped:
		return "**nothing happens** until somebody acts"
	}
	return prose(i.Why)
}

// users answers who gets a prompt, and when: for each environment, what it serves
// now and what a merge does.
func (in Input) users(p Prompt) []string {
	var out []string
	if len(p.Items) == 0 {
		for _, e := range in.Environments {
			if p.Known {
				out = append(out, "**"+prose(e)+"**, now: "+p.now(e)+".")
			}
		}
		switch {
		case p.Kind == Removed:
			out = append(out, "Merging takes nothing away from users: what is served stays until <code>promptflag retire</code>.")
		case in.PlanUnknown != "":
			out = append(out, "Not known: "+prose(in.PlanUnknown)+".")
			var starts []string
			for _, e := range in.Environments {
				if percent, ok := p.Starts[e]; ok {
					starts = append(starts, fmt.Sprintf("%s with %d %% of users", prose(e), percent))
				}
			}
			if len(starts) > 0 {
				out = append(out, "By the team's settings a new version begins, when it is merged, in "+strings.Join(starts, ", in ")+".")
			}
		}
		return out
	}
	for _, i := range p.Items {
		text := "**" + prose(i.Environment) + "**, now: " + p.now(i.Environment) + ". **When merged:** " + in.merging(p, i) + "."
		out = append(out, text)
		if !in.blocked(p, i) && !strings.HasPrefix(in.merging(p, i), "**nobody** gets it now") {
			out = append(out, notes(p, i)...)
		}
	}
	return out
}

// notes are who moves, where that is more than the short form says, and why.
func notes(p Prompt, i plan.Item) (out []string) {
	simple := i.Kind == plan.Create || i.Kind == plan.Unchanged ||
		i.Kind == plan.Canary && len(i.Moves) == 1 && i.Moves[0].To == p.Version && i.Moves[0].Of == ""
	switch {
	case simple:
	default:
		for _, m := range i.Moves {
			out = append(out, p.move(m))
		}
		if i.Kind != plan.Canary {
			out = append(out, upper(prose(i.Why))+".")
		}
	}
	if i.Problem != nil && i.Problem.Hint != "" {
		out = append(out, "To do: "+prose(i.Problem.Hint)+".")
	}
	for _, w := range i.Warnings {
		out = append(out, "⚠️ "+prose(w))
	}
	return out
}

// move is "45 % of users move from 9c… to 77ab…".
func (p Prompt) move(m plan.Move) string {
	of := "users"
	if m.Of != "" {
		of = prose(m.Of)
	}
	if m.From == "" {
		return fmt.Sprintf("%d %% of %s get %s.", m.Percent, of, p.version(m.To))
	}
	return fmt.Sprintf("%d %% of %s move from %s to %s.", m.Percent, of, p.version(m.From), p.version(m.To))
}

// blockedShort is who gets what its evaluation does not let pass.
const blockedShort = "nobody"

// usersShort is the same for a row of the table of all prompts.
func (in Input) usersShort(p Prompt) string {
	if len(p.Items) == 0 {
		if p.Kind == Removed {
			return "stays as it is"
		}
		return "not known"
	}
	if in.quiet(p) {
		return "nothing changes"
	}
	var parts []string
	nobody := true
	for _, i := range p.Items {
		nobody = nobody && in.blocked(p, i)
		parts = append(parts, prose(i.Environment)+": "+in.merging(p, i))
	}
	if nobody {
		return blockedShort
	}
	return lines(parts)
}

// quiet: a merge changes nothing for users.
func (in Input) quiet(p Prompt) bool {
	for _, i := range p.Items {
		if i.Kind != plan.Unchanged {
			return false
		}
	}
	return len(p.Items) > 0
}
