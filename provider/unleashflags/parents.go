package unleashflags

import (
	"slices"

	"github.com/open-feature/go-sdk/openfeature"
)

// Parents are evaluated here and not by the SDK: an SDK looks for them in its
// own storage, prints to standard output when one is missing, and answers the
// same for a parent that is not satisfied and a caller whom nothing matches.
// They are always those of the newest feed, also for a child whose definition
// is older.

// satisfied says whether all parents of c are as c demands.
func (c *compiled) satisfied(caller openfeature.FlattenedContext) bool {
	if len(c.parents) == 0 {
		return true
	}
	parents := c.engine.parents.Load()
	if parents == nil {
		return false
	}
	for _, d := range c.parents {
		if parent := (*parents)[d.Feature]; parent == nil || !d.satisfied(parent, caller) {
			return false
		}
	}
	return true
}

// satisfied says whether a parent is as d demands. One that has parents itself
// never is. One of which nobody can tell whom it matches is not known to be off,
// nor which variant it gives: what it may match comes first.
func (d *wireDependency) satisfied(parent *compiled, caller openfeature.FlattenedContext) bool {
	switch {
	case len(parent.parents) > 0:
		return false
	case d.Enabled != nil && !*d.Enabled:
		return !(parent.enabled && parent.unsure) && !parent.isOn(caller)
	case len(d.Variants) == 0:
		return parent.isOn(caller)
	case parent.unsure:
		return false
	}
	o := parent.outcome(caller)
	name := o.Variant.Name
	if name == "" {
		name = disabled
	}
	return o.On && slices.Contains(d.Variants, name)
}
