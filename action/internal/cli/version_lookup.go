package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// minVersion is how many digits of a version name it.
const minVersion = 6

var errNothingPublished = errors.New("nothing was published under that name")

// published fetches a version of a prompt from the bucket. want is a digest, a
// ref, or the first digits of a version that a release record knows.
func (s *session) published(ctx context.Context, b *store.Bucket, name, want string) (*prompts.Prompt, error) {
	p, err := fetch(ctx, b, name, want)
	return p, s.orMeant(err, name)
}

// orMeant adds to the error that nothing has a name which prompt was meant.
func (s *session) orMeant(err error, name string) error {
	if errors.Is(err, errNothingPublished) {
		return refusal{hinted(err, s.meantPrompt(name))}
	}
	return err
}

func fetch(ctx context.Context, b *store.Bucket, name, want string) (*prompts.Prompt, error) {
	ref, err := findVersion(ctx, b, name, want)
	if err != nil {
		return nil, err
	}
	artifact, err := b.Get(ctx, string(ref.Digest))
	if errors.Is(err, store.ErrNotFound) {
		return nil, refusal{fmt.Errorf("version %s of %s is not in the bucket", ref.Version(), name)}
	}
	if err != nil {
		return nil, err
	}
	p, err := prompts.Decode(artifact)
	if err != nil {
		return nil, fmt.Errorf("version %s of %s: %w", ref.Version(), name, err)
	}
	if p.Name() != name {
		return nil, refusal{fmt.Errorf("version %s is of the prompt %s, not of %s", ref.Version(), p.Name(), name)}
	}
	return p, nil
}

func findVersion(ctx context.Context, b *store.Bucket, name, want string) (prompts.Ref, error) {
	want = strings.TrimPrefix(want, name+"@")
	digits := strings.TrimPrefix(want, "sha256:")
	if d, err := prompts.ParseDigest("sha256:" + digits); err == nil {
		return prompts.Ref{Name: name, Digest: d}, nil
	}
	if len(digits) < minVersion {
		return prompts.Ref{}, usageError{fmt.Errorf("version %q: give at least %d digits", want, minVersion)}
	}
	short := digits[:min(len(digits), 12)] // what records are named by
	keys, err := b.RecordKeys(ctx, name)
	if err != nil {
		return prompts.Ref{}, err
	}
	found := map[string]store.RecordKey{}
	var known []string
	for _, k := range keys {
		if _, seen := found[k.Version]; seen || k.Phase != store.Done {
			continue
		}
		known = append(known, k.Version)
		if strings.HasPrefix(k.Version, short) {
			found[k.Version] = k
		}
	}
	if len(found) > 1 {
		return prompts.Ref{}, usageError{fmt.Errorf("version %s of %s is ambiguous: give more digits", want, name)}
	}
	for _, k := range found {
		r, err := b.Record(ctx, k)
		if err != nil {
			return prompts.Ref{}, err
		}
		if ref, err := prompts.ParseRef(r.Ref); err != nil || strings.HasPrefix(ref.Digest.Hex(), digits) {
			return ref, err
		}
	}
	if len(known) == 0 {
		return prompts.Ref{}, refusal{fmt.Errorf("%s has no version %s: %w", name, want, errNothingPublished)}
	}
	return prompts.Ref{}, refusal{fmt.Errorf("%s has no version %s; the latest are %s", name, want, list(unique(known, 5)))}
}

func unique(all []string, limit int) []string {
	var out []string
	seen := map[string]bool{}
	for _, v := range all {
		if !seen[v] && len(out) < limit {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

func list(words []string) string { return strings.Join(words, ", ") }
