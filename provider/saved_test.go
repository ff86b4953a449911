package provider

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

var errAway = errors.New("connection refused")

// dead is a bucket that is away.
func dead() *fakeBlobs {
	return &fakeBlobs{hook: func(context.Context, string) error { return errAway }}
}

// lifetime runs a provider with a directory for one feed, so that the directory
// has what the next start may need.
func lifetime(t *testing.T, dir string, blobs *fakeBlobs, feed *Feed) {
	t.Helper()
	p, f := create(t, blobs, &Options{CacheDir: dir})
	f.news(feed)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		t.Fatal(err)
	}
	p.Shutdown()
}

func bodyOf(body string, flags ...*Flag) *Feed {
	f := feedOf(flags...)
	f.Body = []byte(body)
	return f
}

// What a process that died left half written goes with the next start, however
// short that life is.
func TestStartCleansDisk(t *testing.T) {
	var blobs fakeBlobs
	dir, old := t.TempDir(), time.Now().Add(-2*time.Hour)
	left := filepath.Join(dir, "state", ".tmp-left")
	if err := errors.Join(os.Mkdir(filepath.Dir(left), 0o700), os.WriteFile(left, nil, 0o600), os.Chtimes(left, old, old)); err != nil {
		t.Fatal(err)
	}
	lifetime(t, dir, &blobs, bodyOf("body", flagOf("a", strategyOf("stable", 100, blobs.put("a", "1")))))
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// With server and bucket away, the last feed and its prompts come from disk.
func TestStartFromDisk(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	feed := bodyOf("body", flagOf("a", strategyOf("candidate", 50, a2), strategyOf("stable", 100, a1)))
	dir := t.TempDir()
	lifetime(t, dir, &blobs, feed)

	gone := dead()
	p, f := create(t, gone, &Options{CacheDir: dir}, map[string]*Feed{"body": bodyOf("body", feed.Flags...)})
	f.failed(errAway)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, "from disk", object(p, "a"), a2, "SPLIT")
	if gone.gets > 0 {
		t.Errorf("%d fetches of what is on disk", gone.gets)
	}
	f.failed(errAway)
	if e := nextEvent(t, p); e.EventType != openfeature.ProviderStale || !strings.Contains(e.Message, "disk") {
		t.Errorf("event = %+v, want STALE", e)
	}
	wantAnswer(t, "stale", object(p, "a"), a2, "SPLIT")
	f.news(bodyOf("body 2", flagOf("a", strategyOf("stable", 100, a1))))
	wantAnswer(t, "the server is back", object(p, "a"), a1, "STATIC")
	wantEvents(t, p, openfeature.ProviderConfigChange, openfeature.ProviderReady)
}

// The age of a feed from disk counts from when it was last known to be the newest.
func TestAgeOfSavedFeed(t *testing.T) {
	var blobs fakeBlobs
	a1, a2 := blobs.put("a", "1"), blobs.put("a", "2")
	feed := bodyOf("body", flagOf("a", strategyOf("candidate", 50, a2), strategyOf("stable", 100, a1)))
	dir := t.TempDir()
	lifetime(t, dir, &blobs, feed)

	p, f := create(t, &blobs, &Options{CacheDir: dir, MaxFeedAge: time.Hour}, map[string]*Feed{"body": feedOf(feed.Flags...)})
	f.clock.add(2*time.Hour + time.Minute)
	f.failed(errAway)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		t.Fatal(err)
	}
	d := object(p, "a")
	wantAnswer(t, "candidate of an old feed", d, a1, StaleReason)
	if age := d.FlagMetadata[keyAge].(int64); age < 7200 || age > 7300 {
		t.Errorf("age = %d s, want two hours", age)
	}
	f.news(bodyOf("body", feed.Flags...))
	wantAnswer(t, "candidate of a new feed", object(p, "a"), a2, "SPLIT")
	f.clock.add(time.Hour + time.Second)
	wantAnswer(t, "an hour later", object(p, "a"), a1, StaleReason)
	f.current()
	wantAnswer(t, "confirmed", object(p, "a"), a2, "SPLIT")
}

// A server that does not answer is not waited for when there is a feed on disk.
func TestStartDoesNotWait(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("a", "1")
	feed := bodyOf("body", flagOf("a", strategyOf("stable", 100, a)))
	dir := t.TempDir()
	lifetime(t, dir, &blobs, feed)
	p, _ := create(t, dead(), &Options{CacheDir: dir}, map[string]*Feed{"body": feed})
	if err := p.Init(openfeature.EvaluationContext{}); err != nil { // no poll has ended yet
		t.Fatal(err)
	}
	wantAnswer(t, "hung server", object(p, "a"), a, "STATIC")
}

// With the bucket away, a version that is not on disk is not waited for either.
func TestCandidateNotOnDisk(t *testing.T) {
	var blobs fakeBlobs
	a1 := blobs.put("a", "1")
	a2 := prompts.Ref{Name: "a", Digest: prompts.DigestOf([]byte("x"))}
	flags := []*Flag{flagOf("a", strategyOf("candidate", 100, a2), strategyOf("stable", 100, a1))}
	dir := t.TempDir()
	lifetime(t, dir, &blobs, bodyOf("body", flags...))
	slow := &fakeBlobs{}
	defer slow.hang(a2)()
	p, f := create(t, slow, &Options{CacheDir: dir}, map[string]*Feed{"body": feedOf(flags...)})
	f.h.Failed(errAway)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, "candidate hangs", object(p, "a"), a1, StaleReason)
}

// The last good state stands in for a feed that was lost or damaged, and for a
// stable version that is.
func TestLastGoodState(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("a", "1")
	missing := prompts.Ref{Name: "a", Digest: prompts.DigestOf([]byte("x"))}
	dir := t.TempDir()
	lifetime(t, dir, &blobs, bodyOf("body", flagOf("a", strategyOf("candidate", 100, missing), strategyOf("stable", 100, a))))
	for what, prepare := range map[string]func(f *fakeFlags){
		"feed on disk not readable": func(f *fakeFlags) { f.failed(errAway) },
		"stable not loadable":       func(f *fakeFlags) { f.feed(flagOf("a", strategyOf("stable", 100, missing))) },
		"stable strategy disabled":  func(f *fakeFlags) { f.feed(&Flag{Name: "a", Enabled: true, Fingerprint: "x"}) },
		"flag archived":             func(f *fakeFlags) { f.feed(flagOf("b")) },
		"feed empty":                func(f *fakeFlags) { f.feed() },
		"payload broken by hand": func(f *fakeFlags) {
			s := strategyOf("stable", 100, a)
			s.Variants[0].Payload.Value = "a@"
			f.feed(flagOf("a", s))
		},
		"role and payload both lost": func(f *fakeFlags) { f.feed(flagOf("a", Strategy{Percent: 100})) },
	} {
		t.Run(what, func(t *testing.T) {
			p, f := create(t, dead(), &Options{CacheDir: dir})
			prepare(f)
			if err := p.Init(openfeature.EvaluationContext{}); err != nil {
				t.Fatal(err)
			}
			wantAnswer(t, what, object(p, "a"), a, StaleReason)
			f.failed(errAway)
			if e := nextEvent(t, p); e.EventType != openfeature.ProviderError || len(e.FlagChanges) != 1 {
				t.Errorf("event = %+v, want ERROR about a", e)
			}
		})
	}
}

// What a feed has lost is forgotten after a day, restarts or not.
func TestGoneSurvivesRestart(t *testing.T) {
	var blobs fakeBlobs
	a, b := blobs.put("a", "1"), blobs.put("b", "1")
	dir := t.TempDir()
	lifetime(t, dir, &blobs, bodyOf("1", flagOf("a", strategyOf("stable", 100, a)), flagOf("b", strategyOf("stable", 100, b))))
	lifetime(t, dir, &blobs, bodyOf("2", flagOf("b", strategyOf("stable", 100, b))))
	p, f := create(t, &blobs, &Options{CacheDir: dir})
	f.feed(flagOf("b", strategyOf("stable", 100, b)))
	wantAnswer(t, "archived in an earlier life", object(p, "a"), a, StaleReason)
	f.clock.add(24*time.Hour + time.Minute)
	f.current()
	if d := object(p, "a"); d.ResolutionDetail().ErrorCode != openfeature.FlagNotFoundCode {
		t.Errorf("a day later: %+v", d)
	}
	p.Shutdown()
	data, err := filepath.Glob(filepath.Join(dir, "state", "*-state-*"))
	if err != nil || len(data) != 1 {
		t.Fatalf("state files %v %v", data, err)
	}
	text, err := os.ReadFile(data[0])
	if err != nil || strings.Contains(string(text), a.String()) || !strings.Contains(string(text), b.String()) {
		t.Errorf("state = %s %v, want b alone", text, err)
	}
}

func TestGoneOption(t *testing.T) {
	var blobs fakeBlobs
	a := blobs.put("a", "1")
	p, f := start(t, &blobs, &Options{Gone: -1}, flagOf("a", strategyOf("stable", 100, a)), flagOf("b"))
	f.feed(flagOf("b"))
	if d := object(p, "a"); d.ResolutionDetail().ErrorCode != openfeature.FlagNotFoundCode {
		t.Errorf("answer = %+v", d)
	}
}

// bundle is a Baseline with these artifacts.
func bundle(feed string, artifacts ...[]byte) fstest.MapFS {
	out := fstest.MapFS{"feed.json": &fstest.MapFile{Data: []byte(feed)}}
	for _, data := range artifacts {
		out["blobs/sha256/"+strings.TrimPrefix(string(prompts.DigestOf(data)), "sha256:")] = &fstest.MapFile{Data: data}
	}
	return out
}

func TestBundle(t *testing.T) {
	var blobs fakeBlobs
	a1, a2, a3 := blobs.put("a", "1"), blobs.put("a", "2"), blobs.put("a", "3")
	base := bundle("body", blobs.data[string(a1.Digest)], blobs.data[string(a2.Digest)])
	canary := flagOf("a", strategyOf("candidate", 50, a2), strategyOf("stable", 100, a1))
	promoted := flagOf("a", strategyOf("candidate", 100, a2), strategyOf("stable", 100, a1))
	missing := prompts.Ref{Name: "a", Digest: prompts.DigestOf([]byte("x"))}
	for _, tt := range []struct {
		name   string
		inside *Flag
		feed   []*Flag // nil: the server is away
		want   prompts.Ref
		reason openfeature.Reason
	}{
		{"the server is away", flagOf("a", strategyOf("stable", 100, a1)), nil, a1, "STATIC"},
		{"its candidate may have been killed since", canary, nil, a1, StaleReason},
		{"what was promoted stays", promoted, nil, a2, "STATIC"},
		{"stable not loadable", canary, []*Flag{flagOf("a", strategyOf("stable", 100, missing))}, a1, StaleReason},
		{"not in the feed", canary, []*Flag{flagOf("z")}, a1, StaleReason},
		{"the feed has another version", canary, []*Flag{flagOf("a", strategyOf("stable", 100, a3))}, a1, StaleReason}, // the bucket is away
		{"its bytes are as good as the bucket's", canary, []*Flag{flagOf("a", strategyOf("stable", 100, a2))}, a2, "STATIC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, f := create(t, dead(), &Options{Baseline: base}, map[string]*Feed{"body": feedOf(tt.inside)})
			if tt.feed == nil {
				f.failed(errAway)
			} else {
				f.feed(tt.feed...)
			}
			if err := p.Init(openfeature.EvaluationContext{}); err != nil {
				t.Fatal(err)
			}
			wantAnswer(t, tt.name, object(p, "a"), tt.want, tt.reason)
		})
	}
	t.Run("the server is back", func(t *testing.T) {
		p, f := create(t, &blobs, &Options{Baseline: base}, map[string]*Feed{"body": feedOf(canary)})
		f.failed(errAway)
		if err := p.Init(openfeature.EvaluationContext{}); err != nil {
			t.Fatal(err)
		}
		f.failed(errAway)
		if e := nextEvent(t, p); e.EventType != openfeature.ProviderStale && e.EventType != openfeature.ProviderError {
			t.Errorf("event = %+v", e)
		}
		f.feed(canary)
		wantAnswer(t, "the candidate is served again", object(p, "a"), a2, "SPLIT")
		for e := nextEvent(t, p); e.EventType != openfeature.ProviderReady; e = nextEvent(t, p) {
		}
	})
	t.Run("the feed is empty", func(t *testing.T) {
		p, f := create(t, dead(), &Options{Baseline: base}, map[string]*Feed{"body": feedOf(canary)})
		f.feed()
		wantAnswer(t, "the feed is empty", object(p, "a"), a1, StaleReason)
		f.current()
		if e := nextEvent(t, p); e.EventType != openfeature.ProviderError {
			t.Errorf("event = %+v, want ERROR", e)
		}
	})
	t.Run("unreadable", func(t *testing.T) {
		p, f := create(t, dead(), &Options{Baseline: bundle("what is this")})
		f.failed(errAway)
		if err := p.Init(openfeature.EvaluationContext{}); err == nil {
			t.Error("Init gives no error")
		}
	})
}

// A feed that lost most of its flags is an outage: prompts answer their last
// stable version, plain flags as before, and the feed on disk stays.
func TestShrunkenFeed(t *testing.T) {
	var blobs fakeBlobs
	a1, a2, b := blobs.put("a", "1"), blobs.put("a", "2"), blobs.put("b", "1")
	full := bodyOf("full",
		flagOf("a", strategyOf("candidate", 100, a2), strategyOf("stable", 100, a1)),
		flagOf("b", strategyOf("stable", 100, b)), flagOf("x"), flagOf("y"))
	for name, feed := range map[string]*Feed{"empty": bodyOf("less"), "most is missing": bodyOf("less", full.Flags[1])} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p, f := create(t, &blobs, &Options{CacheDir: dir})
			f.news(full)
			if err := p.Init(openfeature.EvaluationContext{}); err != nil {
				t.Fatal(err)
			}
			f.news(feed)
			wantAnswer(t, "prompt flag", object(p, "a"), a1, StaleReason)
			if d := p.BooleanEvaluation(context.Background(), "x", true, nil); d.Error() != nil {
				t.Errorf("plain flag: %+v", d)
			}
			wantEvents(t, p, openfeature.ProviderConfigChange, openfeature.ProviderError)
			p.Shutdown()

			p, f = create(t, &blobs, &Options{CacheDir: dir}, map[string]*Feed{"full": full})
			f.failed(errAway)
			wantAnswer(t, "after a restart without server", object(p, "a"), a2, "STATIC")
			f.news(full)
			wantAnswer(t, "all there again", object(p, "a"), a2, "STATIC")
			p.Shutdown()

			p, f = create(t, &blobs, &Options{CacheDir: dir}, map[string]*Feed{"full": full})
			f.news(feed)
			wantAnswer(t, "prompt flag after a restart", object(p, "a"), a1, StaleReason)
			if d := p.BooleanEvaluation(context.Background(), "x", true, nil); d.Error() != nil {
				t.Errorf("plain flag after a restart: %+v", d)
			}
		})
	}
	t.Run("one of many was archived", func(t *testing.T) {
		p, f := start(t, &blobs, nil, full.Flags...)
		f.feed(full.Flags[0], full.Flags[1], full.Flags[2])
		if d := p.BooleanEvaluation(context.Background(), "y", true, nil); d.ResolutionDetail().ErrorCode != openfeature.FlagNotFoundCode {
			t.Errorf("archived: %+v", d)
		}
		_ = p
	})
}
