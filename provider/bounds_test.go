package provider

import (
	"fmt"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// What a service does not use is neither loaded nor a trouble of its.
func TestLeftOutFlags(t *testing.T) {
	var blobs fakeBlobs
	missing := prompts.Ref{Name: "p", Digest: prompts.DigestOf([]byte("x"))}
	p, f := start(t, &blobs, &Options{Prompts: []string{"q"}}, flagOf("p", strategyOf("stable", 100, missing)), flagOf("q", strategyOf("stable", 100, blobs.put("q", "a"))))
	f.current()
	if p.run.status.event != openfeature.ProviderReady || blobs.gets != 1 {
		t.Errorf("state %s (%v) after %d fetches, want READY after one", p.run.status.event, p.run.status.flags, blobs.gets)
	}
}

// Memory forgets what no feed has named for an hour, and nothing else: a feed
// counts until the next one, however long that takes.
func TestTrim(t *testing.T) {
	var blobs fakeBlobs
	a, b := blobs.put("p", "a"), blobs.put("p", "b")
	p, f := start(t, &blobs, nil, flagOf("p", strategyOf("candidate", 5, b), strategyOf("stable", 100, a)))
	old := func() {
		p.loader.mu.Lock()
		defer p.loader.mu.Unlock()
		for _, it := range p.loader.items {
			it.named = time.Now().Add(-keepFor - time.Minute)
		}
	}
	old()
	f.feed(flagOf("p", strategyOf("stable", 100, a)))
	if _, err := p.loader.get(b); err != nil {
		t.Errorf("named until a moment ago: %v", err)
	}
	old()
	f.feed(flagOf("p", strategyOf("stable", 100, a)), flagOf("q"))
	if _, err := p.loader.get(a); err != nil {
		t.Errorf("named by the feed: %v", err)
	}
	if _, err := p.loader.get(b); err == nil {
		t.Error("not named for an hour, and still there")
	}
	if d := object(p, "p"); fmt.Sprint(d.Value) != a.String() {
		t.Errorf("answer = %v", d.Value)
	}
}

// Of events that nobody reads the newest are kept.
func TestQueueIsBounded(t *testing.T) {
	ch := make(chan openfeature.Event)
	e := newEmitter(ch)
	defer e.close()
	for i := range 3 * maxQueued {
		e.emit(openfeature.ProviderError, fmt.Sprint(i), nil, openfeature.GeneralCode)
	}
	n, last := 0, ""
	for want := fmt.Sprint(3*maxQueued - 1); last != want; n++ {
		last = (<-ch).Message
	}
	if n > maxQueued+1 { // one was under way
		t.Errorf("%d events, want at most %d", n, maxQueued+1)
	}
}

// A flag that gets out of trouble is no news of the others.
func TestOneErrorForEachTrouble(t *testing.T) {
	var blobs fakeBlobs
	a, b := blobs.put("p", "a"), blobs.put("q", "b")
	data := blobs.data
	blobs.data = map[string][]byte{}
	p, f := start(t, &blobs, nil, flagOf("p", strategyOf("stable", 100, a)), flagOf("q", strategyOf("stable", 100, b)))
	want := func(typ openfeature.EventType) {
		t.Helper()
		if e := nextEvent(t, p); e.EventType != typ {
			t.Fatalf("event = %+v, want %s", e, typ)
		}
	}
	put := func(ref prompts.Ref) {
		blobs.mu.Lock()
		defer blobs.mu.Unlock()
		blobs.data[string(ref.Digest)] = data[string(ref.Digest)]
	}
	f.current()
	want(openfeature.ProviderError)
	put(a)
	f.current()
	want(openfeature.ProviderConfigChange)
	put(b)
	f.current()
	want(openfeature.ProviderConfigChange)
	want(openfeature.ProviderReady)
}
