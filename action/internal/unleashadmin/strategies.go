package unleashadmin

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Add adds a strategy and returns its id. The sort order is the strategy's. A
// strategy whose answer was lost is recognised by its promptflagId, role and
// ref; it is not sent a second time.
func (c *Client) Add(ctx context.Context, flag string, s flags.Strategy) (id string, err error) {
	op := "add strategy to " + flag
	s.ID = ""
	s.Constraints = orEmpty(s.Constraints)
	s.Segments = orEmpty(s.Segments)
	s.Variants = orEmpty(s.Variants)
	if s.Parameters == nil {
		s.Parameters = map[string]string{}
	}
	err = c.post(ctx, func() error {
		var added struct {
			ID string `json:"id"`
		}
		err := c.call(ctx, request{op: op, method: http.MethodPost, path: c.strategies(flag), body: s}, &added)
		id = added.ID
		return c.explain(ctx, op, flag, err)
	}, func() (bool, error) {
		if s.Parameters[flags.ParamID] == "" {
			return false, errors.New("the strategy has no " + flags.ParamID + " to look for")
		}
		f, err := c.Read(ctx, flag)
		if err != nil {
			return false, err
		}
		for _, there := range f.Strategies {
			if same(there, s) {
				id = there.ID
				return true, nil
			}
		}
		return false, nil
	})
	return id, err
}

// same reports that two strategies were made by the same step.
func same(a, b flags.Strategy) bool {
	return a.Parameters[flags.ParamID] == b.Parameters[flags.ParamID] &&
		a.Parameters[flags.ParamRole] == b.Parameters[flags.ParamRole] && a.Ref() == b.Ref()
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// operation is one line of a json-patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// Patch changes single members of a strategy, all or none. Errors are
// flags.ErrNotFound and flags.ErrConflict. Disabling the last enabled strategy
// turns the environment OFF.
func (c *Client) Patch(ctx context.Context, flag, id string, p flags.Patch) error {
	ops := operations(p)
	if len(ops) == 0 {
		return nil
	}
	r := request{op: "change strategy of " + flag, method: http.MethodPatch, path: c.strategies(flag, id), body: ops}
	err := c.call(ctx, r, nil)
	if !isStatus(err, http.StatusInternalServerError) && !isStatus(err, http.StatusForbidden) || errors.Is(err, flags.ErrConflict) {
		return c.explain(ctx, r.op, flag, err)
	}
	// The server refuses like that what does not fit the strategy as it is.
	f, lookErr := c.Read(ctx, flag)
	if lookErr != nil {
		return err
	}
	i := slices.IndexFunc(f.Strategies, func(s flags.Strategy) bool { return s.ID == id })
	switch {
	case i < 0:
		return &Error{Op: r.op, Err: flags.ErrNotFound, Hint: "the flag has no strategy " + id + " in environment " + c.environment}
	case p.Expect != "" && f.Strategies[i].Ref() != p.Expect:
		return &Error{Op: r.op, Err: flags.ErrConflict, Hint: "the strategy serves something else; run the command again"}
	}
	return err
}

// operations writes a patch as json-patch. "add" also replaces.
func operations(p flags.Patch) []operation {
	var ops []operation
	set := func(path string, value any) { ops = append(ops, operation{"add", path, value}) }
	if p.Rollout != nil {
		set("/parameters/rollout", strconv.Itoa(*p.Rollout))
	}
	if p.Stickiness != nil {
		set("/parameters/stickiness", *p.Stickiness)
		set("/variants/0/stickiness", *p.Stickiness)
	}
	if p.Disabled != nil {
		set("/disabled", *p.Disabled)
	}
	if p.Title != nil {
		set("/title", *p.Title)
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for _, name := range slices.Sorted(maps.Keys(p.Parameters)) {
		pointer := "/parameters/" + escape.Replace(name)
		if value := p.Parameters[name]; value != nil {
			set(pointer, *value)
		} else {
			ops = append(ops, operation{Op: "remove", Path: pointer})
		}
	}
	if p.Expect != "" && len(ops) > 0 {
		ops = slices.Insert(ops, 0, operation{"test", "/variants/0/payload/value", p.Expect})
	}
	return ops
}

// Reorder gives strategies of the flag new sort orders.
func (c *Client) Reorder(ctx context.Context, flag string, order map[string]int) error {
	type place struct {
		ID        string `json:"id"`
		SortOrder int    `json:"sortOrder"`
	}
	body := make([]place, 0, len(order))
	for id, n := range order {
		body = append(body, place{id, n})
	}
	slices.SortFunc(body, func(a, b place) int { return cmp.Compare(a.SortOrder, b.SortOrder) })
	r := request{op: "order strategies of " + flag, method: http.MethodPost, path: c.strategies(flag, "set-sort-order"), body: body, again: true}
	return c.explain(ctx, r.op, flag, c.call(ctx, r, nil))
}

// Delete removes a strategy; one that is gone already is fine. The environment
// goes OFF with its last enabled strategy.
func (c *Client) Delete(ctx context.Context, flag, id string) error {
	r := request{op: "delete strategy of " + flag, method: http.MethodDelete, path: c.strategies(flag, id)}
	if err := c.call(ctx, r, nil); !errors.Is(err, flags.ErrNotFound) {
		return err
	}
	return nil
}
