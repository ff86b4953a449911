package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	api "github.com/google/go-github/v60/github"
)

var commitID = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// MaxFile is the size of the largest file that File reads.
const MaxFile = 1 << 20

const mayRead = "contents: read"

// File reads one file of at most MaxFile bytes at a commit, branch or tag.
// path is relative to the repository, with slashes. A folder, a link and a
// submodule are errors.
func (c *Client) File(ctx context.Context, ref, path string) ([]byte, error) {
	return c.file(ctx, ref, path, MaxFile)
}

func (c *Client) file(ctx context.Context, ref, path string, limit int) ([]byte, error) {
	asked := fmt.Sprintf("read %s of %s at %.12s", path, c.Repository(), ref)
	if !fs.ValidPath(path) || path == "." {
		return nil, fmt.Errorf("%s: not a path inside the repository", asked)
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	content, _, _, err := c.api.Repositories.GetContents(ctx, c.owner, c.repo, path, &api.RepositoryContentGetOptions{Ref: ref})
	switch {
	case errors.Is(err, api.ErrPathForbidden):
		return nil, fmt.Errorf("%s: a path with two dots in a row cannot be asked for", asked)
	case err != nil:
		return nil, fail(asked, mayRead, err)
	case content == nil:
		return nil, fmt.Errorf("%s: it is a folder", asked)
	case content.GetType() != "file":
		return nil, fmt.Errorf("%s: it is a %s, not a file", asked, plain(content.GetType()))
	case content.GetSize() > limit:
		return nil, fmt.Errorf("%s: %d bytes, at most %d", asked, content.GetSize(), limit)
	}
	// Above 1 MB the answer has no content, but the object has.
	if content.GetEncoding() == "none" || content.Content == nil {
		data, err := c.blob(ctx, content.GetSHA())
		if err == nil && len(data) > limit {
			return nil, fmt.Errorf("%s: %d bytes, at most %d", asked, len(data), limit)
		}
		return data, fail(asked, mayRead, err)
	}
	text, err := content.GetContent()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", asked, err)
	}
	return []byte(text), nil
}

// blob reads an object of git.
func (c *Client) blob(ctx context.Context, sha string) ([]byte, error) {
	data, _, err := c.api.Git.GetBlobRaw(ctx, c.owner, c.repo, sha)
	return data, err
}

// Head is the commit that a branch points to now.
func (c *Client) Head(ctx context.Context, branch string) (string, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	ref, _, err := c.api.Git.GetRef(ctx, c.owner, c.repo, "heads/"+branch)
	if err != nil {
		return "", fail(fmt.Sprintf("read branch %s of %s", branch, c.Repository()), mayRead, err)
	}
	return ref.GetObject().GetSHA(), nil
}
