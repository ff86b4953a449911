package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

var errDown = errors.New("server down")

// shelf is a hand-made fake of a flag server for Apply: flags in memory, a
// journal of what was asked, and faults on demand. The real servers play the
// rules in package publish.
type shelf struct {
	Flags // nil: a method that Apply must not call
	mu    sync.Mutex
	flags map[string]*flags.Flag
	log   []string
	fail  map[string]error // by "add p1", "link p1", …
	ids   int
}

func (s *shelf) call(verb, flag string, change func(*flags.Flag)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, verb+" "+flag)
	if err := s.fail[verb+" "+flag]; err != nil {
		return err
	}
	if s.flags[flag] == nil {
		if verb != "create" {
			return fmt.Errorf("%s: %w", flag, flags.ErrNotFound)
		}
		s.flags[flag] = &flags.Flag{Name: flag}
	}
	if change != nil {
		change(s.flags[flag])
	}
	return nil
}

func (s *shelf) Read(_ context.Context, flag string) (out flags.Flag, err error) {
	err = s.call("read", flag, func(f *flags.Flag) {
		out = *f
		out.Strategies = append([]flags.Strategy(nil), f.Strategies...)
	})
	return out, err
}

func (s *shelf) Export(context.Context) (map[string]flags.Flag, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]flags.Flag{}
	for name, f := range s.flags {
		all[name] = *f
	}
	return all, nil
}

func (s *shelf) Create(_ context.Context, n flags.New) error { return s.call("create", n.Name, nil) }

func (s *shelf) Add(_ context.Context, flag string, x flags.Strategy) (string, error) {
	return "", s.call("add", flag, func(f *flags.Flag) {
		s.ids++
		x.ID = fmt.Sprint(s.ids)
		f.Strategies = append(f.Strategies, x)
	})
}

func (s *shelf) Switch(_ context.Context, flag string, on bool) error {
	return s.call("switch", flag, func(f *flags.Flag) { f.Enabled = on })
}

func (s *shelf) Link(_ context.Context, flag, _, _ string) error { return s.call("link", flag, nil) }

func artifact(prompt, v string) ([]byte, prompts.Ref) {
	a := []byte(`{"promptflag":1,"name":"` + prompt + `","model":"` + v + `"}`)
	return a, prompts.Ref{Name: prompt, Digest: prompts.DigestOf(a)}
}

// creation is an item that makes a flag for a version.
func creation(prompt, v string) Item {
	blob, ref := artifact(prompt, v)
	s := flags.Build(flags.Stable, prompt, flags.ID(prompt, "e", "", "1"), ref.String(), ref.Version(), "", 100, "")
	on := true
	return Item{
		Prompt: prompt, Environment: "e", Flag: prompt, Kind: Create, Blob: blob,
		After:  State{Exists: true, Stable: ref.String(), Enabled: true},
		Steps:  []Step{{Create: &flags.New{Name: prompt, Prompt: prompt}}, {Add: &s}, {Switch: &on}},
		Events: []Event{{ActionCreate, ref}},
	}
}

// bench applies plans.
type bench struct {
	*shelf
	bucket *store.Bucket
	heads  int
	head   error // of the second time that it is asked
	told   []string
}

func newBench() *bench {
	return &bench{shelf: &shelf{flags: map[string]*flags.Flag{}, fail: map[string]error{}}, bucket: store.New(store.NewMem())}
}

func (b *bench) apply(ctx context.Context, items ...Item) error {
	return Apply(ctx, &Plan{Items: items}, b.options())
}

func (b *bench) options() Options {
	var mu sync.Mutex
	n := 0
	return Options{
		Targets: map[string]Target{"e": {Flags: b.shelf, Bucket: b.bucket}},
		Now:     func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		NewID:   func() string { mu.Lock(); defer mu.Unlock(); n++; return fmt.Sprintf("%04x", n) },
		Head: func(context.Context) error {
			if b.heads++; b.heads > 1 {
				return b.head
			}
			return nil
		},
		Done: func(i Item, err error) { b.told = append(b.told, fmt.Sprint(i.Prompt, " ", err == nil)) },
	}
}

// records lists phase and action, the oldest first.
func (b *bench) records(t *testing.T, prompt string) string {
	t.Helper()
	keys, err := b.bucket.RecordKeys(t.Context(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, k := range keys {
		out = append([]string{string(k.Phase) + " " + k.Action}, out...)
	}
	return strings.Join(out, ", ")
}

func TestApplyOrder(t *testing.T) {
	b := newBench()
	item := creation("p", "m")
	item.Steps = append(item.Steps, Step{Link: &LinkStep{URL: "https://x.invalid/pull/1"}})
	if err := b.apply(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	want := []string{"read p", "create p", "add p", "switch p", "read p", "link p"}
	if diff := cmp.Diff(want, b.log); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if b.heads != 2 {
		t.Errorf("the head was asked %d times, want 2", b.heads)
	}
	if _, err := b.bucket.Get(t.Context(), string(prompts.DigestOf(item.Blob))); err != nil {
		t.Error(err)
	}
}

// TestApplyHeadMoved: blobs may be there, but no record and no flag.
func TestApplyHeadMoved(t *testing.T) {
	b := newBench()
	b.head = errors.New("not the head any more")
	if err := b.apply(t.Context(), creation("p", "m")); !errors.Is(err, b.head) {
		t.Errorf("Apply = %v, want %v", err, b.head)
	}
	if len(b.log) > 0 || b.records(t, "p") != "" {
		t.Errorf("calls %v, records %q; want none", b.log, b.records(t, "p"))
	}
}

func TestApplyOneFails(t *testing.T) {
	b := newBench()
	b.fail["add p1"] = errDown
	err := b.apply(t.Context(), creation("p0", "m"), creation("p1", "m"), creation("p2", "m"))
	if !errors.Is(err, errDown) || !strings.Contains(err.Error(), "p1 in e: ") {
		t.Errorf("Apply = %v, want the failure of p1", err)
	}
	if got := b.records(t, "p1"); got != "intent create" {
		t.Errorf("records of p1: %s; want the intent only", got)
	}
	for _, p := range []string{"p0", "p2"} {
		if got := b.records(t, p); !strings.Contains(got, "done create") {
			t.Errorf("records of %s: %s; want it done", p, got)
		}
	}
	if len(b.told) != 3 {
		t.Errorf("told %v, want each item once", b.told)
	}
}

// TestApplyGivesUp: three failures are a broken server; what is not begun by
// then stays, and the error says so.
func TestApplyGivesUp(t *testing.T) {
	b := newBench()
	var items []Item
	for i := range 100 {
		name := fmt.Sprintf("p%d", i)
		b.fail["read "+name] = errDown
		items = append(items, creation(name, "m"))
	}
	err := b.apply(t.Context(), items...)
	if len(b.told) < maxFailures || len(b.told) > maxFailures+flagsAtOnce {
		t.Errorf("%d flags were tried, want about %d", len(b.told), maxFailures)
	}
	if want := fmt.Sprintf("%d more were not tried", 100-len(b.told)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Apply = %v, want %q", err, want)
	}
}

// TestApplyLinkFails: a link is an ornament; the records must not depend on it.
func TestApplyLinkFails(t *testing.T) {
	b := newBench()
	b.fail["link p"] = errDown
	item := creation("p", "m")
	item.Steps = append(item.Steps, Step{Link: &LinkStep{URL: "https://x.invalid/pull/1"}})
	if err := b.apply(t.Context(), item); !errors.Is(err, errDown) {
		t.Errorf("Apply = %v, want the failure", err)
	}
	if got := b.records(t, "p"); !strings.Contains(got, "done create") {
		t.Errorf("records: %s; want it done", got)
	}
}

// TestApplyChangedMeanwhile: the item is decided again, and a version that only
// the new decision names is in the bucket before the flag names it.
func TestApplyChangedMeanwhile(t *testing.T) {
	b := newBench()
	b.flags["p"] = &flags.Flag{Name: "p", Strategies: []flags.Strategy{{ID: "9", Name: "default"}}}
	item := creation("p", "m")
	again := item
	item.Blob = nil
	item.Decide = func(f *flags.Flag) (Item, error) {
		if f == nil || len(f.Strategies) != 1 {
			t.Errorf("Decide(%v), want the flag as it is now", f)
		}
		return again, nil
	}
	if err := b.apply(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	if _, err := b.bucket.Get(t.Context(), string(prompts.DigestOf(again.Blob))); err != nil {
		t.Errorf("the flag names a version that is not in the bucket: %v", err)
	}
}

func TestApplyStoppedMeanwhile(t *testing.T) {
	b := newBench()
	b.flags["p"] = &flags.Flag{Name: "p", Enabled: true}
	item := creation("p", "m")
	item.Decide = func(*flags.Flag) (Item, error) {
		return Item{Prompt: "p", Environment: "e", Flag: "p", Kind: Stopped, Problem: &Problem{"it is not ours", "do this", false}}, nil
	}
	err := b.apply(t.Context(), item)
	if err.Error() != "p in e: it is not ours (do this)" {
		t.Errorf("Apply = %v, want a stop", err)
	}
	if got := b.records(t, "p"); got != "" {
		t.Errorf("records: %s; want none", got)
	}
}

func TestApplyReadBack(t *testing.T) {
	b := newBench()
	item := creation("p", "m")
	_, other := artifact("p", "other")
	item.After.Stable = other.String()
	err := b.apply(t.Context(), item)
	if err == nil || !strings.Contains(err.Error(), "read back: flag p says stable "+Version(creation("p", "m").After.Stable)) {
		t.Errorf("Apply = %v, want a mismatch", err)
	}
	if got := b.records(t, "p"); got != "intent create" {
		t.Errorf("records: %s; want the intent only", got)
	}
}

func TestApplyInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := newBench()
	if err := b.apply(ctx, creation("p", "m")); !errors.Is(err, context.Canceled) {
		t.Errorf("Apply = %v, want canceled", err)
	}
	if len(b.log) > 0 {
		t.Errorf("calls %v, want none", b.log)
	}
}

// TestApplyUntold: why a flag that changed meanwhile waits is not lost.
func TestApplyUntold(t *testing.T) {
	b := newBench()
	item := creation("p", "m")
	item.Seen = &flags.Flag{Name: "p"}
	item.Decide = func(*flags.Flag) (Item, error) {
		again := creation("p", "m")
		again.Stop("nobody knows", "ask again")
		again.Untold = true
		return again, nil
	}
	var problem *Problem
	if err := b.apply(t.Context(), item); !errors.As(err, &problem) || !problem.Untold {
		t.Errorf("Apply = %v, want a problem that nobody could tell", err)
	}
}
