package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// hung is somebody who never answers, whatever a context says, until it is freed.
type hung struct {
	in   atomic.Int64 // who waits in it
	free chan struct{}
}

func newHung() *hung { return &hung{free: make(chan struct{})} }

func (h *hung) wait() {
	h.in.Add(1)
	<-h.free
	h.in.Add(-1)
}

// hungDisk is a disk that hangs.
type hungDisk struct{ *hung }

func (d hungDisk) Blob(string) ([]byte, error)  { d.wait(); return nil, errors.New("freed") }
func (d hungDisk) PutBlob(string, []byte) error { d.wait(); return nil }
func (d hungDisk) RemoveBlob(string) error      { d.wait(); return nil }

// hungLog is a log that hangs once it is told to: at every level.
type hungLog struct {
	*hung
	on *atomic.Bool
}

func (l hungLog) Enabled(context.Context, slog.Level) bool { return true }
func (l hungLog) Handle(context.Context, slog.Record) error {
	if l.on.Load() {
		l.wait()
	}
	return nil
}
func (l hungLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l hungLog) WithGroup(string) slog.Handler      { return l }

// hungTracker is a tracker that hangs.
type hungTracker struct{ *hung }

func (h hungTracker) Track(context.Context, string, openfeature.EvaluationContext, openfeature.TrackingEventDetails) {
	h.wait()
}

// callPath is a provider with a flag for each row of the table of answers, and
// everybody around it.
type callPath struct {
	*Provider
	blobs                      fakeBlobs
	store, disk, log, tracker  *hung
	logging                    atomic.Bool
	loaded, missing, withdrawn prompts.Ref
	late                       sync.WaitGroup
}

// newCallPath lets each flag come to its row while all is well.
func newCallPath(t *testing.T) (*callPath, *fakeFlags) {
	c := &callPath{store: newHung(), disk: newHung(), log: newHung(), tracker: newHung()}
	blobs := &c.blobs
	put := func(name, text string) prompts.Ref { return blobs.put(name, text) }
	absent := func(name string) prompts.Ref {
		return prompts.Ref{Name: name, Digest: prompts.DigestOf([]byte(name + " is not there"))}
	}
	two := func(name string) (candidate, stable Strategy) {
		return strategyOf("candidate", 50, put(name, "2")), strategyOf("stable", 100, put(name, "1"))
	}
	flags := map[string]*Flag{}
	add := func(f *Flag) { flags[f.Name] = f }
	for _, name := range []string{"split", "off", "none", "gone", "last", "pin"} {
		candidate, stable := two(name)
		add(flagOf(name, candidate, stable))
	}
	flags["off"].Enabled = false
	candidate, stable := two("unresolved")
	candidate.Unresolved = "segment 7 is not in the feed"
	add(flagOf("unresolved", candidate, stable))
	add(flagOf("stale", strategyOf("candidate", 100, absent("stale")), strategyOf("stable", 100, put("stale", "1"))))
	add(flagOf("nothing", strategyOf("stable", 100, absent("nothing"))))
	add(flagOf("other.left-out", strategyOf("stable", 100, put("other.left-out", "1"))))
	for name, payload := range map[string]Payload{"json": {"json", `{"a":1}`}, "string": {"string", "s"}, "number": {"number", "7"}} {
		add(flagOf(name, Strategy{Percent: 100, Variants: []Variant{{"v", payload}}}))
	}
	c.loaded, c.missing, c.withdrawn = put("pin", "0"), absent("pin"), put("pin", "tried")
	add(flagOf("pin", strategyOf("candidate", 50, c.withdrawn), strategyOf("stable", 100, c.loaded)))

	all := func() (list []*Flag) {
		for _, f := range flags {
			list = append(list, f)
		}
		return list
	}
	p, f := start(t, blobs, &Options{
		Prompts: []string{"[^o]*", "off"}, MaxFeedAge: time.Hour, Tracker: hungTracker{c.tracker}, Logger: slog.New(hungLog{c.log, &c.logging}),
	}, all()...)
	f.match = func(f *Flag) Match {
		m := first(f)
		if f.Name == "unresolved" {
			m.Strategy, m.Variant = 1, f.Strategies[1].Variants[0]
		}
		if f.Name == "none" {
			m = Match{Strategy: -1, Index: -1}
		}
		return m
	}
	c.Provider = p
	delete(flags, "gone")
	flags["last"] = flagOf("last", strategyOf("stable", 100, absent("last")))
	flags["pin"] = flagOf("pin", strategyOf("candidate", 50, put("pin", "2")), strategyOf("stable", 100, put("pin", "1")))
	f.feed(all()...)
	f.current() // READY, as far as events go, and nobody reads them
	return c, f
}

// hang makes everybody hang and returns when all of them do.
func (c *callPath) hang(t *testing.T, f *fakeFlags) {
	t.Helper()
	c.blobs.mu.Lock()
	c.blobs.hook = func(context.Context, string) error { c.store.wait(); return errors.New("freed") }
	c.blobs.mu.Unlock()
	f.h.Current() // what failed is tried again
	c.until(t, "the store hangs", func() bool { return c.store.in.Load() > 0 })
	c.loader.mu.Lock()
	c.loader.disk = hungDisk{c.disk}
	c.loader.mu.Unlock()
	c.ObjectEvaluation(WithPin(context.Background(), c.missing), "pin", nil, nil)
	c.until(t, "the disk hangs", func() bool { return c.disk.in.Load() > 0 })
	c.late.Go(func() {
		c.Track(context.Background(), "feedback", openfeature.EvaluationContext{}, openfeature.NewTrackingEventDetails(1))
	})
	c.until(t, "the tracker hangs", func() bool { return c.tracker.in.Load() > 0 })
	c.until(t, "events wait for somebody to read them", func() bool { return c.queued() > 0 })
	c.logging.Store(true)
	f.h.Failed(errAway) // is logged, by the goroutine that makes feeds visible
	c.until(t, "the log, and with it all background work, hangs", func() bool { return c.log.in.Load() > 0 })
}

func (c *callPath) queued() int {
	e := c.run.events
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.queue)
}

// blocked says who is blocked; of those who are not nothing is proven.
func (c *callPath) blocked() string {
	return fmt.Sprintf("store %t, disk %t, tracker %t, log %t, events %t",
		c.store.in.Load() > 0, c.disk.in.Load() > 0, c.tracker.in.Load() > 0, c.log.in.Load() > 0, c.queued() > 0)
}

func (c *callPath) release() {
	for _, h := range []*hung{c.store, c.disk, c.log, c.tracker} {
		close(h.free)
	}
	c.late.Wait()
}

func (c *callPath) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// callPathRow is what a prompt flag answers.
type callPathRow struct {
	flag   string
	pin    prompts.Ref
	reason openfeature.Reason
	code   openfeature.ErrorCode
	aged   openfeature.Reason // with a feed past MaxFeedAge; "" as reason
}

func (c *callPath) rows() []callPathRow {
	return []callPathRow{
		{flag: "split", reason: "SPLIT", aged: "STALE"},
		{flag: "off", reason: "DISABLED"},
		{flag: "none", reason: "DEFAULT"},
		{flag: "stale", reason: "STALE"},
		{flag: "unresolved", reason: "STALE"},
		{flag: "last", reason: "STALE"},
		{flag: "gone", reason: "STALE"},
		{flag: "pin", pin: c.loaded, reason: "STATIC"},
		{flag: "pin", pin: c.missing, reason: "STALE"},
		{flag: "pin", pin: c.withdrawn, reason: "SPLIT", aged: "STALE"},
		{flag: "nothing", reason: "ERROR", code: openfeature.GeneralCode},
		{flag: "other.left-out", reason: "ERROR", code: openfeature.GeneralCode},
		{flag: "unknown", reason: "ERROR", code: openfeature.FlagNotFoundCode},
	}
}

// ask makes all five types of evaluation of a prompt flag.
func (row callPathRow) ask(p *Provider, aged bool) error {
	ctx := context.Background()
	if row.pin.Name != "" {
		ctx = WithPin(ctx, row.pin)
	}
	caller := openfeature.FlattenedContext{openfeature.TargetingKey: "user-1", "tenantId": "acme"}
	want := row.reason
	if aged && row.aged != "" {
		want = row.aged
	}
	object := p.ObjectEvaluation(ctx, row.flag, "default", caller)
	text := p.StringEvaluation(ctx, row.flag, "default", caller)
	for what, d := range map[string]openfeature.ProviderResolutionDetail{"object": object.ProviderResolutionDetail, "string": text.ProviderResolutionDetail} {
		if d.Reason != want || d.ResolutionDetail().ErrorCode != row.code {
			return fmt.Errorf("%s of %s: %s %v, want %s %s", what, row.flag, d.Reason, d.Error(), want, row.code)
		}
	}
	if fmt.Sprint(object.Value) != text.Value || (text.Value == "default") != (row.code != "") {
		return fmt.Errorf("%s: object %v, string %v", row.flag, object.Value, text.Value)
	}
	numbers := openfeature.TypeMismatchCode
	if row.flag == "unknown" {
		numbers = openfeature.FlagNotFoundCode
	}
	a, b := p.FloatEvaluation(ctx, row.flag, 1, caller), p.IntEvaluation(ctx, row.flag, 1, caller)
	if a.ResolutionDetail().ErrorCode != numbers || b.ResolutionDetail().ErrorCode != numbers {
		return fmt.Errorf("%s as a number: %v, %v, want %s", row.flag, a.Error(), b.Error(), numbers)
	}
	if d := p.BooleanEvaluation(ctx, row.flag, true, caller); d.Error() != nil && row.flag != "gone" && row.flag != "unknown" {
		return fmt.Errorf("%s as a switch: %w", row.flag, d.Error())
	}
	return nil
}

// askPlain asks for the payloads of the plain flags.
func askPlain(p *Provider) error {
	ctx := context.Background()
	a, b := p.ObjectEvaluation(ctx, "json", nil, nil), p.StringEvaluation(ctx, "string", "", nil)
	c, d := p.IntEvaluation(ctx, "number", 0, nil), p.FloatEvaluation(ctx, "number", 0, nil)
	e := p.BooleanEvaluation(ctx, "json", false, nil)
	if got := fmt.Sprintf("%v %v %v %v %v", a.Value, b.Value, c.Value, d.Value, e.Value); got != "map[a:1] s 7 7 true" {
		return fmt.Errorf("plain flags: %s", got)
	}
	return nil
}

// Evaluation waits for nobody: while the store, the disk, the log, the tracker,
// the reader of the events and with the log all background work hang, every row
// of the table of answers is answered, in every type, by several goroutines. The
// proof is that all of them hang before and after; no clock has a part in it.
func TestCallPathWaitsForNobody(t *testing.T) {
	c, f := newCallPath(t)
	c.hang(t, f)
	defer c.release()
	const all = "store true, disk true, tracker true, log true, events true"
	if got := c.blocked(); got != all {
		t.Fatalf("blocked before: %s", got)
	}
	const goroutines, rounds = 4, 250
	round := func(aged bool) (answers int) {
		var done atomic.Int64
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() {
				for range rounds {
					for _, row := range c.rows() {
						if err := row.ask(c.Provider, aged); err != nil {
							t.Error(err)
							return
						}
						done.Add(5)
					}
					if err := askPlain(c.Provider); err != nil {
						t.Error(err)
						return
					}
					done.Add(5)
				}
			})
		}
		over := make(chan struct{})
		go func() { wg.Wait(); close(over) }()
		c.until(t, "all answers, while "+c.blocked(), func() bool {
			select {
			case <-over:
				return true
			default:
				return false
			}
		})
		return int(done.Load())
	}
	n := round(false)
	f.clock.add(2 * time.Hour)
	n += round(true)
	if got := c.blocked(); got != all {
		t.Errorf("blocked after: %s", got)
	}
	t.Logf("%d answers while %s", n, all)
	if want := 2 * goroutines * rounds * 5 * (len(c.rows()) + 1); n != want {
		t.Errorf("%d answers, want %d", n, want)
	}

	// Nor do answers wait for a shutdown that is held up by all of them.
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.ShutdownWithContext(over); err == nil {
		t.Error("a shutdown that could not wait reports no error")
	}
	not := callPathRow{flag: "unknown", reason: "ERROR", code: openfeature.ProviderNotReadyCode}
	for _, got := range []openfeature.ProviderResolutionDetail{
		c.ObjectEvaluation(over, not.flag, nil, nil).ProviderResolutionDetail,
		c.StringEvaluation(over, not.flag, "", nil).ProviderResolutionDetail,
		c.BooleanEvaluation(over, not.flag, false, nil).ProviderResolutionDetail,
		c.IntEvaluation(over, not.flag, 0, nil).ProviderResolutionDetail,
		c.FloatEvaluation(over, not.flag, 0, nil).ProviderResolutionDetail,
	} {
		if got.Reason != not.reason || got.ResolutionDetail().ErrorCode != not.code {
			t.Errorf("after Shutdown: %s %v", got.Reason, got.Error())
		}
	}
}

// Before there is a feed, and while the first one's prompts hang, the answer is
// the caller's default, at once.
func TestCallPathBeforeTheFirstFeed(t *testing.T) {
	store := newHung()
	blobs := &fakeBlobs{hook: func(context.Context, string) error { store.wait(); return errors.New("freed") }}
	p, f := create(t, blobs, nil)
	defer close(store.free)
	ask := func(when string) {
		t.Helper()
		for range 100 {
			d := object(p, "a")
			if d.ResolutionDetail().ErrorCode != openfeature.ProviderNotReadyCode || d.Value != "default" {
				t.Fatalf("%s: %+v", when, d)
			}
		}
	}
	ask("no feed")
	f.h.Feed(feedOf(flagOf("a", strategyOf("stable", 100, blobs.put("a", "1")))))
	(&callPath{}).until(t, "the store hangs", func() bool { return store.in.Load() > 0 })
	ask("its prompts on their way")
	if store.in.Load() == 0 {
		t.Error("the store does not hang any more")
	}
}
