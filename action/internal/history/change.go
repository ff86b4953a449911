package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/store"
)

// Place is one prompt in one environment.
type Place struct {
	Prompt      string
	Environment string // as promptflag.toml calls it
	Flag        string
}

// quiet are events that are nobody's business here.
var quiet = []unleashadmin.EventType{
	"feature-favorited", "feature-unfavorited", "feature-potentially-stale-on", unleashadmin.FlagTagged, "feature-untagged",
}

// roleOf is what a strategy is in the flag: "candidate", "stable", or its title in
// quotes for one that is not ours.
func (p Place) roleOf(s flags.Strategy, in Snapshot) string {
	r := flags.Recognise(in.Flag, p.Prompt, p.Environment)
	for _, x := range []*flags.Strategy{r.Stable, r.Candidate} {
		if x != nil && x.ID == s.ID {
			return s.Parameters[flags.ParamRole]
		}
	}
	title := s.Title
	if title == "" {
		title = s.Name
	}
	return fmt.Sprintf("strategy %q", title)
}

// byHand is the row of an event that no record explains.
func (p Place) byHand(s Step) Entry {
	e := Entry{
		Time: s.Time, Environment: p.Environment, Prompt: p.Prompt, Action: string(s.Type), Source: ByHand, Finished: true,
		Events: []int64{s.ID}, Account: s.By,
	}
	if s.Known {
		e.Before, e.After = p.state(s.Before), p.state(s.After)
	}
	switch s.Type {
	case unleashadmin.StrategyUpdated:
		if s.Event.Before == nil || s.Event.After == nil {
			break
		}
		e.Ref = s.Event.After.Ref()
		e.Action, e.Detail = p.updated(*s.Event.Before, *s.Event.After, s.After)
	case unleashadmin.StrategyAdded:
		e.Action = "add"
		if x := s.Event.After; x != nil {
			e.Ref, e.Detail = x.Ref(), "added "+p.roleOf(*x, s.After)+fmt.Sprintf(" at %d %%", x.Rollout())
		}
	case unleashadmin.StrategyRemoved:
		e.Action = "delete"
		if x := s.Event.Before; x != nil {
			e.Ref, e.Detail = x.Ref(), "deleted "+p.roleOf(*x, s.Before)
		}
	case unleashadmin.StrategiesMoved:
		e.Action, e.Detail = "move", "changed the order of the strategies"
	case unleashadmin.SwitchedOn:
		e.Action, e.Detail = "on", "switched the environment ON"
	case unleashadmin.SwitchedOff:
		e.Action, e.Detail = "off", "switched the environment OFF"
	case unleashadmin.FlagArchived:
		e.Action, e.Detail = "archive", "archived the flag"
	case unleashadmin.FlagRevived:
		e.Action, e.Detail = "revive", "revived the flag, OFF everywhere"
	case unleashadmin.FlagCreated:
		e.Action, e.Detail = "create", "created the flag"
	}
	return e
}

// state is what a record would keep of a snapshot.
func (p Place) state(s Snapshot) *store.State {
	if !s.Exists || s.Archived {
		return &store.State{}
	}
	return plan.StateOf(&s.Flag, flags.Recognise(s.Flag, p.Prompt, p.Environment)).Record()
}

// updated says in words what changed in a strategy. The first word that fits is the
// action.
func (p Place) updated(before, after flags.Strategy, in Snapshot) (action, detail string) {
	role := p.roleOf(after, in)
	var words []string
	note := func(what, format string, args ...any) {
		if action == "" {
			action = what
		}
		words = append(words, fmt.Sprintf(format, args...))
	}
	if a, b := before.Ref(), after.Ref(); a != b {
		old, now := orNothing(a), orNothing(b)
		if old == now { // the digits of a version do not tell them apart
			old, now = a, b
		}
		note("edit", "%s now serves %s instead of %s", role, now, old)
	}
	if before.Disabled != after.Disabled {
		what := "enable"
		if after.Disabled {
			what = "disable"
		}
		note(what, "%sd %s", what, role)
	}
	if a, b := before.Parameters["rollout"], after.Parameters["rollout"]; a != b {
		note("dial", "%s from %s to %s %%", role, orNothing(a), orNothing(b))
	}
	if !sameJSON(before.Constraints, after.Constraints) || !slices.Equal(before.Segments, after.Segments) {
		note("edit", "%s is for other callers: %d constraints and %d segments, before %d and %d", role,
			len(after.Constraints), len(after.Segments), len(before.Constraints), len(before.Segments))
	}
	for _, name := range slices.Sorted(maps.Keys(union(before.Parameters, after.Parameters))) {
		a, b := before.Parameters[name], after.Parameters[name]
		if name != "rollout" && a != b {
			note("edit", "%s of %s from %s to %s", name, role, orNothing(a), orNothing(b))
		}
	}
	if len(words) == 0 && !sameJSON(before.Variants, after.Variants) {
		note("edit", "other variants of %s", role)
	}
	if before.Title != after.Title {
		note("edit", "other title of %s", role)
	}
	if len(words) == 0 {
		note("edit", "saved %s without a change", role)
	}
	return action, strings.Join(words, "; ")
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	if v := plan.Version(s); v != "" {
		return v
	}
	return s
}

// sameJSON compares two values as documents: the server gives members in any order.
func sameJSON(a, b any) bool {
	one, err1 := canonical(a)
	two, err2 := canonical(b)
	return err1 == nil && err2 == nil && bytes.Equal(one, two)
}

func canonical(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var back any
	if err := json.Unmarshal(text, &back); err != nil {
		return nil, err
	}
	if list, ok := back.([]any); ok && len(list) == 0 {
		back = nil
	}
	return json.Marshal(back)
}
