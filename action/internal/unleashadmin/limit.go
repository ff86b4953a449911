package unleashadmin

import (
	"context"
	"net/http"
)

// FlagLimit is how many flags the server takes in all; 0 if it does not say.
func (c *Client) FlagLimit(ctx context.Context) (int, error) {
	var doc struct {
		Limits struct {
			Flags int `json:"featureFlags"`
		} `json:"resourceLimits"`
	}
	err := c.call(ctx, request{op: "read the limits of the server", method: http.MethodGet, path: "ui-config"}, &doc)
	return doc.Limits.Flags, err
}
