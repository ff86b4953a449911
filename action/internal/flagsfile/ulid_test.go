package flagsfile

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

func TestULID(t *testing.T) {
	// The time is the one of the ULID specification's example.
	now := time.UnixMilli(1469918176385)
	for name, c := range map[string]struct {
		random byte
		ids    []string
		want   string
	}{
		"time and random":          {0xff, nil, "01ARYZ6S41ZZZZZZZZZZZZZZZZ"},
		"zero":                     {0, nil, "01ARYZ6S410000000000000000"},
		"older ids":                {0, []string{"01ARYZ6S40ZZZZZZZZZZZZZZZZ"}, "01ARYZ6S410000000000000000"},
		"same millisecond":         {0, []string{"01ARYZ6S410000000000000000", "01ARYZ6S40ZZZZZZZZZZZZZZZZ"}, "01ARYZ6S410000000000000001"},
		"a clock behind":           {1, []string{"01ARYZ6S5ZZZZZZZZZZZZZZZZZ"}, "01ARYZ6S6000000000000G2081"},
		"ids that people invented": {0, []string{"stable", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ"}, "01ARYZ6S410000000000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			random := bytes.NewReader(bytes.Repeat([]byte{c.random}, 10))
			got, err := newULID(now, random, slices.Values(c.ids))
			if err != nil || got != c.want {
				t.Errorf("newULID = %s, %v; want %s", got, err, c.want)
			}
		})
	}
	full := slices.Values([]string{"7ZZZZZZZZZZZZZZZZZZZZZZZZZ"})
	if id, err := newULID(now, bytes.NewReader(make([]byte, 10)), full); err == nil {
		t.Errorf("newULID above the highest = %s, want an error", id)
	}
	if id, err := newULID(now, bytes.NewReader(nil), full); !errors.Is(err, io.EOF) {
		t.Errorf("newULID without random bytes = %s, %v; want EOF", id, err)
	}
}

// TestIDsGrow: with a clock that stands still, and after the highest was deleted.
func TestIDsGrow(t *testing.T) {
	f, err := New(t.TempDir(), "production", &Options{Now: func() time.Time { return time.UnixMilli(1) }})
	must(t, err)
	must(t, f.Create(t.Context(), flags.New{Name: flag, Prompt: flag}))
	seen := map[string]bool{}
	last := ""
	for range 5 {
		id := add(t, f, stable())
		if id <= last || seen[id] {
			t.Fatalf("id %s after %s", id, last)
		}
		gone := add(t, f, stable())
		seen[id], seen[gone], last = true, true, id
		must(t, f.Delete(t.Context(), flag, gone))
	}
}
