package gc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// clock is now; the objects of aged are of the time that they say.
var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// aged is a bucket whose objects have times of their own.
type aged struct {
	*store.Mem
	mu    sync.Mutex
	times map[string]time.Time
}

func (a *aged) List(ctx context.Context, prefix string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		for o, err := range a.Mem.List(ctx, prefix) {
			a.mu.Lock()
			if at, ok := a.times[o.Key]; ok {
				o.ModTime = at
			}
			a.mu.Unlock()
			if !yield(o, err) {
				return
			}
		}
	}
}

// site is a bucket and the flags of one environment.
type site struct {
	*testing.T
	backend *aged
	bucket  *store.Bucket
	flags   *flagsfile.File
}

func newSite(t *testing.T) *site {
	f, err := flagsfile.New(t.TempDir(), "production", nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &aged{Mem: store.NewMem(), times: map[string]time.Time{}}
	return &site{t, a, store.New(a), f}
}

// put writes an object so many days ago.
func (s *site) put(key string, daysAgo float64) {
	s.Helper()
	if err := s.backend.Create(s.Context(), key, []byte("{}"), store.CreateOptions{}); err != nil {
		s.Fatal(err)
	}
	s.backend.times[key] = clock.Add(-time.Duration(daysAgo * 24 * float64(time.Hour)))
}

func digest(i int) string { return fmt.Sprintf("%012x", i) + strings.Repeat("0", 52) }

func (s *site) blob(i int, daysAgo float64) { s.put(store.BlobObjects+digest(i), daysAgo) }

// record writes what was done with a version, or was to be done.
func (s *site) record(i int, phase store.Phase, daysAgo float64) {
	s.Helper()
	err := s.bucket.PutRecord(s.Context(), store.Record{
		ID: fmt.Sprintf("%x", i+1), Phase: phase, Time: clock.Add(-time.Duration(daysAgo * 24 * float64(time.Hour))),
		Name: "a", Environment: "production", Action: "fold", Ref: "a@sha256:" + digest(i),
	})
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) run(change func(*Input)) (keys []string, r Result, err error) {
	in := Input{
		Environments: []config.Environment{{Name: "production"}},
		Targets:      map[string]plan.Target{"production": {Flags: s.flags, Bucket: s.bucket}},
		Now:          clock, OlderThan: 90 * 24 * time.Hour, KeepVersions: 2,
		Found: func(o Object) { keys = append(keys, o.Key) },
	}
	if change != nil {
		change(&in)
	}
	r, err = Run(s.Context(), in)
	return keys, r, err
}

func TestWhatStays(t *testing.T) {
	s := newSite(t)
	if err := s.flags.Create(t.Context(), flags.New{Name: "x.other", Prompt: "other"}); err != nil {
		t.Fatal(err)
	}
	named := flags.Build(flags.Candidate, "x.other", "id", "other@sha256:"+digest(1), digest(1)[:12], "", 5, "userId")
	named.Disabled = true
	if _, err := s.flags.Add(t.Context(), "x.other", named); err != nil {
		t.Fatal(err)
	}
	s.blob(1, 900) // a disabled strategy of a flag that is OFF names it
	s.blob(2, 900) // nobody
	s.blob(3, 89)  // nobody, and too young
	s.blob(4, 900) // an operation that did not finish
	s.record(4, store.Intent, 800)
	for i := 10; i < 14; i++ { // four versions of one prompt, of which two stay
		s.blob(i, 900)
		s.record(i, store.Intent, float64(500-i))
		s.record(i, store.Done, float64(500-i))
	}
	s.blob(20, 900) // published again lately
	s.record(20, store.Intent, 700)
	s.record(20, store.Done, 700)
	s.record(20, store.Done, 10)
	s.put(store.BlobObjects+"README", 900) // none of ours
	s.put("evals/sha256/"+digest(2)+"/"+digest(2)+"/"+digest(2)+".json", 900)
	s.put("tombstones/sha256/"+digest(2)+".json", 900)
	for i := range 3 { // the newest lease is the first
		s.put(fmt.Sprintf("leases/production/%012d.json", 999-3+i), float64(100+i))
		s.put(fmt.Sprintf("leases/production/%012d.done", 999-3+i), float64(100+i))
	}
	s.put("leases/staging/000000000999.json", 100)
	s.put("pr/1/recorded/a.json", 91)
	s.put("pr/1/recorded/b.json", 80)
	s.put("recorded/a.json", 91)

	keys, r, err := s.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		store.BlobObjects + digest(2), store.BlobObjects + digest(10), store.BlobObjects + digest(11), store.BlobObjects + digest(12),
		"recorded/a.json", "pr/1/recorded/a.json",
		"leases/production/000000000997.done", "leases/production/000000000997.json",
		"leases/production/000000000998.done", "leases/production/000000000998.json",
	}
	if got := strings.Join(keys, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("may go:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if total := r.Total(); total.Found != len(want) || total.Deleted != 0 || total.Bytes != int64(2*len(want)) {
		t.Errorf("total %+v", total)
	}
	again, r, err := s.run(func(in *Input) { in.Delete = true })
	if err != nil || len(again) != len(want) || r.Total().Deleted != len(want) {
		t.Errorf("deleted %d of %d, %v", r.Total().Deleted, len(want), err)
	}
	if keys, _, err := s.run(nil); err != nil || len(keys) != 0 {
		t.Errorf("once more: %v, %v", keys, err)
	}
}

// What a publish wrote a moment ago is safe, whatever the flag says.
func TestYoungest(t *testing.T) {
	s := newSite(t)
	s.blob(1, 0.9)
	s.blob(2, 1.1)
	keys, _, err := s.run(func(in *Input) { in.OlderThan = 0 })
	if err != nil || fmt.Sprint(keys) != "["+store.BlobObjects+digest(2)+"]" {
		t.Errorf("may go: %v, %v; want the one older than a day", keys, err)
	}
}

// A lease that was lost, flags that cannot be read: nothing more is deleted.
func TestNothingIsDeleted(t *testing.T) {
	s := newSite(t)
	s.blob(1, 900)
	lost := errors.New("lost")
	if _, r, err := s.run(func(in *Input) { in.Delete, in.Hold = true, func(context.Context) error { return lost } }); !errors.Is(err, lost) || r.Total().Deleted != 0 {
		t.Errorf("without the lease: %+v, %v", r, err)
	}
	if _, r, err := s.run(func(in *Input) {
		in.Delete = true
		in.Targets = map[string]plan.Target{"production": {Flags: blind{s.flags}, Bucket: s.bucket}}
	}); err == nil || r != nil {
		t.Errorf("without flags: %+v, %v", r, err)
	}
	if keys, _, _ := s.run(nil); len(keys) != 1 {
		t.Errorf("left: %v", keys)
	}
}

type blind struct{ plan.Flags }

func (blind) Export(context.Context) (map[string]flags.Flag, error) { return nil, errors.New("away") }

// endless lists so many blobs and records without holding them.
type endless struct {
	store.Backend
	objects int
	peak    uint64
}

func (e *endless) List(_ context.Context, prefix string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		at := clock.Add(-900 * 24 * time.Hour)
		for i := range e.objects {
			key := ""
			switch prefix {
			case store.BlobObjects:
				key = prefix + digest(i)
			case "releases/":
				key = fmt.Sprintf("releases/p%06d/%s-production-fold-%012x-%x-done.json", i/1000, at.Add(time.Duration(i)*time.Second).Format("20060102T150405.000000000Z"), i, i)
			default:
				return
			}
			if i%20_000 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				e.peak = max(e.peak, m.HeapAlloc)
			}
			if !yield(store.Object{Key: key, Size: 1, ModTime: at}, nil) {
				return
			}
		}
	}
}

// 100,000 objects and as many records pass by; what stays in memory is what is kept.
func TestManyObjects(t *testing.T) {
	s := newSite(t)
	e := &endless{Backend: store.NewMem(), objects: 100_000}
	s.bucket = store.New(e)
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	found := 0
	_, r, err := s.run(func(in *Input) { in.KeepVersions, in.Found = 20, func(Object) { found++ } })
	if err != nil {
		t.Fatal(err)
	}
	if want := 100_000 - 100*20; found != want || r["blob"].Looked != 100_000 {
		t.Errorf("%d of %d may go, want %d", found, r["blob"].Looked, want)
	}
	grown := int64(e.peak) - int64(before.HeapAlloc)
	t.Logf("heap grew by %d KiB", grown>>10)
	if grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}
