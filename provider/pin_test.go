package provider

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

func TestPin(t *testing.T) {
	var blobs fakeBlobs
	a1, a2, a3, b1 := blobs.put("a", "1"), blobs.put("a", "2"), blobs.put("a", "3"), blobs.put("b", "1")
	other := flagOf("b", strategyOf("stable", 100, b1))
	p, f := start(t, &blobs, nil, flagOf("a", strategyOf("candidate", 50, a2), strategyOf("stable", 100, a1)), other)
	ask := func(refs ...prompts.Ref) openfeature.InterfaceResolutionDetail {
		ctx := context.Background()
		for _, ref := range refs {
			ctx = WithPin(ctx, ref)
		}
		return p.ObjectEvaluation(ctx, "a", "default", nil)
	}
	d := ask(b1, a1)
	wantAnswer(t, "pinned to stable", d, a1, "STATIC")
	if d.FlagMetadata[keyPinned] != true || d.FlagMetadata[keyVersion] != string(a1.Digest) {
		t.Errorf("metadata = %v", d.FlagMetadata)
	}
	wantAnswer(t, "another prompt's pin", ask(b1), a2, "SPLIT")
	wantAnswer(t, "pinned to what the flag says", ask(a2), a2, "SPLIT")
	wantAnswer(t, "the last pin counts", ask(a1, a2), a2, "SPLIT")

	f.feed(flagOf("a", strategyOf("candidate", 0, a2), strategyOf("stable", 100, a1)), other)
	f.match = func(f *Flag) Match {
		last := len(f.Strategies) - 1
		return Match{On: f.Enabled, Off: !f.Enabled, Strategy: last, Variant: f.Strategies[last].Variants[0]}
	}
	wantAnswer(t, "pinned to a candidate that was dialled down to nobody", ask(a2), a1, "STATIC")
	f.feed(flagOf("a", strategyOf("stable", 100, a1)), other)
	wantAnswer(t, "pinned to a candidate that was killed", ask(a2), a1, "STATIC")
	f.feed(flagOf("a", strategyOf("stable", 100, a3)), other)
	wantAnswer(t, "pinned to an earlier stable", ask(a1), a1, "STATIC")
	off := flagOf("a", strategyOf("stable", 100, a3))
	off.Enabled, off.Fingerprint = false, "off"
	f.feed(off, other)
	wantAnswer(t, "OFF overrules", ask(a1), a3, "DISABLED")
}

// A pinned version that is not in memory is fetched in the background.
func TestPinNotInMemory(t *testing.T) {
	var blobs fakeBlobs
	a1, old := blobs.put("a", "1"), blobs.put("a", "0")
	p, _ := start(t, &blobs, nil, flagOf("a", strategyOf("stable", 100, a1)))
	ctx := WithPin(context.Background(), old)
	d := p.ObjectEvaluation(ctx, "a", nil, nil)
	wantAnswer(t, "on its way", d, a1, StaleReason)
	if d.FlagMetadata[keyRequested] != old.String() {
		t.Errorf("metadata = %v", d.FlagMetadata)
	}
	idle(p)
	wantAnswer(t, "there", p.ObjectEvaluation(ctx, "a", nil, nil), old, "STATIC")
}

func TestResolve(t *testing.T) {
	var blobs fakeBlobs
	a1, old := blobs.put("a", "1"), blobs.put("a", "0")
	p, _ := start(t, &blobs, nil, flagOf("a", strategyOf("stable", 100, a1)))
	ctx := context.Background()
	for range 2 {
		got, err := p.Resolve(ctx, old)
		if err != nil || got.Ref() != old {
			t.Errorf("Resolve = %v, %v", got, err)
		}
	}
	if blobs.gets != 2 {
		t.Errorf("%d fetches, want one for each version", blobs.gets)
	}
	missing := prompts.Ref{Name: "a", Digest: prompts.DigestOf([]byte("x"))}
	if _, err := p.Resolve(ctx, missing); err == nil || !strings.Contains(err.Error(), "no such blob") {
		t.Errorf("Resolve of what is nowhere: %v", err)
	}
	if _, err := p.Resolve(ctx, prompts.Ref{Name: "b", Digest: old.Digest}); err == nil {
		t.Error("Resolve of another prompt's bytes gives no error")
	}
	release := blobs.hang(missing)
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.Resolve(short, missing); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("Resolve with a context that is over: %v", err)
	}
	release()
	p.Shutdown()
	if _, err := p.Resolve(ctx, missing); err == nil {
		t.Error("Resolve after Shutdown gives no error")
	}
}

// Refs from outside cannot fill memory.
func TestPinsAreBounded(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("a", "1")
	p, f := start(t, &blobs, nil, flagOf("a", strategyOf("stable", 100, a)))
	for i := range maxPinned + 100 {
		ref := prompts.Ref{Name: "a", Digest: prompts.DigestOf(fmt.Append(nil, i))}
		wantAnswer(t, "a pin from outside", p.ObjectEvaluation(WithPin(context.Background(), ref), "a", nil, nil), a, StaleReason)
	}
	idle(p)
	count := func() (items, pinned int) {
		p.loader.mu.Lock()
		defer p.loader.mu.Unlock()
		for _, it := range p.loader.items {
			it.named = it.named.Add(-2 * keepFor)
		}
		return len(p.loader.items), p.loader.pinnedItems
	}
	if items, pinned := count(); items != maxPinned+1 || pinned != maxPinned {
		t.Errorf("%d items, %d of them pinned, want %d", items, pinned, maxPinned)
	}
	f.feed(flagOf("a", strategyOf("stable", 100, a)), flagOf("b"))
	if items, pinned := count(); items != 1 || pinned != 0 {
		t.Errorf("an hour later: %d items, %d of them pinned", items, pinned)
	}
}
