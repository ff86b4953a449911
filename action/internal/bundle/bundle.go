// Package bundle makes the directory that a service embeds in its binary for
// the day when flag server, bucket and disk are all away: provider.Options.Baseline.
//
//	<dir>/feed.json             the feed of the flag server, as far as it is about the prompts
//	<dir>/blobs/sha256/<hex>    the artifacts that the provider serves from it
//
// A candidate that is dialled to some callers may have been killed since, so
// that the provider never serves it from a bundle: its strategy is kept, its
// artifact is not. The same feed gives the same bytes.
package bundle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// Bundle is what one directory holds.
type Bundle struct {
	Feed    []byte
	Blobs   map[prompts.Digest][]byte
	Prompts []Prompt // sorted by name
}

// Prompt is one prompt of a bundle.
type Prompt struct {
	Name     string   `json:"name"`
	Versions []string `json:"versions"` // that can be served, in evaluation order
}

// Options of Make.
type Options struct {
	Prefix string   // what flag names have in front of prompt names
	Names  []string // globs of prompt names; empty: all
}

// Getter reads the bytes of a digest; *store.Bucket.Get is one.
type Getter func(ctx context.Context, digest string) ([]byte, error)

// ErrNothing: the feed has none of the prompts that were asked for.
var ErrNothing = errors.New("the environment has no such prompt")

// Make makes a bundle of the body of a feed. What is wrong with any prompt is
// one error with all of it; then there is no bundle.
func Make(ctx context.Context, feed []byte, o Options, get Getter) (*Bundle, error) {
	f, err := read(feed)
	if err != nil {
		return nil, err
	}
	chosen, err := f.choose(o)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Blobs: map[prompts.Digest][]byte{}}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		p := Prompt{Name: name}
		refs, err := chosen[name].served(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, ref := range refs {
			if b.Blobs[ref.Digest] == nil {
				data, err := fetch(ctx, ref, get)
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", name, err))
					continue
				}
				b.Blobs[ref.Digest] = data
			}
			if !slices.Contains(p.Versions, ref.Version()) {
				p.Versions = append(p.Versions, ref.Version())
			}
		}
		b.Prompts = append(b.Prompts, p)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	b.Feed, err = f.keep(chosen)
	return b, err
}

// fetch returns the artifact of ref, when it is one.
func fetch(ctx context.Context, ref prompts.Ref, get Getter) ([]byte, error) {
	data, err := get(ctx, string(ref.Digest))
	if err != nil {
		return nil, err
	}
	p, err := prompts.Decode(data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", ref, err)
	case p.Ref() != ref:
		return nil, fmt.Errorf("%s: the artifact is %s", ref, p.Ref())
	}
	return data, nil
}

// choose returns the prompt flags that o asks for, by prompt.
func (f *feed) choose(o Options) (map[string]*feature, error) {
	chosen, used := map[string]*feature{}, map[string]bool{}
	for _, flag := range f.features {
		name, ours := strings.CutPrefix(flag.Name, o.Prefix)
		if !ours || !flag.isPrompt() {
			continue
		}
		if len(o.Names) == 0 {
			chosen[name] = flag
		}
		for _, glob := range o.Names {
			ok, err := path.Match(glob, name)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", glob, err)
			}
			if ok {
				chosen[name], used[glob] = flag, true
			}
		}
	}
	for _, glob := range o.Names {
		if !used[glob] {
			return nil, fmt.Errorf("%w: %s", ErrNothing, glob)
		}
	}
	if len(chosen) == 0 {
		return nil, ErrNothing
	}
	return chosen, nil
}
