package provider

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// purging is a stable strategy that says what must not exist any more.
func purging(ref prompts.Ref, purged ...prompts.Ref) Strategy {
	s := strategyOf("stable", 100, ref)
	for _, p := range purged {
		s.Purged += string(p.Digest) + ", "
	}
	return s
}

// onDisk waits until a file of a version is there, or is not.
func onDisk(t *testing.T, dir string, ref prompts.Ref, want bool) {
	t.Helper()
	name := filepath.Join(dir, "blobs", "sha256", ref.Digest.Hex())
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(name); (err == nil) == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("version %s on disk: still not %t", ref.Version(), want)
		}
	}
}

// A purged version leaves memory and disk, and nothing brings it back: not a
// flag, not a pin, not Resolve, although the bucket has it.
func TestPurge(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "the secret"), blobs.put("a", "2")
	dir := t.TempDir()
	p, f := start(t, &blobs, &Options{CacheDir: dir}, flagOf("a", strategyOf("stable", 100, a1)))
	wantAnswer(t, "before", object(p, "a"), a1, "STATIC")
	onDisk(t, dir, a1, true)

	f.feed(flagOf("a", purging(a2, a1)))
	wantAnswer(t, "after", object(p, "a"), a2, "STATIC")
	onDisk(t, dir, a1, false)
	onDisk(t, dir, a2, true)
	gets := blobs.gets
	if got, err := p.Resolve(t.Context(), a1); err == nil {
		t.Errorf("Resolve = %s, want an error", got)
	}
	pinned := p.ObjectEvaluation(WithPin(context.Background(), a1), "a", "default", nil)
	idle(p)
	wantAnswer(t, "pinned", pinned, a2, "STATIC")
	f.feed(flagOf("a", strategyOf("candidate", 50, a1), purging(a2)))
	wantAnswer(t, "somebody puts it back, and the list is lost", object(p, "a"), a2, StaleReason)
	f.feed(flagOf("a", strategyOf("stable", 100, a1)))
	wantAnswer(t, "as stable", object(p, "a"), a2, StaleReason)
	if blobs.gets != gets {
		t.Errorf("the bucket was asked %d times for a purged version", blobs.gets-gets)
	}
	onDisk(t, dir, a1, false)
}

// The only version that there ever was: then there is nothing to serve.
func TestPurgeOfAll(t *testing.T) {
	var blobs fakeBlobs
	a1, b1 := blobs.put("a", "1"), blobs.put("b", "1")
	p, f := start(t, &blobs, nil, flagOf("a", strategyOf("stable", 100, a1)), flagOf("b", strategyOf("stable", 100, b1)))
	f.feed(flagOf("a", purging(a1, a1)), flagOf("b", purging(b1, a1)))
	if d := object(p, "a"); d.Value != "default" {
		t.Errorf("value = %v, want the caller's default", d.Value)
	}
	wantAnswer(t, "another prompt", object(p, "b"), b1, "STATIC")
}

// A version that is on its way when it is purged does not arrive.
func TestPurgeWhileLoading(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	dir := t.TempDir()
	held, asked := make(chan struct{}), make(chan struct{})
	blobs.hook = func(_ context.Context, digest string) error {
		if digest == string(a2.Digest) {
			close(asked)
			<-held
		}
		return nil
	}
	p, f := start(t, &blobs, &Options{CacheDir: dir}, flagOf("a", strategyOf("stable", 100, a1)))
	f.h.Feed(feedOf(flagOf("a", strategyOf("candidate", 50, a2), strategyOf("stable", 100, a1))))
	<-asked
	f.h.Feed(feedOf(flagOf("a", strategyOf("candidate", 50, a2), purging(a1, a2))))
	close(held)
	idle(p)
	wantAnswer(t, "purged on its way", object(p, "a"), a1, StaleReason)
	onDisk(t, dir, a2, false)
}

// The next start does not load it either: not from the last feed, and not from
// the bundle when all else is away.
func TestPurgeIsRemembered(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	dir := t.TempDir()
	bundle := fstest.MapFS{"feed.json": {Data: []byte("bundle")}, "blobs/sha256/" + a1.Digest.Hex(): {Data: blobs.data[string(a1.Digest)]}}
	bodies := map[string]*Feed{"bundle": bodyOf("bundle", flagOf("a", strategyOf("stable", 100, a1)))}

	lifetime(t, dir, &blobs, bodyOf("body", flagOf("a", purging(a2, a1))))
	if err := os.Remove(feedFile(t, dir)); err != nil { // only the state is left
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	p, f := create(t, dead(), &Options{CacheDir: dir, Baseline: bundle}, bodies)
	for range missedMost {
		f.failed(errAway)
	}
	if err := p.Init(openfeature.EvaluationContext{}); err == nil {
		if d := object(p, "a"); d.Value != "default" {
			t.Errorf("value = %v, want the caller's default: all that is left is purged", d.Value)
		}
	}
}

// What is no digest is nothing, and a list without end has an end.
func TestDigestsIn(t *testing.T) {
	a, b := "sha256:"+strings.Repeat("a", 64), "sha256:"+strings.Repeat("b", 64)
	for text, want := range map[string]int{"": 0, a: 1, a + ", " + b + ",": 2, "x,,sha256:1," + b + ",\x00": 1, strings.Repeat(a+",", 1000): maxPurged} {
		if got := digestsIn(text); len(got) != want {
			t.Errorf("%.40q: %d digests, want %d", text, len(got), want)
		}
	}
}

func feedFile(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "state", "*-feed"))
	if err != nil || len(files) != 1 {
		t.Fatalf("feeds on disk: %v, %v", files, err)
	}
	return files[0]
}
