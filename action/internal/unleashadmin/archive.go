package unleashadmin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Archive archives a flag, in all environments of the server: services do not
// get it any more. One that is archived is left as it is. The server refuses it
// while other flags depend on this one.
func (c *Client) Archive(ctx context.Context, flag string) error {
	op := "archive flag " + flag
	err := c.call(ctx, request{op: op, method: http.MethodDelete, path: c.flag(flag)}, nil)
	if err == nil {
		return nil
	}
	// The answer to a first try may be lost, and the second one finds nothing.
	if _, lookErr := c.Read(ctx, flag); errors.Is(lookErr, flags.ErrArchived) {
		return nil
	}
	return c.explain(ctx, op, flag, err)
}

// metricsHours is how far back the server counts by the hour.
const metricsHours = 48

// Asked counts the evaluations of a flag since a time, at most 48 hours ago, in
// all environments of the server. Hours are counted as a whole; what the server has
// seen and not counted yet is one.
func (c *Client) Asked(ctx context.Context, flag string, since time.Time) (flags.Asked, error) {
	op := "read metrics of " + flag
	asked := flags.Asked{Since: since.Truncate(time.Hour), By: map[string]int64{}}
	var doc struct {
		Data []struct {
			Environment string    `json:"environment"`
			Timestamp   time.Time `json:"timestamp"`
			Yes         int64     `json:"yes"`
			No          int64     `json:"no"`
		} `json:"data"`
	}
	r := request{op: op, method: http.MethodGet, path: path("client-metrics", "features", flag, "raw") + fmt.Sprintf("?hoursBack=%d", metricsHours)}
	if err := c.call(ctx, r, &doc); err != nil {
		return asked, err
	}
	for _, d := range doc.Data {
		asked.Known = asked.Known || d.Yes+d.No > 0
		if !d.Timestamp.Before(asked.Since) {
			asked.By[d.Environment] += d.Yes + d.No
		}
	}
	var seen struct {
		LastSeenAt   *time.Time `json:"lastSeenAt"`
		Environments []struct {
			Name       string     `json:"name"`
			LastSeenAt *time.Time `json:"lastSeenAt"`
		} `json:"environments"`
	}
	if err := c.call(ctx, request{op: op, method: http.MethodGet, path: c.flag(flag)}, &seen); err != nil {
		return asked, err
	}
	asked.Known = asked.Known || seen.LastSeenAt != nil
	for _, e := range seen.Environments {
		if e.LastSeenAt == nil {
			continue
		}
		asked.Known = true
		// The server may note that it was asked before it writes down how often.
		if !e.LastSeenAt.Before(asked.Since) {
			asked.By[e.Name] = max(asked.By[e.Name], 1)
		}
	}
	return asked, nil
}
