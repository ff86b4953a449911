package unleashadmin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Create makes the flag with its tag. A flag that this project has already is
// left as it is and gets the tag.
func (c *Client) Create(ctx context.Context, n flags.New) error {
	body := map[string]any{"name": n.Name, "type": "kill-switch", "description": n.Description, "impressionData": false}
	err := c.call(ctx, "create flag "+n.Name, http.MethodPost, path("projects", c.project, "features"), body, nil)
	if err != nil && !errors.Is(err, flags.ErrArchived) {
		// Created by the request whose answer was lost, or by somebody else?
		if _, readErr := c.Read(ctx, n.Name); readErr == nil {
			err = nil
		} else if errors.Is(readErr, flags.ErrOtherProject) {
			err = readErr
		}
	}
	if err != nil {
		return err
	}
	return c.tag(ctx, n.Name, n.Prompt)
}

// tag marks the flag as ours, for people: what we read is the role of the
// strategies. The server takes tags of 2 to 50 characters; a longer name is
// cut, a shorter one stays without.
func (c *Client) tag(ctx context.Context, flag, prompt string) error {
	const shortest, longest = 2, 50
	if len(prompt) < shortest {
		return nil
	}
	prompt = prompt[:min(len(prompt), longest)]
	send := func() error {
		err := c.call(ctx, "tag flag "+flag, http.MethodPost, path("features", flag, "tags"),
			flags.Tag{Type: flags.TagType, Value: prompt}, nil)
		return ignore(err, http.StatusConflict)
	}
	err := send()
	if err == nil || !isStatus(err, http.StatusNotFound) && !isStatus(err, http.StatusBadRequest) {
		return err
	}
	kind := map[string]any{"name": flags.TagType, "description": "Prompts that promptflag publishes", "icon": "P"}
	// Another process may make it at the same time, which the server answers
	// with 409 or 500; whether it is there is what the tag itself shows.
	typeErr := c.call(ctx, "create tag type "+flags.TagType, http.MethodPost, "tag-types", kind, nil)
	if err := send(); err == nil || typeErr == nil {
		return err
	}
	return typeErr
}

// Add adds a strategy and returns its id. If the answer is lost, the flag is
// read again: the strategy is there, or it is sent once more.
func (c *Client) Add(ctx context.Context, flag string, s flags.Strategy) (string, error) {
	id, err := c.add(ctx, flag, s)
	if e := (*Error)(nil); err == nil || !errors.As(err, &e) || e.Status != 0 && e.Status < 500 {
		return id, err
	}
	f, readErr := c.Read(ctx, flag)
	if readErr != nil {
		return "", err
	}
	for _, there := range f.Strategies {
		if there.Parameters[flags.ParamID] != "" && there.Parameters[flags.ParamID] == s.Parameters[flags.ParamID] &&
			there.Parameters[flags.ParamRole] == s.Parameters[flags.ParamRole] && there.Ref() == s.Ref() {
			return there.ID, nil
		}
	}
	return c.add(ctx, flag, s)
}

func (c *Client) add(ctx context.Context, flag string, s flags.Strategy) (string, error) {
	s.ID = ""
	if s.Constraints == nil {
		s.Constraints = []json.RawMessage{}
	}
	if s.Segments == nil {
		s.Segments = []int{}
	}
	if s.Variants == nil {
		s.Variants = []flags.Variant{}
	}
	var added struct {
		ID string `json:"id"`
	}
	err := c.call(ctx, "add strategy to "+flag, http.MethodPost, c.strategies(flag), s, &added)
	return added.ID, err
}

// operation is one line of a json-patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// Patch changes single members of a strategy.
func (c *Client) Patch(ctx context.Context, flag, id string, p flags.Patch) error {
	var ops []operation
	add := func(op, path string, value any) { ops = append(ops, operation{op, path, value}) }
	if p.Expect != "" {
		add("test", "/variants/0/payload/value", p.Expect)
	}
	if p.Rollout != nil {
		add("add", "/parameters/rollout", strconv.Itoa(*p.Rollout))
	}
	if p.Stickiness != nil {
		add("add", "/parameters/stickiness", *p.Stickiness)
		add("add", "/variants/0/stickiness", *p.Stickiness)
	}
	if p.Disabled != nil {
		add("replace", "/disabled", *p.Disabled)
	}
	if p.Title != nil {
		add("replace", "/title", *p.Title)
	}
	for name, value := range p.Parameters {
		pointer := "/parameters/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		if value == nil {
			add("remove", pointer, nil)
		} else {
			add("add", pointer, *value)
		}
	}
	return c.call(ctx, "change strategy of "+flag, http.MethodPatch, c.strategies(flag, id), ops, nil)
}

// Reorder gives strategies new sort orders.
func (c *Client) Reorder(ctx context.Context, flag string, order map[string]int) error {
	type place struct {
		ID        string `json:"id"`
		SortOrder int    `json:"sortOrder"`
	}
	var body []place
	for id, n := range order {
		body = append(body, place{id, n})
	}
	return c.call(ctx, "order strategies of "+flag, http.MethodPost, c.strategies(flag, "set-sort-order"), body, nil)
}

// Delete removes a strategy; one that is gone already is fine.
func (c *Client) Delete(ctx context.Context, flag, id string) error {
	err := c.call(ctx, "delete strategy of "+flag, http.MethodDelete, c.strategies(flag, id), nil, nil)
	return ignore(err, http.StatusNotFound)
}

// Switch turns the environment of the flag on or off.
func (c *Client) Switch(ctx context.Context, flag string, on bool) error {
	word := "off"
	if on {
		word = "on"
	}
	op := "switch " + flag + " " + word
	target := path("projects", c.project, "features", flag, "environments", c.environment, word)
	err := c.call(ctx, op, http.MethodPost, target, nil, nil)
	if e := (*Error)(nil); errors.As(err, &e) && e.Status == 0 && ctx.Err() == nil {
		// Switching twice is the same as once.
		err = c.call(ctx, op, http.MethodPost, target, nil, nil)
	}
	return err
}

// Link puts a link on the page of the flag, unless it is there. Servers that
// have no links are left without.
func (c *Client) Link(ctx context.Context, flag, url, title string) error {
	var there struct {
		Links []struct {
			URL string `json:"url"`
		} `json:"links"`
	}
	if err := c.call(ctx, "read links of "+flag, http.MethodGet, path("projects", c.project, "features", flag), nil, &there); err != nil {
		return err
	}
	for _, l := range there.Links {
		if l.URL == url {
			return nil
		}
	}
	err := c.call(ctx, "link "+flag, http.MethodPost, path("projects", c.project, "features", flag, "link"), map[string]string{"url": url, "title": title}, nil)
	return ignore(err, http.StatusNotFound)
}

// ignore drops an error of that status.
func ignore(err error, status int) error {
	if isStatus(err, status) {
		return nil
	}
	return err
}

func isStatus(err error, status int) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && e.Status == status
}

func join(words []string) string { return strings.Join(words, ", ") }

// text is how the server writes a parameter that is not a string.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
