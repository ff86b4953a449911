package rollout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/store"
)

// TestFate: what the records of a version, the oldest first, say about it. A
// word with ? is an intent whose done never came: the run died there.
func TestFate(t *testing.T) {
	tests := []struct {
		records string
		want    fate
	}{
		{"", unknown},
		{"create", stable},
		{"create?", unknown},
		{"candidate", raised},
		{"candidate?", unknown},
		{"candidate withdraw", unknown},
		{"candidate reject", rejected},
		{"candidate reject?", rejected},
		{"candidate fold", stable},
		{"candidate fold?", stable}, // everybody had it
		{"candidate promote fold dial off on", stable},
		{"create replace", rejected},
		{"create replace?", rejected},
		{"create replace restore", stable},
		{"create reject restore?", stable},
		{"candidate fold reject withdraw", unknown},
		{"candidate fold reject candidate withdraw", unknown},
		{"candidate fold withdraw", stable},
	}
	for _, tt := range tests {
		t.Run(tt.records, func(t *testing.T) {
			bucket := store.New(store.NewMem())
			at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			put := func(environment, action string, n int, phase store.Phase) {
				t.Helper()
				err := bucket.PutRecord(t.Context(), store.Record{ID: fmt.Sprint(n), Phase: phase, Time: at.Add(time.Duration(n) * time.Second),
					Name: "p", Environment: environment, Action: action, Ref: "p@sha256:" + strings.Repeat("a", 64)})
				if err != nil {
					t.Fatal(err)
				}
			}
			put("other", "reject", 100, store.Done)
			for n, word := range strings.Fields(tt.records) {
				action, died := strings.CutSuffix(word, "?")
				put("e", action, n, store.Intent)
				if !died {
					put("e", action, n, store.Done)
				}
			}
			h, err := ReadHistory(t.Context(), bucket, "p", "e")
			if err != nil {
				t.Fatal(err)
			}
			if got := h.fate(strings.Repeat("a", 12)); got != tt.want {
				t.Errorf("fate = %d, want %d", got, tt.want)
			}
		})
	}
}

// TestDoneByPurge: a purge is on record in every environment, also where the
// prompt was never published: nothing was finished there, and a flag that is OFF
// was never switched on.
func TestDoneByPurge(t *testing.T) {
	bucket := store.New(store.NewMem())
	err := bucket.PutRecord(t.Context(), store.Record{ID: "1", Phase: store.Done, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Name: "p", Environment: "e", Action: "purge", Ref: "p@sha256:" + strings.Repeat("a", 64)})
	if err != nil {
		t.Fatal(err)
	}
	if h, err := ReadHistory(t.Context(), bucket, "p", "e"); err != nil || h.Done {
		t.Errorf("Done = %v, %v, want false: nothing was published here", h.Done, err)
	}
}
