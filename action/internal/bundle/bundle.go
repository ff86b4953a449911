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
	"sync"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// parallel is how many artifacts are fetched at the same time.
const parallel = 16

// Bundle is what one directory holds.
type Bundle struct {
	Feed    []byte
	Blobs   map[prompts.Digest][]byte
	Prompts []Prompt // sorted by name
}

// Bytes is the size of all files together.
func (b *Bundle) Bytes() int {
	n := len(b.Feed)
	for _, data := range b.Blobs {
		n += len(data)
	}
	return n
}

// Prompt is one prompt of a bundle.
type Prompt struct {
	Name     string
	Versions []string // that can be served, in evaluation order
}

// Options of Make.
type Options struct {
	Prefix string   // what flag names have in front of prompt names
	Names  []string // globs (package path) of prompt names; empty: all
}

// Getter reads and verifies the bytes of a digest; *store.Bucket.Get is one. It
// is called by several goroutines at a time.
type Getter func(ctx context.Context, digest string) ([]byte, error)

// ErrNothing: the feed has none of the prompts that were asked for.
var ErrNothing = errors.New("the environment has no such prompt")

// Problems is everything that keeps prompts out of a bundle.
type Problems struct {
	Unfit  []error // flags and artifacts; the same again when tried again
	Failed []error // the bucket
}

func (p *Problems) Error() string { return errors.Join(p.Unwrap()...).Error() }

// Unwrap returns all of them.
func (p *Problems) Unwrap() []error { return slices.Concat(p.Unfit, p.Failed) }

// Make makes a bundle of the body of a feed. What is wrong with any prompt is
// in one *Problems; then there is no bundle. A prompt flag on which a chosen one
// depends is in the bundle too.
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
	var wrong Problems
	var all []prompts.Ref
	segments := f.emptySegments()
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		refs, err := chosen[name].served(name, segments)
		if err != nil {
			wrong.Unfit = append(wrong.Unfit, err)
			continue
		}
		all = append(all, refs...)
		b.Prompts = append(b.Prompts, newPrompt(name, refs))
	}
	artifacts, errs := fetchAll(ctx, all, get)
	for i, ref := range all {
		switch err := errs[i]; {
		case err == nil:
			b.Blobs[ref.Digest] = artifacts[i]
		case errors.Is(err, errUnfit) || errors.Is(err, store.ErrNotFound):
			wrong.Unfit = append(wrong.Unfit, fmt.Errorf("%s: %w", ref.Name, err))
		default:
			wrong.Failed = append(wrong.Failed, fmt.Errorf("%s: %w", ref.Name, err))
		}
	}
	if len(wrong.Unwrap()) > 0 {
		return nil, &wrong
	}
	b.Feed, err = f.keep(chosen)
	return b, err
}

func newPrompt(name string, refs []prompts.Ref) Prompt {
	p := Prompt{Name: name}
	for _, ref := range refs {
		p.Versions = append(p.Versions, ref.Version())
	}
	return p
}

// fetchAll fetches all refs, a few at a time, and returns an artifact or an
// error for each.
func fetchAll(ctx context.Context, refs []prompts.Ref, get Getter) ([][]byte, []error) {
	artifacts, errs := make([][]byte, len(refs)), make([]error, len(refs))
	next := make(chan int, len(refs))
	for i := range refs {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range min(parallel, len(refs)) {
		wg.Go(func() {
			for i := range next {
				artifacts[i], errs[i] = fetch(ctx, refs[i], get)
			}
		})
	}
	wg.Wait()
	return artifacts, errs
}

// errUnfit: the bucket gave what it has, and that is not what the flag means.
var errUnfit = errors.New("not an artifact to serve")

// fetch returns the artifact of ref, when it is one.
func fetch(ctx context.Context, ref prompts.Ref, get Getter) ([]byte, error) {
	data, err := get(ctx, string(ref.Digest))
	if err != nil {
		return nil, err
	}
	p, err := prompts.Decode(data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", errUnfit, ref, err)
	case p.Ref() != ref:
		return nil, fmt.Errorf("%w: %s is %s", errUnfit, ref, p.Ref())
	}
	return data, nil
}

// choose returns the prompt flags that o asks for, by prompt.
func (f *feed) choose(o Options) (map[string]*feature, error) {
	prompt := map[string]*feature{} // all there are
	for _, flag := range f.features {
		if name, ours := strings.CutPrefix(flag.Name, o.Prefix); ours && flag.isPrompt() {
			prompt[name] = flag
		}
	}
	chosen := map[string]*feature{}
	for _, glob := range o.Names {
		used := false
		for name, flag := range prompt {
			ok, err := path.Match(glob, name)
			if err != nil {
				return nil, fmt.Errorf("glob %q: %w", glob, err)
			}
			if ok {
				chosen[name], used = flag, true
			}
		}
		if !used {
			return nil, fmt.Errorf("%w: %s", ErrNothing, glob)
		}
	}
	if len(o.Names) == 0 {
		chosen = prompt
	}
	if len(chosen) == 0 {
		return nil, ErrNothing
	}
	for _, flag := range slices.Collect(maps.Values(chosen)) {
		for _, d := range flag.Dependencies {
			name, ours := strings.CutPrefix(d.Feature, o.Prefix)
			if parent := prompt[name]; ours && parent != nil {
				chosen[name] = parent // its flag is in the feed: the provider asks for what it names
			}
		}
	}
	return chosen, nil
}
