package flagsfile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// maxStrategies is a server's default limit for one flag and environment.
const maxStrategies = 30

// Add gives a flag one more strategy, with the sort order that it says, and
// returns its new id. The switch stays as it is.
func (f *File) Add(ctx context.Context, flag string, s flags.Strategy) (id string, err error) {
	err = f.update(ctx, "add strategy", func(d *document) error {
		x, err := f.edit(d, flag)
		if err != nil {
			return err
		}
		id, err = f.add(d, x, s)
		return err
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func (f *File) add(d *document, x *feature, s flags.Strategy) (id string, err error) {
	if s.Name == "" {
		return "", fmt.Errorf("flag %s: a strategy without a type", x.Name)
	}
	if len(x.Strategies) >= maxStrategies {
		return "", fmt.Errorf("flag %s: it has %d strategies, the limit", x.Name, maxStrategies)
	}
	id, err = newULID(f.now(), f.random, d.ids)
	if err != nil {
		return "", err
	}
	n := &strategy{
		ID: id, Name: s.Name, Title: s.Title, SortOrder: s.SortOrder, Disabled: s.Disabled,
		Constraints: s.Constraints, Segments: s.Segments,
		Parameters: maps.Clone(s.Parameters), Variants: slices.Clone(s.Variants),
	}
	n.fillIn(x.Name)
	if err := n.checkVariants(); err != nil {
		return "", fmt.Errorf("flag %s: %w", x.Name, err)
	}
	x.Strategies = append(x.Strategies, n)
	return id, nil
}

// ids yields the ids of all strategies.
func (d *document) ids(yield func(string) bool) {
	for _, x := range d.Features {
		for _, s := range x.Strategies {
			if !yield(s.ID) {
				return
			}
		}
	}
}

// Patch changes a strategy. Errors are flags.ErrNotFound, and flags.ErrConflict
// if the strategy does not serve p.Expect. When no strategy is left enabled, the
// environment goes OFF.
func (f *File) Patch(ctx context.Context, flag, id string, p flags.Patch) error {
	return f.update(ctx, "change strategy", func(d *document) error {
		x, err := f.edit(d, flag)
		if err != nil {
			return err
		}
		s, err := x.strategy(id)
		if err != nil {
			return err
		}
		if ref := s.ref(); p.Expect != "" && ref != p.Expect {
			return fmt.Errorf("flag %s: strategy %s serves %q, not %q: %w", flag, id, ref, p.Expect, flags.ErrConflict)
		}
		if p.Rollout != nil && (*p.Rollout < 0 || *p.Rollout > 100) {
			return fmt.Errorf("flag %s: rollout %d %%: not from 0 to 100", flag, *p.Rollout)
		}
		s.patch(p)
		s.fillIn(x.Name)
		x.offIfIdle()
		return nil
	})
}

func (x *feature) strategy(id string) (*strategy, error) {
	for _, s := range x.Strategies {
		if s.ID == id {
			return s, nil
		}
	}
	return nil, fmt.Errorf("flag %s: strategy %s: %w", x.Name, id, flags.ErrNotFound)
}

// offIfIdle is what a server does after a strategy was changed or deleted.
func (x *feature) offIfIdle() {
	if x.idle() {
		x.Enabled = false
	}
}

func (s *strategy) ref() string { return flags.Strategy{Variants: s.Variants}.Ref() }

func (s *strategy) patch(p flags.Patch) {
	if s.Parameters == nil {
		s.Parameters = parameters{}
	}
	if p.Rollout != nil {
		s.Parameters["rollout"] = strconv.Itoa(*p.Rollout)
	}
	if p.Stickiness != nil {
		s.Parameters["stickiness"] = *p.Stickiness
		for i := range s.Variants {
			s.Variants[i].Stickiness = *p.Stickiness
		}
	}
	if p.Disabled != nil {
		s.Disabled = *p.Disabled
	}
	if p.Title != nil {
		s.Title = *p.Title
	}
	for name, value := range p.Parameters {
		if value == nil {
			delete(s.Parameters, name)
		} else {
			s.Parameters[name] = *value
		}
	}
}

// Reorder sets the sort orders of strategies, all or none.
func (f *File) Reorder(ctx context.Context, flag string, order map[string]int) error {
	return f.update(ctx, "reorder strategies", func(d *document) error {
		x, err := f.edit(d, flag)
		if err != nil {
			return err
		}
		changed := false
		for id, n := range order {
			s, err := x.strategy(id)
			if err != nil {
				return err
			}
			changed = changed || s.SortOrder != n
			s.SortOrder = n
		}
		if !changed {
			return errUnchanged
		}
		return nil
	})
}

// Delete removes a strategy; one that is not there is fine. When no strategy is
// left enabled, the environment goes OFF.
func (f *File) Delete(ctx context.Context, flag, id string) error {
	return f.update(ctx, "delete strategy", func(d *document) error {
		x, err := f.edit(d, flag)
		if errors.Is(err, flags.ErrNotFound) {
			return errUnchanged
		}
		if err != nil {
			return err
		}
		i := slices.IndexFunc(x.Strategies, func(s *strategy) bool { return s.ID == id })
		if i < 0 {
			return errUnchanged
		}
		x.Strategies = slices.Delete(x.Strategies, i, i+1)
		x.offIfIdle()
		return nil
	})
}
