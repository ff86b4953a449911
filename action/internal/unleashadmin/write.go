package unleashadmin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// looks is how often what was sent is looked for after a lost answer: the server
// may still be working on it.
const looks = 3

// post sends a request that makes something. After a lost answer it is looked
// for, and never sent a second time: a server that is slow would make it twice.
func (c *Client) post(ctx context.Context, send func() error, there func() (bool, error)) error {
	err := send()
	if !lost(err) {
		return err
	}
	for try := range looks {
		c.wait(ctx, try)
		found, lookErr := there()
		switch {
		case lookErr != nil:
			return fmt.Errorf("%w; whether it was done is not known: %w", err, lookErr)
		case found:
			return nil
		}
	}
	return fmt.Errorf("%w; it was not done so far", err)
}

// Create makes the flag with its tag. A flag that this project has already is
// left as it is and gets the tag. Errors are flags.ErrArchived and
// flags.ErrOtherProject.
func (c *Client) Create(ctx context.Context, n flags.New) error {
	op := "create flag " + n.Name
	body := map[string]any{"name": n.Name, "type": "kill-switch", "description": n.Description, "impressionData": false}
	err := c.post(ctx, func() error {
		return c.call(ctx, request{op: op, method: http.MethodPost, path: path("projects", c.project, "features"), body: body}, nil)
	}, func() (bool, error) {
		_, err := c.feature(ctx, op, n.Name)
		if errors.Is(err, flags.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	})
	if isStatus(err, http.StatusConflict) {
		// The name is taken: by this project, or by whom?
		_, err = c.feature(ctx, op, n.Name)
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
	tag := request{
		op: "tag flag " + flag, method: http.MethodPost, path: path("features", flag, "tags"), again: true,
		body: flags.Tag{Type: flags.TagType, Value: prompt[:min(len(prompt), longest)]},
	}
	send := func() error { return ignore(c.call(ctx, tag, nil), http.StatusConflict) }
	err := send()
	if !isStatus(err, http.StatusNotFound) && !isStatus(err, http.StatusBadRequest) {
		return err
	}
	kind := request{
		op: "create tag type " + flags.TagType, method: http.MethodPost, path: "tag-types", again: true,
		body: map[string]any{"name": flags.TagType, "description": "Prompts that promptflag publishes", "icon": "P"},
	}
	// Another process may make it at the same time, which the server answers
	// with 409 or 500; whether it is there is what the tag itself shows.
	typeErr := c.call(ctx, kind, nil)
	if err := send(); err == nil || typeErr == nil {
		return err
	}
	return typeErr
}

// Switch turns the environment of the flag ON or OFF. Turned ON without an
// enabled strategy it gets one from the server that serves everybody nothing.
func (c *Client) Switch(ctx context.Context, flag string, on bool) error {
	word := "off"
	if on {
		word = "on"
	}
	r := request{
		op: "switch " + flag + " " + word, method: http.MethodPost, again: true,
		path: c.flag(flag, "environments", c.environment, word),
	}
	return c.explain(ctx, r.op, flag, c.call(ctx, r, nil))
}

// explain looks why the server does not find something of a flag.
func (c *Client) explain(ctx context.Context, op, flag string, err error) error {
	if !errors.Is(err, flags.ErrNotFound) {
		return err
	}
	if _, lookErr := c.Read(ctx, flag); lookErr != nil {
		return lookErr
	}
	return err
}
