package provider

import (
	"errors"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// errPurged: a flag said that the version must not exist any more.
var errPurged = errors.New("the version was purged")

// maxRemembered bounds the purged versions that are kept on disk for the next
// start.
const maxRemembered = 1000

// purge drops what the flags of a feed name as purged: from memory, from disk,
// from the last good state. It is not loaded again in this process, nor in a
// later one that finds the state on disk, whatever a flag, a pin or the bundle
// says. What callers hold already is theirs.
func (r *run) purge(f *Feed) {
	var refs []prompts.Ref
	for _, flag := range f.Flags {
		name, ok := strings.CutPrefix(flag.Name, r.p.opt.FlagPrefix)
		if !ok {
			continue
		}
		for i := range flag.Strategies {
			for _, d := range digestsIn(flag.Strategies[i].Purged) {
				refs = append(refs, prompts.Ref{Name: name, Digest: d})
			}
		}
	}
	r.forgetVersions(refs)
}

// maxPurged bounds what one strategy can say; the action writes fewer.
const maxPurged = 100

// digestsIn reads digests that commas separate; what is no digest is nothing.
func digestsIn(text string) (list []prompts.Digest) {
	if text == "" {
		return nil
	}
	for word := range strings.SplitSeq(text, ",") {
		if d, err := prompts.ParseDigest(strings.TrimSpace(word)); err == nil && len(list) < maxPurged {
			list = append(list, d)
		}
	}
	return list
}

func (r *run) forgetVersions(refs []prompts.Ref) {
	fresh := r.p.loader.purge(refs)
	if len(fresh) == 0 {
		return
	}
	for _, ref := range fresh {
		r.p.log.Warn("version purged: dropped, and not loaded any more", "ref", ref.String())
	}
	r.keeper.remove(fresh)
	r.stables = true
	for _, t := range r.tracks {
		t.fallbacks = slices.DeleteFunc(t.fallbacks, r.p.loader.isPurged)
	}
}

// purge notes versions that must not be served any more and drops them from
// memory. It returns those that are new.
func (l *loader) purge(refs []prompts.Ref) (fresh []prompts.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ref := range refs {
		if l.purged[ref] {
			continue
		}
		if l.purged == nil {
			l.purged = map[prompts.Ref]bool{}
		}
		l.purged[ref] = true
		fresh = append(fresh, ref)
		it := l.items[ref]
		switch {
		case it == nil:
		case it.phase == phaseLocal || it.phase == phaseRemote:
			it.prompt = nil // the worker that has it refuses what it finds
		default:
			l.refuse(ref, it)
		}
	}
	return fresh
}

// refuse ends a try to load a purged version. l.mu is held.
func (l *loader) refuse(ref prompts.Ref, it *item) {
	if it.err != errPurged {
		l.settled = append(l.settled, ref)
	}
	it.phase, it.prompt, it.err = phaseFailed, nil, errPurged
	delete(l.failed, ref) // it is not tried again
	it.finish()
}

func (l *loader) isPurged(ref prompts.Ref) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.purged[ref]
}

// remembered are the purged versions that the next start has to know, sorted.
func (l *loader) remembered() (refs []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ref := range l.purged {
		refs = append(refs, ref.String())
	}
	slices.Sort(refs)
	return refs[:min(len(refs), maxRemembered)]
}

// remove has versions removed from disk.
func (k *keeper) remove(refs []prompts.Ref) {
	if k == nil {
		return
	}
	k.mu.Lock()
	for _, ref := range refs {
		k.gone = append(k.gone, string(ref.Digest))
	}
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// sweep removes them; what could not be removed is tried again.
func (k *keeper) sweep() {
	k.mu.Lock()
	gone := k.gone
	k.gone = nil
	k.mu.Unlock()
	var left []string
	for _, digest := range gone {
		if err := k.disk.RemoveBlob(digest); err != nil {
			k.p.log.Error("purged version not removed from disk", "digest", digest, "error", err)
			left = append(left, digest)
		}
	}
	if left != nil {
		k.mu.Lock()
		k.gone = append(k.gone, left...)
		k.mu.Unlock()
	}
}
