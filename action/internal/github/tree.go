package github

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
)

// Limits of Tree. They count what lies below the folder, except the last.
const (
	maxTreeFiles = 100_000
	maxTreeBytes = 256 << 20
	maxArchive   = 8 << 30 // of the whole repository, unpacked
)

// Tree reads the files below dir ("." for all) at a commit, branch or tag, from
// the archive that GitHub makes of it. They are kept in memory; nothing else of
// the repository is. Symbolic links are listed and cannot be opened. A folder
// that does not exist is an empty file system. Files that .gitattributes marks
// export-ignore are not in an archive.
func (c *Client) Tree(ctx context.Context, ref, dir string) (fs.FS, error) {
	asked := fmt.Sprintf("read %s of %s at %.12s", dir, c.Repository(), ref)
	if !fs.ValidPath(dir) {
		return nil, fmt.Errorf("%s: not a path inside the repository", asked)
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	req, err := c.api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/tarball/%s", c.owner, c.repo, ref), nil)
	if err != nil {
		return nil, fail(asked, "", err)
	}
	resp, err := c.api.BareDo(ctx, req)
	if err != nil {
		return nil, fail(asked, mayRead, err)
	}
	defer resp.Body.Close()
	tree, err := unpack(resp.Body, dir)
	if err != nil {
		return nil, fail(asked, "", err)
	}
	return tree, nil
}

// unpack reads a compressed archive whose entries lie in one folder.
func unpack(r io.Reader, dir string) (*memFS, error) {
	zipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("the archive: %w", err)
	}
	limited := &io.LimitedReader{R: zipped, N: maxArchive}
	archive := tar.NewReader(limited)
	tree, total := newMemFS(), int64(0)
	for {
		h, err := archive.Next()
		switch {
		case limited.N <= 0:
			return nil, fmt.Errorf("the archive has more than %d GiB", maxArchive>>30)
		case errors.Is(err, io.EOF):
			return tree, nil
		case err != nil:
			return nil, fmt.Errorf("the archive: %w", err)
		}
		name, ok := below(h.Name, dir)
		if !ok || h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeSymlink {
			continue
		}
		if !fs.ValidPath(name) || strings.Contains(name, `\`) {
			return nil, fmt.Errorf("the archive has a file %q, which is no path", h.Name)
		}
		if total += h.Size; total > maxTreeBytes {
			return nil, fmt.Errorf("more than %d MiB", maxTreeBytes>>20)
		}
		if len(tree.files) == maxTreeFiles {
			return nil, fmt.Errorf("more than %d files", maxTreeFiles)
		}
		f := memFile{link: h.Typeflag == tar.TypeSymlink}
		if !f.link {
			var data bytes.Buffer // not of h.Size: that is only what the header says
			if _, err := io.Copy(&data, archive); err != nil {
				return nil, fmt.Errorf("the archive: %s: %w", name, err)
			}
			f.data = data.Bytes()
		}
		if err := tree.add(name, f); err != nil {
			return nil, fmt.Errorf("the archive: %w", err)
		}
	}
}

// below is the name of an entry inside dir, without the folder around all.
func below(entry, dir string) (string, bool) {
	_, name, ok := strings.Cut(entry, "/")
	if !ok || name == "" {
		return "", false
	}
	if dir == "." {
		return name, true
	}
	return strings.CutPrefix(name, dir+"/")
}
