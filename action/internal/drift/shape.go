package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// shape finds strategies of ours that are not as we write them.
func (s *site) shape(o ours) {
	const should = "a strategy of promptflag is as promptflag wrote it"
	mend := "promptflag rollback " + o.prompt + " -e " + s.env.Name + " --to VERSION writes a new one; what a person needs goes into a strategy of their own"
	for _, st := range o.flag.Strategies {
		role, marked := st.Parameters[flags.ParamRole]
		if !marked {
			continue
		}
		if isCopy(o, st) {
			continue // the plan tells of it
		}
		for _, what := range edits(o, st, s.env.Name) {
			s.add(Edited, o, fmt.Sprintf("the %s strategy %q %s", role, titleOf(st), what), should, mend)
		}
	}
}

// isCopy: the mark is whole, and was made for another place or twice.
func isCopy(o ours, st flags.Strategy) bool {
	if !slices.ContainsFunc(o.roles.Foreign, func(x flags.Strategy) bool { return x.ID == st.ID }) {
		return false
	}
	ref, err := prompts.ParseRef(st.Ref())
	return err == nil && st.Parameters[flags.ParamID] != "" && (ref.Name == o.prompt || !strings.HasPrefix(st.Parameters[flags.ParamID], o.flag.Name+"/"))
}

// edits says what somebody changed, in words that follow the strategy's name.
func edits(o ours, st flags.Strategy, environment string) (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	role := flags.Role(st.Parameters[flags.ParamRole])
	if role != flags.Stable && role != flags.Candidate {
		add("has a role that there is not")
		return list
	}
	switch id := st.Parameters[flags.ParamID]; {
	case id == "":
		add("has a role and no id")
	case !strings.HasPrefix(id, o.flag.Name+"/"+environment+"/"):
		add("has the id of another flag or environment")
	}
	if st.Name != flags.StrategyName {
		add("is of the type %q, on which variants do not work", st.Name)
	}
	list = append(list, payloadEdits(o, st)...)
	rollout := st.Parameters["rollout"]
	if n, err := strconv.Atoi(rollout); err != nil || n < 0 || n > 100 {
		add("has the rollout %.20q, which counts as %d %%", rollout, st.Rollout())
	}
	if group := st.Parameters["groupId"]; group != o.flag.Name {
		add("has the groupId %.60q, so it draws other users than before", group)
	}
	if role != flags.Stable {
		return list
	}
	if st.Rollout() < 100 || st.Constrained() {
		add("is not for everybody: the others get nothing from the flag")
	}
	if field := st.Parameters["stickiness"]; field != flags.StickinessDefault && field != "random" {
		add("asks callers for %.60q: those without it get nothing from the flag", field)
	}
	return list
}

func payloadEdits(o ours, st flags.Strategy) (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if len(st.Variants) != 1 {
		add("has %d variants, not one", len(st.Variants))
		return list
	}
	ref, err := prompts.ParseRef(st.Ref())
	switch {
	case st.Variants[0].Payload == nil:
		add("carries no payload")
	case err != nil:
		add("carries something that is no ref")
	case ref.Name != o.prompt:
		add("serves another prompt, %s", ref.Name)
	case st.Variants[0].Name != ref.Version():
		add("calls its variant %.60q and serves %s: metrics count it under a wrong name", st.Variants[0].Name, ref.Version())
	}
	return list
}

func titleOf(s flags.Strategy) string {
	if s.Title != "" {
		return s.Title
	}
	return s.Name
}

// state finds what a flag as a whole does that it should not do for long.
func (s *site) state(o ours) {
	if o.roles.Stable == nil && o.roles.Candidate == nil {
		return // the plan tells of it
	}
	switch {
	case o.roles.Stable == nil && len(o.roles.Lost) == 0:
		s.add(NoStable, o, "there is no stable strategy of this prompt", "callers outside the candidate get a version", "promptflag rollback "+o.prompt+" -e "+s.env.Name+" --to VERSION")
	case o.roles.Stable != nil && o.roles.Stable.Disabled:
		s.add(StableDisabled, o, "the stable strategy is disabled", "callers outside the candidate get a version", "enable it on the flag's page, or promptflag rollback "+o.prompt+" -e "+s.env.Name+" --to VERSION")
	}
	if !o.flag.Enabled {
		s.add(Off, o, "the environment is OFF: everybody gets "+orNone(version(o.roles.Stable)), "ON, when there is no emergency", "promptflag on "+o.prompt+" -e "+s.env.Name)
	}
}

func version(s *flags.Strategy) string {
	if s == nil {
		return ""
	}
	return plan.Version(s.Ref())
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// everybody: all callers match it, whoever they are.
func everybody(s flags.Strategy) bool {
	field := s.Parameters["stickiness"]
	return !s.Disabled && !s.Constrained() && s.Rollout() >= 100 &&
		(s.Name != flags.StrategyName || field == "" || field == flags.StickinessDefault || field == "random")
}

// neverMatches finds what stands behind a strategy for everybody. That stable
// stands behind a candidate at 100 % is how a promoted version is taken back.
func (s *site) neverMatches(o ours, f flags.Flag) {
	isLeftover := func(st flags.Strategy) bool {
		return slices.ContainsFunc(o.roles.Leftovers, func(x flags.Strategy) bool { return x.ID == st.ID })
	}
	at := slices.IndexFunc(f.Strategies, everybody)
	if at < 0 || isLeftover(f.Strategies[at]) {
		return // or there is a finding about it
	}
	is := func(st *flags.Strategy, id string) bool { return st != nil && st.ID == id }
	front := f.Strategies[at]
	for _, st := range f.Strategies[at+1:] {
		if st.Disabled || isLeftover(st) || is(o.roles.Stable, st.ID) && is(o.roles.Candidate, front.ID) {
			continue
		}
		s.add(NeverMatches, o, fmt.Sprintf("the strategy %q stands behind %q, which matches everybody", titleOf(st), titleOf(front)),
			"every enabled strategy can match somebody", "drag it before the other on the flag's page, or delete it")
	}
}

// harmless reports whether carrying out an item changes nobody's version: it puts
// marks back, and deletes strategies that nobody gets anything from.
func harmless(item plan.Item) bool {
	if item.Seen == nil || len(item.Steps) == 0 || item.Blob != nil {
		return false
	}
	gone := map[string]bool{}
	for _, step := range item.Steps {
		switch {
		case step.Delete != "":
			gone[step.Delete] = true
		case step.Patch != nil:
			p := step.Patch.Patch
			if p.Rollout != nil || p.Stickiness != nil || p.Disabled != nil || p.Title != nil {
				return false
			}
		default:
			return false
		}
	}
	var rest []flags.Strategy
	for _, st := range item.Seen.Strategies {
		if !gone[st.ID] {
			rest = append(rest, st)
		}
	}
	return slices.Equal(served(item.Seen.Strategies), served(rest))
}

// served is who gets what, from strategies in evaluation order.
func served(list []flags.Strategy) (out []string) {
	for _, s := range list {
		if s.Disabled || s.Rollout() == 0 {
			continue
		}
		variants, _ := json.Marshal(s.Variants)
		who := "everybody"
		if !everybody(s) {
			constraints, _ := json.Marshal([]any{s.Constraints, s.Segments})
			who = strings.Join([]string{s.Name, s.Parameters["rollout"], s.Parameters["stickiness"], s.Parameters["groupId"], string(constraints)}, "|")
		}
		entry := who + " " + string(variants)
		if len(out) == 0 || out[len(out)-1] != entry {
			out = append(out, entry)
		}
		if everybody(s) {
			break
		}
	}
	return out
}
