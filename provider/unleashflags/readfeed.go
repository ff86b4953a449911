package unleashflags

import (
	"context"
	"fmt"
)

// ReadFeed asks once for the feed that a source with these options would follow
// and returns its body as the server gives it, or the projection of the embedded
// document. It takes at most Options.Timeout, starts nothing and reports nothing.
// Source.Decode reads the body. The error wraps provider.ErrRefused when the
// server does not accept the token.
func ReadFeed(ctx context.Context, o Options) ([]byte, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	var from fetcher = fileFeed{s.dir, s.opt.Environment, s.opt.Project}
	if s.dir == "" {
		server := newServer(s, randomHex(16))
		defer server.close()
		from = server
	}
	body, _, err := from.fetch(ctx, "")
	if err != nil {
		return nil, err
	}
	if _, err := readFeed(body); err != nil {
		return nil, fmt.Errorf("read flags: %w", err)
	}
	return body, nil
}
