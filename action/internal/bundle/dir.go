package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

const (
	feedName = "feed.json"
	blobDir  = "blobs/sha256"
)

// ErrForeign: what is there is something else than a bundle.
var ErrForeign = errors.New("not a bundle")

// Read returns the prompts of the bundle in dir; nil when nothing is there or an
// empty directory. One with anything else in it, however deep, is ErrForeign.
func Read(dir, prefix string) ([]Prompt, error) {
	f, err := open(dir)
	if f == nil || err != nil {
		return nil, err
	}
	var out []Prompt
	segments := f.emptySegments()
	for _, flag := range f.features {
		if name, ours := strings.CutPrefix(flag.Name, prefix); ours && flag.isPrompt() {
			refs, _ := flag.served(name, segments) // what is wrong with it is wrong no more
			out = append(out, newPrompt(name, refs))
		}
	}
	return out, nil
}

// open returns the feed of the bundle in dir, nil when there is none.
func open(dir string) (*feed, error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s: %w: it is no directory", dir, ErrForeign)
	}
	empty := true
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		empty = false
		name, err := filepath.Rel(dir, path)
		if err == nil && !ours(filepath.ToSlash(name), d.Type()) {
			err = fmt.Errorf("%s: %w: it has %s in it", dir, ErrForeign, name)
		}
		return err
	})
	if err != nil || empty {
		return nil, err
	}
	body, err := os.ReadFile(filepath.Join(dir, feedName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: it has no %s", dir, ErrForeign, feedName)
	}
	if err != nil {
		return nil, err
	}
	f, err := read(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", dir, ErrForeign, err)
	}
	return f, nil
}

// ours says whether a bundle has an entry of this name.
func ours(name string, mode fs.FileMode) bool {
	switch {
	case mode.IsDir():
		return name == "blobs" || name == blobDir
	case !mode.IsRegular():
		return false
	}
	hex, blob := strings.CutPrefix(name, blobDir+"/")
	_, err := prompts.ParseDigest("sha256:" + hex)
	return name == feedName || blob && err == nil
}

// Write replaces the bundle in dir, or makes it. What is there stays until all
// of the new one is written; it must be a bundle (see Read), else ErrForeign.
func (b *Bundle) Write(dir string) error {
	dir = filepath.Clean(dir)
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	temp, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+"-")
	if err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	next, old := filepath.Join(temp, "next"), filepath.Join(temp, "old")
	err = b.write(next)
	if err == nil {
		_, err = open(dir) // it was long ago that somebody looked
	}
	if err == nil {
		if err = swap(next, dir, old); errors.Is(err, errLost) {
			return fmt.Errorf("write bundle: %w", err) // and leave it there
		}
	}
	if err = errors.Join(err, os.RemoveAll(temp)); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}

var errLost = errors.New("what was there could not be put back")

// swap puts next in the place of dir, and what was there into old.
func swap(next, dir, old string) error {
	err := os.Rename(dir, old)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err = os.Rename(next, dir); err == nil || !there {
		return err
	}
	if back := os.Rename(old, dir); back != nil {
		return errors.Join(err, fmt.Errorf("%w and is in %s: %w", errLost, old, back))
	}
	return err
}

// write makes all files in dir. Their modes do not depend on who makes them: a
// bundle goes into images and binaries of others.
func (b *Bundle) write(dir string) error {
	blobs := filepath.Join(dir, filepath.FromSlash(blobDir))
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	for _, d := range []string{dir, filepath.Dir(blobs), blobs} {
		if err := os.Chmod(d, 0o755); err != nil {
			return err
		}
	}
	if err := writeFile(filepath.Join(dir, feedName), b.Feed); err != nil {
		return err
	}
	for digest, data := range b.Blobs {
		if err := writeFile(filepath.Join(blobs, digest.Hex()), data); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// Change is one prompt of a bundle against the bundle before.
type Change struct {
	Name     string   `json:"name"`
	Versions []string `json:"versions"`      // none: it is not there any more
	Was      []string `json:"was,omitempty"` // none: it is new
}

// Same says whether nothing changed.
func (c Change) Same() bool { return slices.Equal(c.Versions, c.Was) }

// Compare returns every prompt of both bundles, sorted by name.
func Compare(before, after []Prompt) []Change {
	all := map[string]*Change{}
	get := func(name string) *Change {
		if all[name] == nil {
			all[name] = &Change{Name: name, Versions: []string{}}
		}
		return all[name]
	}
	for _, p := range before {
		get(p.Name).Was = p.Versions
	}
	for _, p := range after {
		get(p.Name).Versions = p.Versions
	}
	out := make([]Change, 0, len(all))
	for _, c := range all {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
