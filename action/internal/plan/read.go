package plan

import (
	"context"
	"errors"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Find reads a flag; nil if there is none. A wrong address answers "not found",
// too: the server is asked whether it is one before that is believed.
func Find(ctx context.Context, server Flags, flag string) (*flags.Flag, error) {
	f, err := server.Read(ctx, flag)
	switch {
	case err == nil:
		return &f, nil
	case errors.Is(err, flags.ErrNotFound):
		return nil, server.Ping(ctx)
	}
	return nil, err
}
