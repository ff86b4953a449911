package cli

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/promptflag/promptflag/action/internal/origin"
)

// ownerForm is what GitHub takes for an owner: a person, a team, an address.
var ownerForm = regexp.MustCompile(`^(@[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?|[^\s@"\\]+@[^\s@"\\]+)$`)

// finder looks around in a folder, which need not exist yet.
func (s *session) finder(dir string) origin.Finder {
	return origin.Finder{Getenv: s.Getenv, Dir: existing(dir), Tool: "promptflag " + s.version(), NewID: s.NewID}
}

// checkout is what git knows about a folder.
func (s *session) checkout(ctx context.Context, dir string) origin.Checkout {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return s.finder(dir).Checkout(ctx)
}

// existing is the folder, or the next above it that exists.
func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}
