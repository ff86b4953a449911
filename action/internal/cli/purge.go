package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/purge"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

type purgeCmd struct {
	Version string `arg:"" help:"The version: NAME@VERSION, a digest, or its first digits."`
	Reason  string `required:"" env:"INPUT_REASON" help:"Why; it stays on the tombstone. Never write the secret itself."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (c purgeCmd) Run(ctx context.Context, s *session) error {
	if strings.TrimSpace(c.Reason) == "" {
		return usageError{errors.New("--reason: say why, for the tombstone")}
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	targets, err := s.targets(ctx, cfg.Environments)
	if err != nil {
		return err
	}
	ref, artifact, err := purgeable(ctx, cfg, targets, c.Version)
	if err != nil {
		return err
	}
	from, _ := s.origin(ctx, c.Reason)
	held, err := s.lease(ctx, cfg.Environments, targets, from, "purge")
	if err != nil {
		return err
	}
	defer held.release(ctx, s)
	in := purge.Input{
		Ref: ref, Artifact: artifact, Environments: cfg.Environments, Targets: targets,
		Origin: from, Now: s.Now, NewID: s.NewID, Hold: held.hold,
	}
	uses, err := purge.Uses(ctx, in)
	if err != nil {
		return cannotTell{fmt.Errorf("nothing was done: nobody knows whether a flag names %s: %w", ref.Version(), err)}
	}
	if len(uses) > 0 {
		root, err := s.openRoot()
		if err != nil {
			return err
		}
		file, exists := cfg.File(root.FS(), ref.Name)
		if !exists {
			file += ", which is gone: bring it back"
		}
		var b strings.Builder
		fmt.Fprintf(&b, "nothing was done: flags name %s, and services would be left without it:", ref.Version())
		for _, u := range uses {
			b.WriteString("\n  " + u.String())
		}
		b.WriteString("\nrotate the secret at once, whatever you do here; then, in this order:")
		page := func(environment string) string { return pageOf(targets[environment].Flags) }
		for _, step := range append(away(ref, uses, file, page), "promptflag purge "+ref.Name+"@"+ref.Version()+" --reason …") {
			b.WriteString("\n  " + step)
		}
		return refusal{errors.New(b.String())}
	}
	r, err := purge.Run(ctx, in)
	if err != nil {
		return fmt.Errorf("purge %s, not finished, run it again: %w", ref.Version(), err)
	}
	if c.JSON {
		return s.json(purged{ref.String(), r, remains(ref)})
	}
	return c.print(s, ref, r)
}

// away are the steps after which no flag names a version any more. Who gets it
// loses it first: publish would make a candidate that was promoted stable.
func away(ref prompts.Ref, uses []live.Named, file string, page func(environment string) string) (steps []string) {
	stable, ours := false, false
	for _, u := range uses {
		back := "promptflag rollback " + ref.Name + " -e " + u.Environment
		switch {
		case u.Role == "":
			steps = append(steps, fmt.Sprintf("delete the strategy %q of %s in %s", u.Strategy, u.Flag, page(u.Environment)))
			continue
		case u.Role == flags.Stable:
			stable = true
			steps = append(steps, back+" --to VERSION --reason …: an earlier one without the secret; promptflag history "+ref.Name+" lists them")
		case !u.Disabled:
			steps = append(steps, back+" --reason …")
		}
		ours = true
	}
	if stable {
		steps = append(steps, "  (if there is none: publish a version without it, promote that, and publish the next change, which makes it stable)")
	}
	if ours {
		steps = append(steps,
			"change "+file+": without the secret; as it was before will do if "+ref.Version()+" never was stable",
			"promptflag publish: what is held goes")
	}
	return steps
}

// pageOf is where people change the flags of a server by hand.
func pageOf(server plan.Flags) string {
	return cmp.Or(server.Document(), "the flag's page")
}

type purged struct {
	Ref string `json:"ref"`
	purge.Result
	Remains []string `json:"remains"`
}

func (c purgeCmd) print(s *session, ref prompts.Ref, r purge.Result) error {
	fmt.Fprintf(s.Stdout, "purged %s: %s deleted, with %s\n", ref, wording.Counted(r.Deleted, "object", "objects"), wording.Counted(r.Recorded, "recorded answer", "recorded answers"))
	fmt.Fprintf(s.Stdout, "tombstone: tombstones/sha256/%s.json\n", ref.Digest.Hex())
	if len(r.Told) > 0 {
		fmt.Fprintf(s.Stdout, "told in %s: services forget it with their next poll\n", list(r.Told))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(s.Stdout, "note: "+n)
	}
	fmt.Fprintln(s.Stdout, "what this cannot reach, and may still hold the text:")
	for _, n := range remains(ref) {
		fmt.Fprintln(s.Stdout, "  "+n)
	}
	return nil
}

// remains says honestly what is out of reach.
func remains(ref prompts.Ref) []string {
	return []string{
		"the secret itself: whoever could read the bucket or git may have it; rotate it",
		"git: the commit, its branches, pull requests and forks",
		"recorded answers in git, and those whose question holds only a part of the text",
		"old versions of objects, where the bucket keeps them, its replicas and backups, and caches in front of it",
		"services that run without a flag server, were not told, or have a provider that does not know the word: their memory and disk, until a restart without " + ref.Version(),
		"bundles that services embed, logs and traces, and the model providers that were asked",
	}
}

// purgeable finds the version that is meant, in the buckets of all environments. The
// prompt is nil when its bytes are gone.
func purgeable(ctx context.Context, cfg *config.Config, targets map[string]plan.Target, want string) (prompts.Ref, *prompts.Prompt, error) {
	name, version, named := strings.Cut(want, "@")
	if !named {
		name, version = "", want
	} else if err := prompts.ValidName(name); err != nil {
		return prompts.Ref{}, nil, usageError{err}
	}
	digits := strings.TrimPrefix(version, "sha256:")
	if len(digits) < minVersion || len(digits) > 64 || strings.Trim(digits, "0123456789abcdef") != "" {
		return prompts.Ref{}, nil, usageError{fmt.Errorf("version %q: NAME@VERSION, a digest, or at least %d hex digits of one", want, minVersion)}
	}
	var buckets []*store.Bucket
	for _, e := range cfg.Environments {
		if b := targets[e.Name].Bucket; !slices.Contains(buckets, b) {
			buckets = append(buckets, b)
		}
	}
	digests, err := digestsOf(ctx, buckets, digits)
	switch {
	case err != nil:
		return prompts.Ref{}, nil, err
	case len(digests) > 1:
		return prompts.Ref{}, nil, usageError{fmt.Errorf("version %s is ambiguous: give more digits", want)}
	case len(digests) == 0 && (!named || len(digits) < 64):
		return prompts.Ref{}, nil, refusal{fmt.Errorf("no bucket has a version %s; to keep bytes from ever being published, give NAME@sha256:<64 digits>", want)}
	case len(digests) == 0:
		digests = []string{"sha256:" + digits}
	}
	ref := prompts.Ref{Name: name, Digest: prompts.Digest(digests[0])}
	p, of, err := artifactOf(ctx, buckets, ref.Digest)
	switch {
	case err != nil:
		return ref, nil, err
	case of == "" && !named:
		return ref, nil, refusal{fmt.Errorf("the bytes of %s do not tell of which prompt it is: give NAME@%s", want, ref.Version())}
	case of != "" && named && of != name:
		return ref, nil, refusal{fmt.Errorf("version %s is of the prompt %s, not of %s", ref.Version(), of, name)}
	case of != "":
		ref.Name = of
	}
	return ref, p, nil
}

// digestsOf finds the versions that begin with these digits, and those whose purge
// did not finish.
func digestsOf(ctx context.Context, buckets []*store.Bucket, digits string) (digests []string, err error) {
	for _, b := range buckets {
		found, err := b.Find(ctx, digits, 3)
		if err != nil {
			return nil, err
		}
		stones, err := b.Purged(ctx, digits)
		if err != nil {
			return nil, err
		}
		digests = slices.AppendSeq(append(digests, found...), maps.Keys(stones))
	}
	slices.Sort(digests)
	return slices.Compact(digests), nil
}

// artifactOf reads a version from the first bucket that has it, or else the name
// of its prompt from a tombstone.
func artifactOf(ctx context.Context, buckets []*store.Bucket, digest prompts.Digest) (p *prompts.Prompt, name string, err error) {
	for _, b := range buckets {
		data, err := b.Get(ctx, string(digest))
		if err == nil {
			if p, err := prompts.Decode(data); err == nil {
				return p, p.Name(), nil
			}
			continue
		}
		if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrTooLarge) {
			return nil, "", err
		}
		stone, err := b.Tombstone(ctx, string(digest))
		switch {
		case err == nil:
			name = stone.Prompt
		case !errors.Is(err, store.ErrNotFound):
			return nil, "", err
		}
	}
	return nil, name, nil
}
