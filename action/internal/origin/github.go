package origin

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// CheckHeadOnGitHub is CheckHead for a workflow run, where neither git nor a
// remote may be at hand. ask asks GitHub's API for the commit of the branch.
func (f Finder) CheckHeadOnGitHub(ctx context.Context, ask func(ctx context.Context, branch string) (string, error), branch string) error {
	// Another branch or a tag may point to the same commit; it does not publish.
	if ref := f.Getenv("GITHUB_REF"); ref != "" && ref != "refs/heads/"+branch {
		return fmt.Errorf("%w: that is %s, this is %s", ErrNotHead, branch, ref)
	}
	if other := f.otherCheckout(); other != "" {
		return fmt.Errorf("%w: the run is of %.12s, but %.12s is checked out", ErrNotHead, f.Getenv("GITHUB_SHA"), other)
	}
	head, err := ask(ctx, branch)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCannotTell, err)
	}
	if commit := f.Getenv("GITHUB_SHA"); head != commit {
		return fmt.Errorf("%w: %s is at %.12s, this is %.12s; the run of that commit publishes", ErrNotHead, branch, head, commit)
	}
	return nil
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// otherCheckout returns the commit that is checked out if it certainly is not
// the one of the run. The image of the action has no git, so the two files
// that usually tell are read; "" if they do not.
func (f Finder) otherCheckout() string {
	dir, run := f.repository(), f.Getenv("GITHUB_SHA")
	if dir == "" || run == "" {
		return ""
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return ""
	}
	defer root.Close()
	head, err := root.ReadFile(".git/HEAD")
	if ref, ok := strings.CutPrefix(strings.TrimSpace(string(head)), "ref: refs/heads/"); ok {
		head, err = root.ReadFile(".git/refs/heads/" + ref)
	}
	commit := strings.TrimSpace(string(head))
	if err != nil || !commitID.MatchString(commit) || commit == run {
		return ""
	}
	return commit
}
