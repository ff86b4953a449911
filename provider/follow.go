package provider

import (
	"time"

	"github.com/promptflag/promptflag/prompts"
)

// track is what the loop knows of one flag.
type track struct {
	name     string // of the flag
	prompt   string // of the prompt
	selected bool
	newest   *Flag // of the newest feed; nil: it vanished
	slot     *slot
	shown    *shown // what slot holds; nil before the first
	asks     map[prompts.Ref]bool

	heldAt    time.Time // since when newest is not shown; zero: it is
	vanished  time.Time // since when newest is nil; zero: it is not
	fallbacks []prompts.Ref
	bundled   bool // only the bundle knows it
	told      bool // that callers lack the sticky field of shown
}

// takeLive takes a feed of the flag server.
func (r *run) takeLive(f *Feed) {
	r.polled(nil)
	if !r.prepared {
		r.early = f
		return
	}
	r.renewed = r.renewed || r.aged
	if saved := r.saved; saved != nil && r.set == "" && lostMost(len(saved.Flags), lost(saved, f), len(f.Flags)) {
		r.take(saved, r.savedAt) // so that plain flags keep their definitions in an outage
	}
	r.live, r.aged, r.saved = true, false, nil
	outage := r.take(f, r.p.now())
	if outage == "" {
		r.keeper.feed(f.Body)
		return
	}
	r.p.log.Error("feed taken for an outage of the flag server", "reason", outage)
}

// take makes f the newest feed. It returns why f cannot be all that there is,
// "" when it can.
func (r *run) take(f *Feed, seen time.Time) (outage string) {
	if f.Use != nil {
		f.Use()
	}
	all := r.set != f.Set || r.renewed // every answer says otherwise where it is from
	r.set, r.renewed = f.Set, false
	r.p.seen.Store(seen.UnixNano())
	next := make(map[string]*Flag, len(f.Flags))
	for _, flag := range f.Flags {
		next[flag.Name] = flag
	}
	outage, r.empty = r.shrunken(next), len(next) == 0
	redefined := map[string]bool{}
	for name, t := range r.tracks {
		if next[name] == nil && r.vanish(t, outage != "") {
			redefined[name] = true
		}
	}
	for _, flag := range f.Flags {
		t := r.track(flag.Name)
		same := t.newest != nil && t.newest.Fingerprint == flag.Fingerprint && !all
		t.vanished, t.bundled = time.Time{}, false
		if !same {
			t.newest = flag
			redefined[flag.Name] = true
		}
	}
	r.purge(f)
	r.want(f)
	for _, flag := range f.Flags { // children of what changed may answer otherwise
		for _, parent := range flag.Parents {
			if redefined[parent] {
				redefined[flag.Name] = true
				r.changed[flag.Name] = true
			}
		}
	}
	for name := range redefined {
		if t := r.tracks[name]; t != nil {
			r.update(t)
		}
	}
	return outage
}

// track returns what the loop knows of a flag, beginning with nothing.
func (r *run) track(name string) *track {
	t := r.tracks[name]
	if t == nil {
		t = &track{name: name, slot: &slot{}}
		t.prompt, t.selected = r.p.opt.promptName(name)
		r.tracks[name] = t
		r.resized = true
	}
	return t
}

// want asks the loader for what f names and this provider uses.
func (r *run) want(f *Feed) {
	now := time.Now()
	named := map[prompts.Ref]bool{}
	for _, flag := range f.Flags {
		t := r.tracks[flag.Name]
		if t == nil || !t.selected {
			continue
		}
		flag.refs(t.prompt, func(ref prompts.Ref, s *Strategy) {
			if r.aged && s.dialled() {
				return // of a bundle it is not served
			}
			r.p.loader.want(ref, true, now)
			r.p.loader.note(ref, s.dialled())
			named[ref] = named[ref] || s.Role != RoleCandidate || s.Percent > 0
		})
	}
	r.p.loader.current(named, now)
	r.p.loader.trim(now)
}

// loaded looks at the flags that asked for refs whose fate is known now.
func (r *run) loaded() {
	again := map[*track]bool{}
	for _, ref := range r.p.loader.take() {
		for _, t := range r.asking[ref] {
			again[t] = true
		}
	}
	for t := range again {
		r.update(t)
	}
}

// update shows the newest definition of a flag, or holds it back.
func (r *run) update(t *track) {
	wait := r.needs(t)
	if r.hold(t, wait) {
		return
	}
	delete(r.held, t)
	t.heldAt = time.Time{}
	before := t.shown
	s := settle(r.define(t), r.p.loader)
	if len(wait) > 0 && s.trouble != "" && before != nil && before.trouble == "" && t.newest != nil && !t.newest.Enabled {
		s.trouble = "" // it went OFF at once; what it names is on its way
	}
	if t.newest == nil {
		s.until = t.vanished.Add(r.p.opt.gone())
	}
	if before == nil || before.last != s.last {
		r.stables = true
	}
	if before == nil || before.flag != s.flag || (before.trouble == "") != (s.trouble == "") || !sameAnswers(before, s) {
		r.changed[t.name] = true
	}
	if before == nil || before.flag != s.flag {
		t.told = false
	} else {
		s.lacked.Store(before.lacked.Load())
	}
	t.shown = s
	t.slot.Store(s)
}

// define gathers what the answers of a flag depend on.
func (r *run) define(t *track) definition {
	d := definition{flag: t.newest, name: t.prompt, selected: t.selected, set: r.set, aged: r.aged, fallbacks: t.fallbacks}
	switch {
	case t.bundled && !r.empty:
	case r.live:
		d.lost = "it vanished from the feed"
	default:
		d.lost = "there is no feed"
	}
	if t.shown != nil && t.shown.last != nil && !r.p.loader.isPurged(t.shown.last.Ref()) {
		d.last = t.shown.last
	}
	if t.newest != nil {
		for _, parent := range t.newest.Parents {
			if pt := r.tracks[parent]; pt != nil && pt.newest != nil {
				d.parents = append(d.parents, pt.newest)
			}
		}
	}
	return d
}

// needs returns the refs that a flag needs and that are on their way, and has
// the loop told of everything that it misses.
func (r *run) needs(t *track) (wait []prompts.Ref) {
	missing := map[prompts.Ref]bool{}
	look := func(ref prompts.Ref) (loaded bool) {
		if _, err := r.p.loader.get(ref); err == nil {
			return true
		}
		if !missing[ref] && r.p.loader.pending(ref, r.patient(t)) {
			wait = append(wait, ref)
		}
		missing[ref] = true
		return false
	}
	stable := false
	if t.selected && t.newest != nil {
		main, _, ok := stableRef(t.newest)
		t.newest.refs(t.prompt, func(ref prompts.Ref, s *Strategy) {
			if r.aged && s.dialled() {
				return
			}
			if look(ref) && ok && ref == main {
				stable = true
			}
		})
	}
	if t.selected && !stable && (t.shown == nil || t.shown.last == nil) {
		for _, ref := range t.fallbacks { // one after the other: the first that is there will do
			if r.p.loader.want(ref, true, time.Now()); look(ref) {
				break
			}
		}
	}
	for ref := range t.asks {
		if !missing[ref] {
			r.unask(t, ref)
		}
	}
	for ref := range missing {
		r.ask(t, ref)
	}
	return wait
}

// patient says whether a flag goes on as soon as disk and bundle were read:
// with the flag server away, the bucket is not waited for when there is
// something to serve.
func (r *run) patient(t *track) bool {
	if r.live || t.shown != nil {
		return false
	}
	if t.newest == nil {
		return true
	}
	if ref, _, ok := stableRef(t.newest); ok {
		if _, err := r.p.loader.get(ref); err == nil {
			return true
		}
	}
	for _, ref := range t.fallbacks {
		if _, err := r.p.loader.get(ref); err == nil {
			return true
		}
	}
	return false
}

// hold says whether evaluation goes on with the old definition of a flag until
// what the new one names is there: not for ever, and never when the flag is OFF.
func (r *run) hold(t *track, wait []prompts.Ref) bool {
	if len(wait) == 0 || t.shown != nil && (t.newest == nil || !t.newest.Enabled) {
		return false
	}
	now := r.p.now()
	if t.heldAt.IsZero() {
		t.heldAt = now
	}
	if now.Sub(t.heldAt) >= holdFor {
		return false
	}
	r.held[t] = true
	return true
}

func (r *run) ask(t *track, ref prompts.Ref) {
	if t.asks[ref] {
		return
	}
	if t.asks == nil {
		t.asks = map[prompts.Ref]bool{}
	}
	t.asks[ref] = true
	r.asking[ref] = append(r.asking[ref], t)
}

func (r *run) unask(t *track, ref prompts.Ref) {
	delete(t.asks, ref)
	list := r.asking[ref]
	kept := list[:0]
	for _, other := range list {
		if other != t {
			kept = append(kept, other)
		}
	}
	if len(t.asks) == 0 {
		t.asks = nil
	}
	if len(kept) > 0 {
		r.asking[ref] = kept
		return
	}
	if delete(r.asking, ref); len(r.asking) == 0 {
		r.asking = map[prompts.Ref][]*track{} // an empty map keeps the room that a start needed
	}
}

// sameAnswers says whether two definitions of one flag give the same versions.
func sameAnswers(a, b *shown) bool {
	same := func(x, y *answer) bool {
		return x == nil && y == nil || x != nil && y != nil && x.prompt.Ref() == y.prompt.Ref() && x.reason == y.reason
	}
	if !same(a.off, b.off) || !same(a.none, b.none) || len(a.match) != len(b.match) {
		return false
	}
	for i, row := range a.match {
		if len(row) != len(b.match[i]) {
			return false
		}
		for j := range row {
			if !same(row[j], b.match[i][j]) {
				return false
			}
		}
	}
	return true
}
