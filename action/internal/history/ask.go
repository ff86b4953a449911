package history

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// asked is what is known about one strategy and the caller.
type asked struct {
	Match
	maybe   bool     // nobody can tell whether it matched, or which variant it gave
	missing []string // what would tell
}

// ask asks the client for each strategy twice: whole, and without what depends on
// fields that nobody gave. What does not match without them does not match.
func (d *decider) ask() ([]asked, error) {
	out := make([]asked, len(d.enabled))
	whole := make([]flags.Strategy, len(d.enabled))
	part := make([]flags.Strategy, len(d.enabled))
	for i, x := range d.enabled {
		whole[i], out[i].missing = d.expand(x)
		part[i] = d.known(whole[i], &out[i].missing)
	}
	matches, err := d.m.Match(append(whole, part...), d.context())
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Match = matches[i]
		if len(out[i].missing) > 0 && matches[len(whole)+i].On {
			out[i].maybe = true
		} else if len(out[i].missing) > 0 {
			out[i].On = false
		}
	}
	return out, nil
}

// context is what the client is told about the caller. An empty field is one that
// the service did not send.
func (d *decider) context() map[string]string {
	c := map[string]string{"currentTime": d.q.Time.UTC().Format(time.RFC3339)}
	for k, v := range d.q.Context {
		if v != "" {
			c[k] = v
		}
	}
	c["userId"] = d.q.User
	return c
}

// knows says whether a field of the caller's context was given.
func (d *decider) knows(field string) bool {
	switch field {
	case "", "userId", "currentTime", "environment":
		return true
	}
	_, given := d.q.Context[field]
	return given
}

func needs(field string) string {
	return fmt.Sprintf("the caller's %s: --context %s=VALUE, or --context %s= if the service does not send it", field, field, field)
}

// expand writes the constraints of the strategy's segments into the strategy: it has
// to meet all of both.
func (d *decider) expand(x flags.Strategy) (flags.Strategy, []string) {
	var missing []string
	x.Constraints = slices.Clone(x.Constraints)
	for _, id := range x.Segments {
		constraints, ok := d.q.Segments[id]
		if !ok {
			missing = append(missing, fmt.Sprintf("what segment %d was", id))
		}
		x.Constraints = append(x.Constraints, constraints...)
	}
	x.Segments = nil
	return d.grouped(x), missing
}

// grouped writes down the group of the draw where the flag's name stands for it: the
// client is asked about flags of other names.
func (d *decider) grouped(x flags.Strategy) flags.Strategy {
	if x.Parameters["groupId"] == "" {
		x.Parameters = maps.Clone(x.Parameters)
		if x.Parameters == nil {
			x.Parameters = map[string]string{}
		}
		x.Parameters["groupId"] = d.q.Flag
	}
	return x
}

// known is the strategy without what cannot be told, which it notes.
func (d *decider) known(x flags.Strategy, missing *[]string) flags.Strategy {
	var constraints []json.RawMessage
	for _, raw := range x.Constraints {
		var c struct {
			ContextName string `json:"contextName"`
		}
		if err := json.Unmarshal(raw, &c); err == nil && !d.knows(c.ContextName) {
			*missing = append(*missing, needs(c.ContextName))
			continue
		}
		constraints = append(constraints, raw)
	}
	x.Constraints = constraints
	switch x.Name {
	case "remoteAddress":
		if !d.knows("remoteAddress") {
			*missing = append(*missing, needs("remoteAddress"))
			x.Name, x.Parameters = "default", nil
		}
		return x
	}
	field := sticky(x)
	always := x.Rollout() >= 100 && (field == "random" || x.Parameters["stickiness"] == "" || x.Parameters["stickiness"] == "default")
	if x.Name == flags.StrategyName && x.Rollout() > 0 && !always {
		switch {
		case field == "random":
			*missing = append(*missing, "nothing can tell: the draw is at random for each call (stickiness random)")
			x = at(x, 100)
		case !d.knows(field):
			*missing = append(*missing, needs(field))
			x = at(x, 100)
		}
	}
	if len(x.Variants) > 1 {
		for _, v := range x.Variants {
			if v.Stickiness == "random" {
				*missing = append(*missing, "nothing can tell: the variants are drawn at random for each call")
			} else if v.Stickiness != "" && v.Stickiness != "default" && !d.knows(v.Stickiness) {
				*missing = append(*missing, needs(v.Stickiness))
			}
		}
	}
	return x
}

// at is a copy of a strategy at another percentage; 100 is for everybody.
func at(x flags.Strategy, percent int) flags.Strategy {
	x.Parameters = maps.Clone(x.Parameters)
	if x.Parameters == nil {
		x.Parameters = map[string]string{}
	}
	x.Parameters["rollout"] = strconv.Itoa(percent)
	if percent >= 100 {
		x.Parameters["stickiness"] = flags.StickinessDefault
	}
	return x
}

// draw finds the user's bucket: the lowest percentage at which Unleash's client
// lets the user have the candidate.
func (d *decider) draw() error {
	if d.candidate == nil || d.candidate.Name != flags.StrategyName || d.percent <= 0 || d.percent >= 100 {
		return nil
	}
	if field := sticky(*d.candidate); field == "random" || !d.knows(field) {
		return nil
	}
	free := d.grouped(*d.candidate)
	free.Constraints, free.Segments = nil, nil
	steps := make([]flags.Strategy, 100)
	for i := range steps {
		steps[i] = at(free, i+1)
		steps[i].Parameters["stickiness"] = free.Parameters["stickiness"]
	}
	matches, err := d.m.Match(steps, d.context())
	if err != nil {
		return err
	}
	if lowest := sort.Search(100, func(i int) bool { return matches[i].On }); lowest < 100 {
		d.bucket = lowest + 1
	}
	return nil
}

// sticky is the field by which a strategy draws; "random" is none.
func sticky(x flags.Strategy) string {
	switch x.Name {
	case "gradualRolloutSessionId":
		return "sessionId"
	case "gradualRolloutRandom":
		return "random"
	case flags.StrategyName:
		if s := x.Parameters["stickiness"]; s != "" && s != flags.StickinessDefault {
			return s
		}
	}
	return "userId" // Unleash's own default where there is one
}
