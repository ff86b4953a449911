package gitfs

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// ErrShallow: the repository has only a part of its history, so that nobody can
// tell what is in it.
var ErrShallow = errors.New("the checkout has no full history (fetch-depth: 0 brings it)")

// Contains reports whether a commit is HEAD or one of its ancestors. A commit that
// a full history does not know is none.
func Contains(ctx context.Context, dir, commit string) (bool, error) {
	shallow, err := git(ctx, dir, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return false, err
	}
	err = command(ctx, dir, "merge-base", "--is-ancestor", commit, "HEAD").Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &exit):
		return false, fmt.Errorf("git merge-base: %w", err)
	case strings.TrimSpace(string(shallow)) == "true":
		return false, ErrShallow
	}
	return false, nil // 1: not an ancestor; 128: no such commit
}
