package cli

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// TestLeasesOwed: a publish was killed, and the next holder is a command that
// does not finish the work of others. Whoever comes after it is told of it still.
func TestLeasesOwed(t *testing.T) {
	bucket := store.New(store.NewMem())
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	if _, err := bucket.AcquireLease(t.Context(), "e", store.LeaseOptions{ID: "aa", Subjects: []string{"killed"}, Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	later := now.Add(time.Hour)
	s := &session{Process: Process{Getenv: func(string) string { return "" }, Stderr: io.Discard, Now: func() time.Time { return later }, NewID: func() string { return "bb" }}}
	targets := map[string]plan.Target{"e": {Bucket: bucket}}
	held, err := s.lease(t.Context(), []config.Environment{{Name: "e"}}, targets, plan.Origin{}, "gc")
	if err != nil {
		t.Fatal(err)
	}
	held.release(t.Context(), s)
	l, err := bucket.AcquireLease(t.Context(), "e", store.LeaseOptions{ID: "cc", Now: func() time.Time { return later }})
	if err != nil || !slices.Equal(l.Owed(), []string{"killed"}) {
		t.Errorf("after gc: %v, owed %v, want what the killed run did not finish", err, l.Owed())
	}
}
