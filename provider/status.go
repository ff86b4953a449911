package provider

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-feature/go-sdk/openfeature"
)

// status is what the last events said.
type status struct {
	event   openfeature.EventType // READY, STALE or ERROR
	refused string                // the refusal that was told
	flags   []string              // flags in trouble that were told, sorted
}

// current is Handler.Current.
func (r *run) current() {
	r.polled(nil)
	r.p.seen.Store(r.p.now().UnixNano())
	r.keeper.current()
}

// failed is Handler.Failed.
func (r *run) failed(err error) {
	r.p.log.Warn("flags not refreshed", "error", err)
	r.polled(err)
	if r.set == "" && r.prepared { // nothing to go on with yet
		r.useSaved(err)
	}
}

// polled notes the outcome of a poll, and does what is due at each.
func (r *run) polled(err error) {
	r.announce = r.isReady()
	if err == nil {
		r.missed, r.refused = 0, nil
	} else {
		r.missed, r.cause, r.refused = r.missed+1, err, nil
		if errors.Is(err, ErrRefused) {
			r.refused = err
		}
	}
	r.p.loader.retry(r.p.now(), true)
	for _, t := range r.tracks {
		if t.newest == nil && !t.vanished.IsZero() && r.p.now().Sub(t.vanished) > r.p.opt.gone() {
			r.forget(t)
		}
	}
}

func (r *run) isReady() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready
}

// show makes what changed in this turn visible as a whole: the first view when
// every flag can be answered, a new one when flags came or went.
func (r *run) show() {
	if r.set == "" {
		return
	}
	if r.isReady() {
		if r.resized {
			r.resized = false
			r.mu.Lock()
			if r.ctx.Err() == nil {
				r.p.view.Store(r.newView())
			}
			r.mu.Unlock()
		}
		return
	}
	if len(r.held) > 0 {
		return
	}
	v := r.newView()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return // Shutdown came first
	}
	r.p.view.Store(v)
	r.ready, r.resized = true, false
	r.status = status{event: openfeature.ProviderReady}
	clear(r.changed)
	r.open()
	if !r.waiting { // Init gave up; otherwise the SDK emits READY when Init returns
		r.events.emit(openfeature.ProviderReady, "flags and prompts are loaded", nil, "")
	}
}

func (r *run) newView() *view {
	v := &view{set: r.set, slots: make(map[string]*slot, len(r.tracks))}
	for name, t := range r.tracks {
		v.slots[name] = t.slot
	}
	return v
}

// open lets Init return. r.mu is held.
func (r *run) open() {
	if !r.opened {
		r.opened = true
		close(r.first)
	}
}

// tell emits what this turn has to say, once evaluation sees it.
func (r *run) tell() {
	if !r.isReady() {
		return
	}
	if len(r.changed) > 0 {
		r.events.emit(openfeature.ProviderConfigChange, "flags or prompts changed", slices.Sorted(maps.Keys(r.changed)), "")
		clear(r.changed)
	}
	if !r.announce {
		return
	}
	troubles := r.troubles()
	names := slices.Sorted(maps.Keys(troubles))
	fresh := slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(r.status.flags, name) })
	r.status.flags = names
	switch {
	case r.refused != nil:
		if text := r.refused.Error(); text != r.status.refused || r.status.event != openfeature.ProviderError {
			r.say(openfeature.ProviderError, text, nil, openfeature.GeneralCode)
			r.status.refused = text
		}
		return
	case len(names) > 0:
		if fresh || r.status.event != openfeature.ProviderError || r.status.refused != "" {
			r.say(openfeature.ProviderError, describe(names, troubles), names, openfeature.GeneralCode)
		}
	case !r.live || r.missed >= missedMost:
		if r.status.event != openfeature.ProviderStale {
			r.say(openfeature.ProviderStale, r.whyStale(), nil, "")
		}
	case r.status.event != openfeature.ProviderReady:
		r.say(openfeature.ProviderReady, "every flag is current and served as asked", nil, "")
	}
	r.status.refused = ""
	r.lacking()
}

func (r *run) say(typ openfeature.EventType, message string, flags []string, code openfeature.ErrorCode) {
	r.status.event = typ
	switch typ {
	case openfeature.ProviderError:
		r.p.log.Error("promptflag: "+message, "flags", flags)
	case openfeature.ProviderStale:
		r.p.log.Warn("promptflag: " + message)
	default:
		r.p.log.Info("promptflag: " + message)
	}
	r.events.emit(typ, message, flags, code)
}

// troubles returns what is not served as asked, by flag.
func (r *run) troubles() map[string]string {
	troubles := map[string]string{}
	for name, t := range r.tracks {
		if t.shown != nil && t.shown.trouble != "" && t.selected {
			troubles[name] = t.shown.trouble
		}
	}
	return troubles
}

func describe(names []string, troubles map[string]string) string {
	message := fmt.Sprintf("flag %q: %s", names[0], troubles[names[0]])
	if more := len(names) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return message
}

func (r *run) whyStale() string {
	what := fmt.Sprintf("%d polls in a row failed; the last feed is served", r.missed)
	switch {
	case r.live:
	case r.aged:
		what = "the flag server is away: the bundle is served"
	default:
		what = "the flag server is away: the last feed on disk is served"
	}
	return what
}

// lacking tells once of each flag whose candidate is dialled by a context
// field that callers do not have: they never get it. The provider is as usable
// as before, so the event of its state follows.
func (r *run) lacking() {
	if !r.p.lacked.Swap(false) {
		return
	}
	told := false
	for _, t := range r.tracks {
		if t.shown != nil && t.shown.lacked.Load() && !t.told {
			t.told, told = true, true
			message := fmt.Sprintf("flag %q: its candidate is dialled by %q, which a caller does not have: such callers get stable", t.name, t.shown.sticky)
			r.p.log.Warn("promptflag: " + message)
			r.events.emit(openfeature.ProviderError, message, []string{t.name}, openfeature.TargetingKeyMissingCode)
		}
	}
	if told {
		r.events.emit(r.status.event, "state as before", r.status.flags, "")
	}
}
