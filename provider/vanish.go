package provider

import "fmt"

// shrunken says why next, as a successor of what is known, is an outage and no news.
func (r *run) shrunken(next map[string]*Flag) string {
	known, lost := 0, 0
	for name, t := range r.tracks {
		if t.bundled && len(next) > 0 {
			continue // it may have been retired since the bundle was made
		}
		known++
		if next[name] == nil && (t.vanished.IsZero() || r.p.now().Sub(t.vanished) < r.p.opt.gone()) {
			lost++
		}
	}
	if lostMost(known, lost, len(next)) {
		return fmt.Sprintf("the feed has lost %d of %d flags at once", lost, known)
	}
	return ""
}

// lostMost says whether a feed of so many flags, which has lost some of those
// that were known, cannot be all that there is.
func lostMost(known, lost, flags int) bool {
	return lost > 0 && (flags == 0 || known >= 4 && 2*lost > known)
}

// lost returns how many flags of old are not in next.
func lost(old, next *Feed) (n int) {
	names := make(map[string]bool, len(next.Flags))
	for _, f := range next.Flags {
		names[f.Name] = true
	}
	for _, f := range old.Flags {
		if !names[f.Name] {
			n++
		}
	}
	return n
}

// vanish notes that the newest feed does not have a flag, and says whether that
// changes its answers. What is no prompt flag keeps its definition in an outage.
func (r *run) vanish(t *track, outage bool) bool {
	if t.vanished.IsZero() {
		t.vanished = r.p.now()
		r.stables = true
	}
	prompt := len(t.fallbacks) > 0 || t.shown != nil && t.shown.isPrompt && t.shown.last != nil
	switch {
	case prompt && r.p.opt.gone() > 0:
		changed := t.newest != nil || t.shown == nil
		t.newest = nil
		return changed
	case outage && !prompt:
		return false
	}
	r.forget(t)
	return false
}

// forget drops all knowledge of a flag.
func (r *run) forget(t *track) {
	delete(r.tracks, t.name)
	delete(r.held, t)
	for ref := range t.asks {
		r.unask(t, ref)
	}
	t.slot.Store(nil)
	r.changed[t.name] = true
	r.resized, r.stables = true, true
}
