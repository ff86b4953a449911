package provider

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// hang makes the bucket never answer about these refs, until release.
func (b *fakeBlobs) hang(refs ...prompts.Ref) (release func()) {
	hung := map[string]bool{}
	for _, ref := range refs {
		hung[string(ref.Digest)] = true
	}
	free := make(chan struct{})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hook = func(ctx context.Context, digest string) error {
		if !hung[digest] {
			return nil
		}
		select {
		case <-free:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return func() { close(free) }
}

// turned waits until the loop has done what was posted to it.
func turned(p *Provider) {
	for range 2 {
		done := make(chan struct{})
		p.run.post(func() { close(done) })
		<-done
	}
}

func wantAnswer(t *testing.T, what string, d openfeature.InterfaceResolutionDetail, ref prompts.Ref, reason openfeature.Reason) {
	t.Helper()
	if fmt.Sprint(d.Value) != ref.String() || d.Reason != reason || d.Variant != ref.Version() {
		t.Errorf("%s: %v %s %s %v, want %s %s", what, d.Value, d.Variant, d.Reason, d.Error(), ref, reason)
	}
}

// Only the flag whose new version is on its way keeps its old definition: every
// other one, and every kill, goes through at once.
func TestHoldPerFlag(t *testing.T) {
	var blobs fakeBlobs
	a1, a2, b1, b2 := blobs.put("a", "1"), blobs.put("a", "2"), blobs.put("b", "1"), blobs.put("b", "2")
	p, f := start(t, &blobs, nil,
		flagOf("a", strategyOf("candidate", 100, a2), strategyOf("stable", 100, a1)),
		flagOf("b", strategyOf("stable", 100, b1)))
	release := blobs.hang(b2)
	defer release()

	next := func(flags ...*Flag) {
		f.h.Feed(feedOf(flags...))
		turned(p)
	}
	killed := flagOf("a", strategyOf("stable", 100, a1))
	dialled := flagOf("b", strategyOf("candidate", 100, b2), strategyOf("stable", 100, b1))
	next(killed, dialled)
	wantAnswer(t, "a, killed", object(p, "a"), a1, "STATIC")
	wantAnswer(t, "b, held", object(p, "b"), b1, "STATIC")

	off := flagOf("b", dialled.Strategies...)
	off.Enabled, off.Fingerprint = false, "off"
	next(killed, off)
	wantAnswer(t, "b, held and now OFF", object(p, "b"), b1, "DISABLED")

	next(killed, dialled)
	wantAnswer(t, "b, ON again: held with what it was", object(p, "b"), b1, "DISABLED")
	next(killed, flagOf("b", strategyOf("stable", 100, b1)))
	wantAnswer(t, "b, candidate killed before it came", object(p, "b"), b1, "STATIC")
}

// A hold ends when the prompt is there, with one event and one fetch.
func TestHoldEnds(t *testing.T) {
	var blobs fakeBlobs
	b1, b2 := blobs.put("b", "1"), blobs.put("b", "2")
	p, f := start(t, &blobs, nil, flagOf("b", strategyOf("stable", 100, b1)))
	release := blobs.hang(b2)
	gets := blobs.gets
	for range 3 { // feeds that change elsewhere do not fetch it again
		f.h.Feed(feedOf(flagOf("b", strategyOf("stable", 100, b2)), flagOf(fmt.Sprint("other", time.Now().UnixNano()))))
	}
	turned(p)
	wantAnswer(t, "held", object(p, "b"), b1, "STATIC")
	release()
	idle(p)
	wantAnswer(t, "there", object(p, "b"), b2, "STATIC")
	if blobs.gets != gets+1 {
		t.Errorf("%d fetches, want one", blobs.gets-gets)
	}
}

// A bucket that does not give it ends the hold too, and nobody waits a second time.
func TestHoldFails(t *testing.T) {
	var blobs fakeBlobs
	b1, b2 := blobs.put("b", "1"), blobs.put("b", "2")
	p, f := start(t, &blobs, nil, flagOf("b", strategyOf("stable", 100, b1)))
	blobs.mu.Lock()
	data := blobs.data[string(b2.Digest)]
	delete(blobs.data, string(b2.Digest))
	blobs.mu.Unlock()
	f.feed(flagOf("b", strategyOf("candidate", 100, b2), strategyOf("stable", 100, b1)))
	wantAnswer(t, "failed", object(p, "b"), b1, StaleReason)
	f.current()
	wantEvents(t, p, openfeature.ProviderConfigChange, openfeature.ProviderError)
	release := blobs.hang(b2)
	f.h.Feed(feedOf(flagOf("b", strategyOf("candidate", 50, b2), strategyOf("stable", 100, b1))))
	turned(p)
	if got := p.run.tracks["b"].newest.Strategies[0].Percent; got != 50 || len(p.run.held) > 0 {
		t.Errorf("%v %%, %d held: want the new definition to be visible", got, len(p.run.held))
	}
	blobs.mu.Lock()
	blobs.data[string(b2.Digest)] = data
	blobs.mu.Unlock()
	release()
	f.current()
	wantAnswer(t, "back", object(p, "b"), b2, "SPLIT")
	wantEvents(t, p, openfeature.ProviderConfigChange, openfeature.ProviderReady)
}

// A hold is bounded, whatever the bucket does.
func TestHoldIsBounded(t *testing.T) {
	var blobs fakeBlobs
	b1, b2 := blobs.put("b", "1"), blobs.put("b", "2")
	p, f := start(t, &blobs, nil, flagOf("b", strategyOf("stable", 100, b1)))
	defer blobs.hang(b2)()
	f.h.Feed(feedOf(flagOf("b", strategyOf("candidate", 100, b2), strategyOf("stable", 100, b1))))
	turned(p)
	wantAnswer(t, "held", object(p, "b"), b1, "STATIC")
	f.clock.add(holdFor)
	turned(p)
	wantAnswer(t, "held long enough", object(p, "b"), b1, StaleReason)
}

// While nothing is known of a version, its flag is not served at all; the start
// waits for it, and a new flag stays unknown.
func TestNewFlagIsHeld(t *testing.T) {
	var blobs fakeBlobs
	a, b := blobs.put("a", "1"), blobs.put("b", "1")
	p, f := start(t, &blobs, nil, flagOf("a", strategyOf("stable", 100, a)))
	release := blobs.hang(b)
	f.h.Feed(feedOf(flagOf("a", strategyOf("stable", 100, a)), flagOf("b", strategyOf("stable", 100, b))))
	turned(p)
	if d := object(p, "b"); d.ResolutionDetail().ErrorCode != openfeature.FlagNotFoundCode {
		t.Errorf("on its way: %+v", d)
	}
	release()
	idle(p)
	wantAnswer(t, "there", object(p, "b"), b, "STATIC")
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderConfigChange || len(e.FlagChanges) != 1 {
		t.Errorf("event = %+v", e)
	}
}

// Failures back off; a success, and each poll for a few, ends the wait.
func TestRetry(t *testing.T) {
	for tries, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 7: time.Minute, 100: time.Minute} {
		if got := pause(tries); got < want*8/10 || got > want*12/10 {
			t.Errorf("pause(%d) = %v, want %v give or take a fifth", tries, got, want)
		}
	}
	blobs := fakeBlobs{hook: func(context.Context, string) error { return errors.New("403 AccessDenied") }}
	var flags []*Flag
	for i := range 20 {
		name := fmt.Sprint("p", i)
		flags = append(flags, flagOf(name, strategyOf("stable", 100, blobs.put(name, "x"))))
	}
	p, f := start(t, &blobs, nil, flags...)
	if blobs.gets != 20 {
		t.Fatalf("%d fetches, want 20", blobs.gets)
	}
	f.current()
	if blobs.gets != 20+probes {
		t.Errorf("%d fetches after a poll, want %d more", blobs.gets, probes)
	}
	for range 6 {
		f.current() // everything failed twice now
	}
	blobs.mu.Lock()
	blobs.hook = nil
	blobs.mu.Unlock()
	f.current()
	for _, flag := range flags {
		if d := object(p, flag.Name); d.Reason != openfeature.StaticReason {
			t.Errorf("%s: %s %v", flag.Name, d.Reason, d.Error())
		}
	}
}
