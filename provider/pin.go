package provider

import (
	"context"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

type pinKey struct{}

// pins is what a context carries: one ref for each prompt.
type pins map[string]prompts.Ref

// WithPin returns a context in which evaluating the flag of ref's prompt answers
// ref, so that a conversation stays on the version it began with: keep
// prompt.Ref() with the conversation and pin it at each later turn. Pins of
// different prompts add up; a second one of the same prompt replaces the first.
//
// A pin answers with the reason STATIC and the metadata promptPinned. It does
// not outlive an emergency: while the environment is OFF everybody gets stable,
// and a version that this process knows only as a candidate is given up when the
// flag no longer gives it to anybody. Evaluation does no I/O: a pinned version that is not
// in memory is fetched in the background, and until then the flag decides
// (reason STALE, promptRequested). Provider.Resolve brings it into memory first.
// Memory has at most 1,000 versions that only pins ask for, each for an hour.
func WithPin(ctx context.Context, ref prompts.Ref) context.Context {
	old, _ := ctx.Value(pinKey{}).(pins)
	list := make(pins, len(old)+1)
	for name, other := range old {
		list[name] = other
	}
	list[ref.Name] = ref
	return context.WithValue(ctx, pinKey{}, list)
}

func pinned(ctx context.Context) (pins, bool) {
	if ctx == nil {
		return nil, false
	}
	list, ok := ctx.Value(pinKey{}).(pins)
	return list, ok
}

// pinnedAnswer is the answer for a caller who pins versions; a is what the flag says.
func (p *Provider) pinnedAnswer(list pins, s *shown, a *answer) *answer {
	name, _ := p.opt.promptName(s.flag.Name)
	ref, ok := list[name]
	if !ok || a != nil && a.prompt.Ref() == ref {
		return a
	}
	prompt, withdrawn := p.loader.pinned(ref)
	switch {
	case withdrawn:
		return a
	case prompt == nil:
		p.loader.wantPinned(ref, time.Now())
		if a == nil {
			return nil
		}
		return a.instead(ref.String())
	}
	facts := factsOf(prompt, "", p.setID())
	facts.pinned = true
	return newAnswer(prompt, openfeature.StaticReason, facts)
}

// maxPinned bounds the versions in memory that only pins asked for: refs may
// come from outside.
const maxPinned = 1000

// wantPinned asks for a ref that a caller pins.
func (l *loader) wantPinned(ref prompts.Ref, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.items[ref] == nil {
		if l.pinnedItems >= maxPinned {
			return
		}
		l.pinnedItems++
		l.item(ref).pinned = true
	}
	l.request(ref, true, now)
}

// note notes what a feed says of ref.
func (l *loader) note(ref prompts.Ref, dialled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	it := l.item(ref)
	it.dialled = it.dialled || dialled
	it.stable = it.stable || !dialled
}

// current notes which refs somebody gets by the newest feed.
// named has all that it names, with false those that it gives to nobody.
func (l *loader) current(named map[prompts.Ref]bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ref, it := range l.items {
		given, in := named[ref]
		if it.newest && !in {
			it.named = now // until now, however long ago that feed came
		}
		it.current, it.newest = given, in
	}
}

// pinned returns ref from memory, and whether it was withdrawn: a candidate
// that nobody gets any more and that was never for everybody.
func (l *loader) pinned(ref prompts.Ref) (p *prompts.Prompt, withdrawn bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	it := l.items[ref]
	if l.purged[ref] {
		return nil, true
	}
	if it == nil {
		return nil, false
	}
	return it.prompt, it.dialled && !it.stable && !it.current
}
