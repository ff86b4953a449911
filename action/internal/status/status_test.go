package status

import (
	"bytes"
	"strings"
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
