package provider

import (
	"fmt"
	"slices"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

// prepare reads what is on disk and in the bundle, off the loop: a disk may hang.
func (r *run) prepare(begin time.Time) {
	done := make(chan prepared, 1)
	r.wg.Go(func() { done <- r.read() })
	var got prepared
	select {
	case got = <-done:
	case <-time.After(savedWait):
		r.p.log.Warn("the cache on disk does not answer; starting without it")
	case <-r.ctx.Done():
		return
	}
	r.post(func() { r.begin(got) })
	select {
	case <-time.After(startWait - time.Since(begin)):
		r.post(func() {
			if r.saved != nil {
				r.useSaved(fmt.Errorf("no answer within %v", startWait))
			}
		})
	case <-r.ctx.Done():
	}
}

// prepared is what was read.
type prepared struct {
	state   savedState
	saved   *Feed
	savedAt time.Time
	bundle  *Feed
}

func (r *run) read() (got prepared) {
	defer func() {
		if v := recover(); v != nil {
			r.p.log.Error("panic while reading the cache", "panic", v)
		}
	}()
	got.state = r.keeper.readState()
	if body, at := r.keeper.readFeed(); body != nil {
		feed, err := r.p.flags.Decode(body)
		if err != nil {
			r.p.log.Warn("last feed on disk not readable", "error", err)
		} else {
			got.saved, got.savedAt = feed, at
		}
	}
	if r.p.opt.Baseline == nil {
		return got
	}
	body, err := readLimited(r.p.opt.Baseline, "feed.json", maxFeed)
	if err == nil {
		got.bundle, err = r.p.flags.Decode(body)
	}
	if err != nil {
		got.bundle = nil
		r.p.log.Error("option Baseline: the bundle is not readable", "error", err)
	}
	return got
}

// begin is called once with what disk and bundle had.
func (r *run) begin(got prepared) {
	r.prepared, r.saved, r.savedAt, r.bundle = true, got.saved, got.savedAt, got.bundle
	var purged []prompts.Ref
	for _, text := range got.state.Purged {
		if ref, err := prompts.ParseRef(text); err == nil {
			purged = append(purged, ref)
		}
	}
	r.forgetVersions(purged)
	for _, f := range []*Feed{r.saved, r.bundle} {
		if f != nil {
			r.purge(f)
		}
	}
	for name, s := range got.state.Flags {
		t := r.track(name)
		t.vanished = s.Gone
		r.stateSet = got.state.Set
		if ref, err := prompts.ParseRef(s.Stable); err == nil {
			t.fallbacks = append(t.fallbacks, ref)
		}
	}
	if r.saved != nil { // the state may be older: it is written after the feed
		for _, flag := range r.saved.Flags {
			if ref, _, ok := stableRef(flag); ok {
				t := r.track(flag.Name)
				t.fallbacks = append(t.fallbacks, ref)
			}
		}
	}
	if r.bundle != nil {
		for _, flag := range r.bundle.Flags {
			if ref, _, ok := stableRef(flag); ok {
				t := r.track(flag.Name)
				t.bundled = len(t.fallbacks) == 0
				t.fallbacks = append(t.fallbacks, ref)
			}
		}
	}
	for _, t := range r.tracks {
		t.fallbacks = slices.DeleteFunc(t.fallbacks, r.p.loader.isPurged)
	}
	if r.saved != nil { // most of it will be asked for: from disk, the bucket waits until then
		now := time.Now()
		for _, flag := range r.saved.Flags {
			if name, selected := r.p.opt.promptName(flag.Name); selected {
				flag.refs(name, func(ref prompts.Ref, _ *Strategy) { r.p.loader.want(ref, false, now) })
			}
		}
	}
	if r.early != nil {
		early := r.early
		r.early = nil
		r.takeLive(early)
		return
	}
	if r.missed > 0 {
		r.useSaved(r.cause)
	}
}

// useSaved goes on with the last good feed on disk, else with the bundle.
func (r *run) useSaved(cause error) {
	switch {
	case r.live || r.set != "":
	case r.saved != nil:
		r.p.log.Warn("starting with the last feed on disk", "cause", cause, "feed", r.savedAt.UTC())
		f, at := r.saved, r.savedAt
		if at.After(r.p.now().Add(time.Minute)) {
			at = time.Unix(0, 0) // a clock was wrong: nobody knows how old it is
		}
		r.saved = nil
		r.take(f, at)
	case r.missed > 0 && r.stateSet != "":
		r.p.log.Warn("starting with the last stable versions", "cause", cause)
		r.take(&Feed{Set: r.stateSet}, time.Unix(0, 0))
	case r.bundle != nil && r.missed > 0:
		r.p.log.Warn("starting with the bundle", "cause", cause)
		r.aged = true
		r.take(r.bundle, time.Unix(0, 0))
	default:
		r.mu.Lock()
		if r.missed > 0 && r.failure == nil {
			r.failure = cause
			r.open()
		}
		r.mu.Unlock()
	}
}

// savedState is the last good state: what stable was, by flag. It knows flags
// that a feed has lost, and nothing of candidates.
type savedState struct {
	Format int                  `json:"promptflagState"`
	Set    string               `json:"set"` // Feed.Set
	Flags  map[string]savedFlag `json:"flags"`
	Purged []string             `json:"purged,omitempty"` // refs that are not loaded any more
}

type savedFlag struct {
	Stable string    `json:"stable"`
	Gone   time.Time `json:"gone,omitzero"` // since when no feed has it
}

// state returns what a later start has to know.
func (r *run) state() savedState {
	s := savedState{Format: 1, Set: r.set, Flags: map[string]savedFlag{}, Purged: r.p.loader.remembered()}
	for name, t := range r.tracks {
		switch {
		case t.bundled:
		case t.shown != nil && t.shown.isPrompt && t.shown.last != nil:
			s.Flags[name] = savedFlag{t.shown.last.Ref().String(), t.vanished}
		case len(t.fallbacks) > 0:
			s.Flags[name] = savedFlag{t.fallbacks[0].String(), t.vanished}
		}
	}
	return s
}

// keep has the last good state written when it has changed.
func (r *run) keep() {
	if r.stables && r.live && r.isReady() {
		r.stables = false
		r.keeper.state(r.state())
	}
}
