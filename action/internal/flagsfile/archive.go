package flagsfile

import (
	"context"
	"errors"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Archive archives a flag, in this environment's document: services do not get
// it any more, and its name stays taken. It is OFF from then on, as on a server:
// revived, it gives nobody a candidate that was forgotten. One that is archived
// is left as it is.
func (f *File) Archive(ctx context.Context, flag string) error {
	return f.update(ctx, "archive flag", func(d *document) error {
		x, err := f.edit(d, flag)
		if errors.Is(err, flags.ErrArchived) {
			return errUnchanged
		}
		if err != nil {
			return err
		}
		x.Archived, x.Enabled = true, false
		return nil
	})
}

// Asked knows nothing: nobody counts evaluations of the embedded document.
func (f *File) Asked(ctx context.Context, _ string, since time.Time) (flags.Asked, error) {
	return flags.Asked{Since: since}, ctx.Err()
}
