package status

import (
	"bytes"
	"context"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 59 * time.Minute: "59 min",
		time.Hour: "1 h", 47 * time.Hour: "47 h", 48 * time.Hour: "2 days", 400 * 24 * time.Hour: "400 days",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestPrint: what cannot be told is absent or called unknown, never zero.
func TestPrint(t *testing.T) {
	ctx := t.Context()
	server, err := flagsfile.New(t.TempDir(), "e", nil)
	if err != nil {
		t.Fatal(err)
	}
	bucket := store.New(store.NewMem())
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	ref := func(c string) prompts.Ref {
		return prompts.Ref{Name: "p", Digest: prompts.Digest("sha256:" + strings.Repeat(c, 64))}
	}
	add := func(role flags.Role, c string, percent int, change func(*flags.Strategy)) {
		t.Helper()
		s := flags.Build(role, "p", flags.ID("p", "e", "c0ffee", c), ref(c).String(), ref(c).Version(), "why", percent, "userId")
		if change != nil {
			change(&s)
		}
		if _, err := server.Add(ctx, "p", s); err != nil {
			t.Fatal(err)
		}
	}
	read := func() string {
		t.Helper()
		entries, err := Read(ctx, Input{
			Prompts: []string{"p"}, Environments: []config.Environment{{Name: "e"}},
			Targets: map[string]plan.Target{"e": {Flags: server, Bucket: bucket}},
		})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := Print(&b, entries, now); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	check := func(want string) {
		t.Helper()
		if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), read()); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	}
	check(`
p in e
  not published here yet
`)
	if err := server.Create(ctx, flags.New{Name: "p", Prompt: "p"}); err != nil {
		t.Fatal(err)
	}
	add(flags.Stable, "a", 100, nil)
	check(`
p in e: OFF, everybody gets stable
  stable  aaaaaaaaaaaa  100 %  since an unknown time
                               commit unknown
  OFF serves aaaaaaaaaaaa, stable since an unknown time
  aaaaaaaaaaaa is not in the bucket: services that do not have it cannot load it; promptflag drift says what to do
  no kill target: there is only stable
`)
	if err := server.Switch(ctx, "p", true); err != nil {
		t.Fatal(err)
	}
	err = bucket.PutRecord(ctx, store.Record{ID: "1", Phase: store.Done, Time: now.Add(-50 * time.Hour), Name: "p", Environment: "e",
		Action: string(plan.ActionCreate), Ref: ref("a").String(), Commit: "0123456789abcdef", Subject: "say \"hi\"", Actor: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	add(flags.Candidate, "b", 10, nil)
	check(`
p in e: ON
  candidate  bbbbbbbbbbbb  10 %  since an unknown time
                                 commit unknown
  stable     aaaaaaaaaaaa  90 %  2 days, since 2026-11-01 10:00 UTC
                                 commit 0123456789ab "say \"hi\"" by Ada
  OFF would serve aaaaaaaaaaaa, stable for 2 days
  killing the candidate serves aaaaaaaaaaaa
  aaaaaaaaaaaa is not in the bucket: services that do not have it cannot load it; promptflag drift says what to do
  bbbbbbbbbbbb is not in the bucket: services that do not have it cannot load it; promptflag drift says what to do
`)
	// A newer one of the same role: the older is a leftover and serves still.
	add(flags.Candidate, "d", 20, nil)
	if got := read(); !strings.Contains(got, "1 leftover strategy of an interrupted run; the next publish removes it") ||
		strings.Contains(got, "people's strategy") {
		t.Errorf("status with a leftover:\n%s", got)
	}
}

// counted counts what a bucket is asked.
type counted struct {
	store.Backend
	gets, lists atomic.Int64
}

func (c *counted) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	c.gets.Add(1)
	return c.Backend.Get(ctx, key, limit)
}

func (c *counted) List(ctx context.Context, prefix string) iter.Seq2[store.Object, error] {
	c.lists.Add(1)
	return c.Backend.List(ctx, prefix)
}

// TestAsksOnce: environments that share a bucket, and roles that share a version,
// share its answers.
func TestAsksOnce(t *testing.T) {
	backend := &counted{Backend: store.NewMem()}
	bucket := store.New(backend)
	ref := prompts.Ref{Name: "p", Digest: prompts.Digest("sha256:" + strings.Repeat("a", 64))}
	in := Input{Prompts: []string{"p"}, Targets: map[string]plan.Target{}}
	for _, env := range []string{"one", "two", "three"} {
		server, err := flagsfile.New(t.TempDir(), env, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := flags.Build(flags.Stable, "p", flags.ID("p", env, "c0ffee", "a"), ref.String(), ref.Version(), "why", 100, "userId")
		if err := server.Create(t.Context(), flags.New{Name: "p", Prompt: "p"}); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Add(t.Context(), "p", s); err != nil {
			t.Fatal(err)
		}
		s = flags.Build(flags.Candidate, "p", flags.ID("p", env, "c0ffee", "b"), ref.String(), ref.Version(), "why", 10, "userId")
		if _, err := server.Add(t.Context(), "p", s); err != nil {
			t.Fatal(err)
		}
		in.Environments = append(in.Environments, config.Environment{Name: env})
		in.Targets[env] = plan.Target{Flags: server, Bucket: bucket}
	}
	entries, err := Read(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if all := strings.Join(e.Notes, "\n"); !strings.Contains(all, "is not in the bucket") {
			t.Errorf("%s: notes %q", e.Environment, all)
		}
	}
	if gets, lists := backend.gets.Load(), backend.lists.Load(); gets != 1 || lists != 1 {
		t.Errorf("%d GET and %d LIST for three environments, want 1 and 1", gets, lists)
	}
}
