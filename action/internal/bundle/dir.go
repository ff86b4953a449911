package bundle

import (
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

// ErrForeign: a directory that has something else in it than a bundle.
var ErrForeign = errors.New("not a bundle")

// Read returns the prompts of the bundle in dir; nil when there is no such
// directory or it is empty. One with anything else in it is ErrForeign.
func Read(dir, prefix string) ([]Prompt, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() != feedName && e.Name() != "blobs" {
			return nil, fmt.Errorf("%s: %w: it has %s in it", dir, ErrForeign, e.Name())
		}
	}
	body, err := os.ReadFile(filepath.Join(dir, feedName))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", dir, ErrForeign, err)
	}
	f, err := read(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", dir, ErrForeign, err)
	}
	var out []Prompt
	for _, flag := range f.features {
		name, ours := strings.CutPrefix(flag.Name, prefix)
		if !ours || !flag.isPrompt() {
			continue
		}
		p := Prompt{Name: name}
		refs, _ := flag.served(name) // what is wrong with it is wrong no more
		for _, ref := range refs {
			if !slices.Contains(p.Versions, ref.Version()) {
				p.Versions = append(p.Versions, ref.Version())
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// Write replaces the bundle in dir, or makes it. What is there stays until all
// of the new one is written; it must be a bundle (see Read).
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
	defer os.RemoveAll(temp)
	next, old := filepath.Join(temp, "next"), filepath.Join(temp, "old")
	if err := b.write(next); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	err = os.Rename(dir, old)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write bundle: %w", err)
	}
	if err := os.Rename(next, dir); err != nil {
		if there {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}

func (b *Bundle) write(dir string) error {
	blobs := filepath.Join(dir, filepath.FromSlash(blobDir))
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, feedName), b.Feed, 0o644); err != nil {
		return err
	}
	for digest, data := range b.Blobs {
		if err := os.WriteFile(filepath.Join(blobs, prompts.Digest(digest).Hex()), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
