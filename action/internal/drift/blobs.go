package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// blobs looks once at each version that flags name, in the bucket of the
// environment that names it.
type blobs struct {
	in    Input
	order []key
	named map[key][]live.Named
}

func (b *blobs) add(s *site, all []live.Named) {
	if b.named == nil {
		b.named = map[key][]live.Named{}
	}
	for _, n := range all {
		if !strings.HasPrefix(n.Flag, s.env.FlagPrefix) {
			continue // of another repository
		}
		k := key{s.target.Bucket, n.Ref.Digest}
		if b.named[k] == nil {
			b.order = append(b.order, k)
		}
		b.named[k] = append(b.named[k], n)
	}
}

// lost is what Repair puts back.
type lost struct {
	bucket *store.Bucket
	prompt *prompts.Prompt
}

func (b *blobs) check(ctx context.Context, r *Report) {
	r.Looked.Versions = len(b.order)
	errs := make([]error, len(b.order))
	names := make([]string, len(b.order))
	var group errgroup.Group
	group.SetLimit(blobsAtOnce)
	for i, k := range b.order {
		group.Go(func() error {
			names[i], errs[i] = nameOf(ctx, k)
			if !errors.Is(errs[i], store.ErrNotFound) {
				return nil
			}
			if purged, err := k.bucket.Purged(ctx, k.digest.Hex()); err == nil && len(purged) > 0 {
				errs[i] = store.ErrPurged
			}
			return nil
		})
	}
	group.Wait()
	for i, k := range b.order {
		for _, n := range b.named[k] {
			b.judge(r, k, n, names[i], errs[i])
		}
	}
}

// errNoPrompt: the bytes are right, and no prompt.
var errNoPrompt = errors.New("the bytes are not a prompt that this version knows")

func nameOf(ctx context.Context, k key) (string, error) {
	data, err := k.bucket.Get(ctx, string(k.digest))
	if err != nil {
		return "", err
	}
	p, err := prompts.DecodeOwned(data)
	if err != nil {
		return "", errors.Join(errNoPrompt, err)
	}
	return p.Name(), nil
}

func (b *blobs) judge(r *Report, k key, n live.Named, name string, err error) {
	f := Finding{Prompt: n.Ref.Name, Environment: n.Environment, Flag: n.Flag, Should: "every version that a flag names is in the bucket, whole, and of that prompt"}
	back := "; until then promptflag rollback " + n.Ref.Name + " -e " + n.Environment + " --to another version"
	switch {
	case err == nil && name == n.Ref.Name:
		return
	case err == nil:
		f.Kind, f.Is, f.Mend = CorruptBlob, fmt.Sprintf("%s names %s, whose bytes are of the prompt %s", n, n.Ref.Version(), name), "delete the strategy on the flag's page"
	case errors.Is(err, store.ErrPurged):
		f.Kind, f.Is = MissingBlob, fmt.Sprintf("%s names %s, which was purged: it must not come back", n, n.Ref.Version())
		f.Mend = "change the file and publish, or delete the strategy on the flag's page"
	case errors.Is(err, store.ErrNotFound):
		f.Kind, f.Is = MissingBlob, fmt.Sprintf("%s names %s, which is not in the bucket", n, n.Ref.Version())
		f.Mend = "check out the commit that has it and publish it again" + back
		if def, ok := b.in.Tree.Lookup(n.Ref.Name); ok && def.Prompt.Digest() == k.digest {
			f.Mend, f.Repairable, f.repair = "promptflag drift --repair puts it again from git", true, lost{k.bucket, def.Prompt}
		}
	case errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrTooLarge), errors.Is(err, errNoPrompt):
		f.Kind, f.Is = CorruptBlob, fmt.Sprintf("%s names %s, whose object in the bucket holds something else", n, n.Ref.Version())
		f.Mend = "delete blobs/sha256/" + n.Ref.Digest.Hex() + " by hand, then promptflag drift --repair" + back
	default:
		what := "the version " + n.Ref.String()
		same := func(u Unread) bool { return u.Environment == n.Environment && u.What == what }
		if !slices.ContainsFunc(r.Unread, same) {
			r.unread(n.Environment, what, err)
		}
		return
	}
	r.Findings = append(r.Findings, f)
}
