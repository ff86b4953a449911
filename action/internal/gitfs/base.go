package gitfs

import (
	"context"
	"fmt"
	"strings"
)

// Base is the commit that what is checked out is to be compared with, when it is
// proposed for base. merged is the head that the checkout may be a merge of that
// nobody has made yet, as GitHub makes it for a pull request: then it is the side
// that was merged into, which may be newer than base; "" where there is none. Else it is where the two parted:
// what came to base since then is no change of this side.
func Base(ctx context.Context, dir, base, merged string) (string, error) {
	if merged != "" {
		if second, err := commitOf(ctx, dir, "HEAD^2"); err == nil && second == merged {
			return commitOf(ctx, dir, "HEAD^1")
		}
	}
	commit, err := commitOf(ctx, dir, base)
	if err != nil {
		return "", fmt.Errorf("revision %q: %w", base, err)
	}
	if parted, err := git(ctx, dir, "merge-base", commit, "HEAD"); err == nil {
		return strings.TrimSpace(string(parted)), nil
	}
	return commit, nil // a shallow checkout does not know where
}

func commitOf(ctx context.Context, dir, rev string) (string, error) {
	out, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	return strings.TrimSpace(string(out)), err
}
