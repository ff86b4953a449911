package plan

import (
	"context"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Flags is a flag server, as one environment of one project sees it.
// unleashadmin.Client and flagsfile.File are the two there are.
type Flags interface {
	Describe() string
	// Document is the file that the flags are in; "" where a server has them. People
	// have no page for a file, and nobody counts who asks for its flags.
	Document() string
	Ping(context.Context) error
	Export(context.Context) (map[string]flags.Flag, error)
	Read(ctx context.Context, flag string) (flags.Flag, error)
	Create(context.Context, flags.New) error
	Add(ctx context.Context, flag string, s flags.Strategy) (id string, err error)
	Patch(ctx context.Context, flag, id string, p flags.Patch) error
	Reorder(ctx context.Context, flag string, order map[string]int) error
	Delete(ctx context.Context, flag, id string) error
	Switch(ctx context.Context, flag string, on bool) error
	Link(ctx context.Context, flag, url, title string) error
	Exposures(ctx context.Context, flag string) (map[string]int64, error)
	FlagLimit(context.Context) (int, error)
}

// RetireCommand archives the flag of a prompt whose file is gone.
func RetireCommand(prompt string, f Flags) string {
	if f.Document() != "" {
		prompt += " --force --reason …"
	}
	return "promptflag retire " + prompt
}

// Step is one write to a flag. Exactly one member is set.
type Step struct {
	Create  *flags.New
	Add     *flags.Strategy
	Patch   *PatchStep
	Delete  string // strategy id
	Reorder map[string]int
	Switch  *bool
	Link    *LinkStep
}

// PatchStep changes the strategy with that id.
type PatchStep struct {
	ID    string
	Patch flags.Patch
}

// LinkStep puts a link on the flag's page.
type LinkStep struct{ URL, Title string }

func (s Step) do(ctx context.Context, on Flags, flag string) error {
	switch {
	case s.Create != nil:
		return on.Create(ctx, *s.Create)
	case s.Add != nil:
		_, err := on.Add(ctx, flag, *s.Add)
		return err
	case s.Patch != nil:
		return on.Patch(ctx, flag, s.Patch.ID, s.Patch.Patch)
	case s.Delete != "":
		return on.Delete(ctx, flag, s.Delete)
	case s.Reorder != nil:
		return on.Reorder(ctx, flag, s.Reorder)
	case s.Switch != nil:
		return on.Switch(ctx, flag, *s.Switch)
	case s.Link != nil:
		return on.Link(ctx, flag, s.Link.URL, s.Link.Title)
	}
	return fmt.Errorf("empty step for flag %s", flag)
}
